// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/recording/read_only_file.h"

#include "prunedamr/base/error.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace prunedamr::recording {

ReadOnlyFile::ReadOnlyFile(std::string path)
    : path_(std::move(path)), file_(open(path_.c_str(), O_RDONLY | O_CLOEXEC))
{
    if (file_ < 0)
        throw SystemError("cannot open", path_, errno, "a readable file");
}

ReadOnlyFile::~ReadOnlyFile()
{
    close(file_);
}

std::uint64_t ReadOnlyFile::size() const
{
    struct stat status;
    if (fstat(file_, &status) != 0)
        throw SystemError("cannot read", path_, errno);
    return static_cast<std::uint64_t>(status.st_size);
}

void ReadOnlyFile::read(std::uint64_t offset, void* bytes, std::size_t count) const
{
    for (std::size_t done = 0; done < count;) {
        const auto got =
            pread(file_, static_cast<char*>(bytes) + done, count - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            throw SystemError("cannot read", path_, errno);
        if (got == 0)
            throw Error({ "truncated file", path_, "its end at byte " + std::to_string(offset + done),
                          std::to_string(count - done) + " more bytes" });
        done += static_cast<std::size_t>(got);
    }
}

std::string ReadOnlyFile::text(std::uint64_t offset, std::uint64_t size, std::size_t limit) const
{
    if (size > limit)
        throw Error({ "file is too large", path_, std::to_string(size) + " bytes of metadata",
                      "at most " + std::to_string(limit) });
    const std::uint64_t end = this->size();
    if (offset > end || size > end - offset)
        throw Error({ "truncated file", path_, "its end at byte " + std::to_string(end),
                      std::to_string(size) + " bytes from byte " + std::to_string(offset) });
    std::string content(size, '\0');
    read(offset, content.data(), content.size());
    return content;
}

} // namespace prunedamr::recording
