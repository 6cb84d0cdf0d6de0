// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr {

/// FNV-1a, 64 bits: tells runs and recipes apart, protects against nothing.
class Fnv1a64
{
public:
    void add(const void* bytes, std::size_t size);
    void add(const std::string& text) { add(text.data(), text.size()); }
    template <class T> void add(const std::vector<T>& values) { add(values.data(), values.size() * sizeof(T)); }

    std::string text() const; ///< 16 hexadecimal digits

private:
    std::uint64_t state_ = 0xcbf29ce484222325u;
};

} // namespace prunedamr
