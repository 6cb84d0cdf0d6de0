// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/dataset/dataset_testing.h"
#include "prunedamr/recording/recording.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace prunedamr::recording {

using dataset::message_of;
using dataset::write_bytes;
using test::TemporaryFolder;

using Samples = std::vector<std::complex<float>>;

inline Samples read_all(Recording& recording, std::size_t chunk = 997)
{
    Samples all, part(chunk);
    while (const std::size_t got = recording.read(part.data(), chunk))
        all.insert(all.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(got));
    return all;
}

inline std::string error_of(const std::string& path, const RawOptions& raw = {})
{
    return message_of([&] { Recording recording(path, raw); });
}

/// A SigMF pair x.sigmf-meta / x.sigmf-data with the given bytes.
inline std::string make_sigmf(const TemporaryFolder& folder, const nlohmann::json& meta, const std::string& bytes)
{
    write_bytes(folder / "x.sigmf-data", bytes);
    write_bytes(folder / "x.sigmf-meta", meta.dump());
    return folder / "x.sigmf-meta";
}

inline nlohmann::json plain_meta(const char* datatype = "ci16_le")
{
    return { { "global", { { "core:datatype", datatype }, { "core:sample_rate", 48000.0 } } },
             { "captures", { { { "core:sample_start", 0 } } } },
             { "annotations", nlohmann::json::array() } };
}

/// Pairs of bytes 0,0 1,1 2,2 ...: as ci8 sample k is (k + k i) / 128, so that each tells its place.
inline std::string numbered_bytes(int samples)
{
    std::string bytes;
    for (int i = 0; i < samples; ++i)
        bytes += { static_cast<char>(i), static_cast<char>(i) };
    return bytes;
}

/// The places of samples made by `numbered_bytes`.
inline std::vector<int> places(const Samples& samples)
{
    std::vector<int> result;
    for (const auto& x : samples)
        result.push_back(static_cast<int>(std::lround(x.real() * 128.0f)));
    return result;
}

/// `count` numbers from `first`.
inline std::vector<int> from(int first, int count)
{
    std::vector<int> result;
    for (int i = 0; i < count; ++i)
        result.push_back(first + i);
    return result;
}

} // namespace prunedamr::recording
