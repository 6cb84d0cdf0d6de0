// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>

namespace prunedamr {

/// A whole regular file mapped read-only.
class MappedFile
{
public:
    /// `kind` names in the message what was expected ("a safetensors file"). Throws `Error`.
    MappedFile(const std::string& path, const std::string& kind);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    const std::byte* data() const { return static_cast<const std::byte*>(data_); }
    std::size_t size() const { return size_; }

private:
    void* data_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace prunedamr
