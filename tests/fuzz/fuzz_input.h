// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/error.h"
#include "prunedamr/dataset/frame_source.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace prunedamr::fuzz {

/// The input as a file in memory, for readers that take a path.
class InputFile
{
public:
    InputFile(const std::uint8_t* data, std::size_t size) : file_(memfd_create("input", MFD_CLOEXEC))
    {
        if (file_ < 0)
            std::abort();
        for (std::size_t done = 0; done < size;) {
            const ssize_t written = write(file_, data + done, size - done);
            if (written <= 0)
                std::abort();
            done += static_cast<std::size_t>(written);
        }
    }
    ~InputFile() { close(file_); }
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;

    std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

private:
    int file_;
};

/// Reads a source to its end, a few frames at a time. What is accepted must be a valid data set;
/// only `Error` may refuse.
template <typename Open> void read_to_the_end(Open open)
{
    try {
        const auto source = open();
        dataset::Dataset piece = source->header();
        std::int64_t frames = 0;
        while (const std::int64_t read = source->read(piece, 7)) {
            dataset::validate(piece, "piece");
            frames += read;
        }
        if (frames != source->frame_count())
            std::abort();
    } catch (const Error&) {
    }
}

} // namespace prunedamr::fuzz
