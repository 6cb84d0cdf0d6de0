// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/error.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace prunedamr::fuzz {

inline void require(bool condition)
{
    if (!condition)
        std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size)
{
    return { reinterpret_cast<const char*>(data), size };
}

/// The input as a file in memory, for readers that take a path: always the same file, which costs a third of making
/// one.
class InputFile
{
public:
    InputFile(const std::uint8_t* data, std::size_t size)
    {
        require(file() >= 0 && ftruncate(file(), 0) == 0);
        for (std::size_t done = 0; done < size;) {
            const ssize_t written = pwrite(file(), data + done, size - done, static_cast<off_t>(done));
            require(written > 0);
            done += static_cast<std::size_t>(written);
        }
    }

    static const std::string& path()
    {
        static const std::string text = "/proc/self/fd/" + std::to_string(file());
        return text;
    }

    static int file()
    {
        static const int descriptor = memfd_create("input", MFD_CLOEXEC);
        return descriptor;
    }
};

} // namespace prunedamr::fuzz
