// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/formats/open_frame_source.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dataset/dataset_file.h"
#include "prunedamr/formats/mat_frames.h"
#include "prunedamr/formats/rml2016.h"
#include "prunedamr/formats/rml2018.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <vector>

namespace prunedamr::formats {
namespace {

constexpr std::size_t kHeadBytes = 4096;

#ifndef PRUNEDAMR_HAVE_MATIO
std::unique_ptr<dataset::FrameSource> refuse_mat_file(const std::string& path)
{
    throw Error({ "this build reads no MATLAB files", path, "", "" });
}
#endif

#ifndef PRUNEDAMR_HAVE_HDF5
bool is_any_hdf5(const dataset::FileHead& head)
{
    return head.is_hdf5();
}
std::unique_ptr<dataset::FrameSource> refuse_hdf5(const std::string& path)
{
    throw Error({ "this build reads no HDF5", path, "", "" });
}
#endif

const std::vector<dataset::DatasetFormat>& forms()
{
    static const std::vector<dataset::DatasetFormat> table = {
        dataset::safetensors_dataset_form(),
#ifdef PRUNEDAMR_HAVE_HDF5
        dataset::hdf5_dataset_form(),
#endif
        { "RML2016 pickle", is_pickle, open_rml2016_pickle },
#ifdef PRUNEDAMR_HAVE_MATIO
        { "MATLAB file", is_mat_file, open_mat_frames },
#else
        { "MATLAB file", is_mat_file, refuse_mat_file },
#endif
#ifdef PRUNEDAMR_HAVE_HDF5
        { "RML2018.01A HDF5", is_rml2018_hdf5, open_rml2018_hdf5 },
#else
        { "HDF5", is_any_hdf5, refuse_hdf5 },
#endif
    };
    return table;
}

dataset::FileHead read_head(const std::string& path)
{
    if (!std::filesystem::exists(path))
        throw SystemError({ "no such file", path, "", "" }, ENOENT);
    if (std::filesystem::is_directory(path))
        throw SystemError({ "cannot read", path, "a folder", "a data set file" }, EISDIR);
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw SystemError({ "cannot open", path, "", "a readable file" }, 0);
    dataset::FileHead head{ path, std::string(kHeadBytes, '\0') };
    file.read(head.bytes.data(), static_cast<std::streamsize>(kHeadBytes));
    head.bytes.resize(static_cast<std::size_t>(file.gcount()));
    return head;
}

const dataset::DatasetFormat& form_of(const std::string& path)
{
    const dataset::FileHead head = read_head(path);
    std::string names;
    for (const auto& form : forms()) {
        if (form.recognize(head))
            return form;
        names += (names.empty() ? "" : ", ") + std::string(form.name);
    }
    throw Error({ "not a data set of a known form", path, "", names + ", or, with --format, a capture" });
}

} // namespace

bool is_mat_file(const dataset::FileHead& head)
{
    return head.starts_with("MATLAB 5.0 MAT-file") || head.starts_with("MATLAB 7.3 MAT-file");
}

std::unique_ptr<dataset::FrameSource> open_frame_source(const std::string& path)
{
    return form_of(path).open(path);
}

std::string dataset_format(const std::string& path)
{
    return form_of(path).name;
}

} // namespace prunedamr::formats
