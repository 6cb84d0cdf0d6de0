// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/atomic_file.h"

#include "prunedamr/base/error.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace prunedamr {
namespace fs = std::filesystem;
namespace {

fs::path folder_of(const std::string& path)
{
    return fs::path(path).has_parent_path() ? fs::path(path).parent_path() : fs::path(".");
}

} // namespace

void check_writable(const std::string& path)
{
    const fs::path folder = folder_of(path);
    if (!fs::is_directory(folder))
        throw SystemError({ "cannot write: folder does not exist", path, folder.string(), "an existing folder" },
                          ENOENT);
    if (fs::is_directory(path))
        throw SystemError({ "cannot write: is a folder", path, "", "a file name" }, EISDIR);
    if (fs::exists(path) && !fs::is_regular_file(path))
        throw SystemError({ "cannot write: is a device or pipe", path, "", "a file name" }, 0);
    if (access(folder.c_str(), W_OK) != 0)
        throw SystemError("cannot write into the folder", path, errno);
}

AtomicFile::AtomicFile(const std::string& path) : path_(path)
{
    check_writable(path);
    target_ = fs::is_symlink(path) ? fs::weakly_canonical(path).string() : path;
    const fs::path target(target_);
    // The extension stays last, for writers that choose the format by it.
    const std::string name =
        "." + target.stem().string() + "." + std::to_string(getpid()) + ".part" + target.extension().string();
    temporary_ = (folder_of(target_) / name).string();
}

AtomicFile::~AtomicFile()
{
    std::error_code ignored;
    if (!temporary_.empty())
        fs::remove(temporary_, ignored);
}

void AtomicFile::commit()
{
    std::error_code failure;
    fs::rename(temporary_, target_, failure);
    if (failure)
        throw SystemError({ "cannot rename the finished file", path_, failure.message(), "" }, failure.value());
    temporary_.clear();
}

void write_atomically(const std::string& path, const std::function<void(const std::string&)>& write)
{
    AtomicFile file(path);
    write(file.temporary());
    file.commit();
}

void write_text_atomically(const std::string& path, const std::string& content)
{
    write_atomically(path, [&](const std::string& temporary) {
        std::ofstream file(temporary, std::ios::binary);
        file.write(content.data(), static_cast<std::streamsize>(content.size()));
        file.close();
        if (!file)
            throw SystemError("cannot write", path, errno);
    });
}

std::string read_file(const std::string& path, std::size_t limit_bytes)
{
    std::error_code failure;
    if (fs::is_directory(path, failure))
        throw SystemError({ "cannot read", path, "a folder", "a file" }, EISDIR);
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw SystemError("cannot open", path, errno, "a readable file");
    const auto size = fs::file_size(path, failure);
    if (!failure && size > limit_bytes)
        throw Error({ "file is too large", path, std::to_string(size) + " bytes",
                      "at most " + std::to_string(limit_bytes) });
    std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (file.bad())
        throw SystemError("cannot read", path, errno);
    return content;
}

} // namespace prunedamr
