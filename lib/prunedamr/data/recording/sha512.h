// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace prunedamr::data {

/// SHA-512 of bytes that come in pieces, by libsodium.
class Sha512
{
public:
    static bool available(); ///< false in a build without libsodium: then `hex` gives ""

    Sha512();
    ~Sha512();
    void add(const void* bytes, std::size_t count);
    std::string hex(); ///< 128 digits; once, at the end

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace prunedamr::data
