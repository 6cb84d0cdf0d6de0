// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

namespace prunedamr {

/// A regular file that is read by position. It is not mapped: others may cut or rewrite it meanwhile, which a
/// mapping answers with a signal and this with an `Error`. One thread at a time, or several: it holds no position.
class InputFile
{
public:
    /// `kind` names in the message what was expected ("a safetensors file"). Throws `Error`; never waits for a pipe.
    InputFile(const std::string& path, const std::string& kind);
    ~InputFile();
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;

    std::uint64_t size() const { return static_cast<std::uint64_t>(opened_.st_size); } ///< when it was opened [bytes]

    /// `bytes` from `offset` on. Throws `Error` when the file no longer holds them.
    void read(std::uint64_t offset, std::size_t bytes, void* out) const;

    /// All of it. Throws `Error` when it is larger than `limit_bytes`, or changes meanwhile.
    std::string read_all(std::uint64_t limit_bytes) const;

    /// Throws `Error` when somebody has written to the file since it was opened: what was read may be of two files.
    void check_unchanged() const;

private:
    std::string path_;
    int descriptor_;
    struct stat opened_;
};

} // namespace prunedamr
