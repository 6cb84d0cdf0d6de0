// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/input_file.h"

#include "prunedamr/base/error.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace prunedamr {

InputFile::InputFile(const std::string& path, const std::string& kind)
    : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)), opened_{}
{
    if (descriptor_ < 0)
        throw SystemError("cannot open", path, errno, "a readable file");
    if (::fstat(descriptor_, &opened_) != 0 || !S_ISREG(opened_.st_mode)) {
        ::close(descriptor_);
        throw SystemError({ "cannot read", path, "not a regular file", kind }, S_ISDIR(opened_.st_mode) ? EISDIR : 0);
    }
}

InputFile::~InputFile()
{
    ::close(descriptor_);
}

void InputFile::read(std::uint64_t offset, std::size_t bytes, void* out) const
{
    for (std::size_t done = 0; done < bytes;) {
        const ssize_t count = ::pread(descriptor_, static_cast<char*>(out) + done, bytes - done,
                                      static_cast<off_t>(offset + done));
        if (count == 0)
            throw Error({ "file was cut while it was read", path_, "its end at byte " + std::to_string(offset + done),
                          std::to_string(size()) + " bytes, as when it was opened" });
        if (count < 0 && errno != EINTR)
            throw SystemError("cannot read", path_, errno);
        done += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
}

std::string InputFile::read_all(std::uint64_t limit_bytes) const
{
    if (size() > limit_bytes)
        throw Error({ "file is too large", path_, std::to_string(size()) + " bytes",
                      "at most " + std::to_string(limit_bytes) });
    std::string bytes(size(), '\0');
    read(0, bytes.size(), bytes.data());
    check_unchanged();
    return bytes;
}

void InputFile::check_unchanged() const
{
    struct stat now {
    };
    if (::fstat(descriptor_, &now) != 0)
        throw SystemError("cannot read", path_, errno);
    if (now.st_size != opened_.st_size || now.st_mtim.tv_sec != opened_.st_mtim.tv_sec ||
        now.st_mtim.tv_nsec != opened_.st_mtim.tv_nsec)
        throw Error({ "file was written to while it was read", path_, "", "a file that stays as it is" });
}

} // namespace prunedamr
