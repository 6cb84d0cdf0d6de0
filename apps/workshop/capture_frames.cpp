// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture_frames.h"

#include "capture_source.h"

#include "prunedamr/base/error.h"
#include "prunedamr/data/file_name_hints.h"

#include <algorithm>
#include <filesystem>

namespace prunedamr::workshop {

bool is_capture(const std::string& path)
{
    std::string extension = std::filesystem::path(path).extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(), ::tolower);
    return extension.rfind(".sigmf", 0) == 0 || path.find(".sigmf#") != std::string::npos || extension == ".wav" ||
           data::hints_from_file_name(path).format.has_value();
}

data::Dataset capture_frames(const std::string& path, const FrontEndSpec& spec)
{
    CaptureSource source({ path }, { spec, {}, "unlabelled" });
    data::Dataset dataset = source.header(), piece;
    while (source.read(piece, 1024) > 0) {
        dataset.frames.insert(dataset.frames.end(), piece.frames.begin(), piece.frames.end());
        dataset.label.insert(dataset.label.end(), piece.label.begin(), piece.label.end());
        dataset.snr_db.insert(dataset.snr_db.end(), piece.snr_db.begin(), piece.snr_db.end());
        dataset.group.insert(dataset.group.end(), piece.group.begin(), piece.group.end());
        dataset.part.insert(dataset.part.end(), piece.part.begin(), piece.part.end());
    }
    if (dataset.size() == 0)
        throw Error({ "no stretch of it gives a frame", path, source.report()["skipped"].dump(), "" });
    return dataset;
}

} // namespace prunedamr::workshop
