// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/mapped_file.h"

#include "prunedamr/base/error.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace prunedamr {

MappedFile::MappedFile(const std::string& path, const std::string& kind)
{
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        throw SystemError("cannot open", path, errno, "a readable file");
    struct stat status {
    };
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        const bool is_folder = S_ISDIR(status.st_mode);
        close(file);
        throw SystemError({ "cannot read", path, "not a regular file", kind }, is_folder ? EISDIR : 0);
    }
    size_ = static_cast<std::size_t>(status.st_size);
    if (size_ > 0)
        data_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (data_ == MAP_FAILED) {
        data_ = nullptr;
        throw SystemError("cannot map", path, errno);
    }
}

MappedFile::~MappedFile()
{
    if (data_)
        munmap(data_, size_);
}

} // namespace prunedamr
