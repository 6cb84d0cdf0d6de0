// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/dataset/dataset_testing.h"

#include <cstdint>
#include <cstring>
#include <string>

namespace prunedamr::formats {

using namespace dataset;

/// `count` frames of `length` samples whose sum of |x| is 1: I then Q, each sample on its own phase.
inline std::vector<float> unit_frames(int count, int length)
{
    std::vector<float> frames;
    for (int n = 0; n < count; ++n)
        for (const bool quadrature : { false, true })
            for (int k = 0; k < length; ++k) {
                const double phase = 0.37 * k + n;
                frames.push_back(static_cast<float>((quadrature ? std::sin(phase) : std::cos(phase)) / length));
            }
    return frames;
}

inline std::string bytes_of(const std::vector<float>& values)
{
    return { reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float) };
}

/// Python 2's repr of a str, as protocol 0 writes it.
inline std::string repr(const std::string& bytes)
{
    static const char digits[] = "0123456789abcdef";
    std::string text = "'";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\\' || c == '\'')
            text += std::string("\\") + c;
        else if (c == '\n' || c == '\r' || c == '\t')
            text += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
        else if (byte < 0x20 || byte >= 0x7f)
            text += { '\\', 'x', digits[byte >> 4], digits[byte & 15] };
        else
            text += c;
    }
    return text + "'";
}

} // namespace prunedamr::formats
