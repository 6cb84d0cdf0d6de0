// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/mapped_file.h"

#include "prunedamr/base/error.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace prunedamr {

MappedFile::MappedFile(const std::string& path, const std::string& kind)
{
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        throw Error({ "cannot open", path, std::strerror(errno), "a readable file" });
    struct stat status {
    };
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(file);
        throw Error({ "cannot read", path, "not a regular file", kind });
    }
    size_ = static_cast<std::size_t>(status.st_size);
    if (size_ > 0)
        data_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (data_ == MAP_FAILED) {
        data_ = nullptr;
        throw Error({ "cannot map", path, std::strerror(errno), "" });
    }
}

MappedFile::~MappedFile()
{
    if (data_)
        munmap(data_, size_);
}

} // namespace prunedamr
