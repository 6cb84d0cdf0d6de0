// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/data/published/class_order.h"
#include "prunedamr/data/published/rml2016_pickle.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>

namespace prunedamr::data {
namespace {

constexpr std::size_t kMaxStringBytes = 0x7fffffff; // a length in BINSTRING is signed

using Cells = std::map<std::pair<std::int32_t, float>, std::vector<std::int64_t>>;

std::string little_endian(std::uint32_t value)
{
    std::string bytes;
    for (int i = 0; i < 4; ++i)
        bytes += static_cast<char>(value >> (8 * i) & 0xff);
    return bytes;
}

std::string integer(std::int32_t value)
{
    return "J" + little_endian(static_cast<std::uint32_t>(value));
}

/// Python 2's str, which Python 3 reads as text under encoding="latin1".
std::string short_string(const std::string& text)
{
    return "U" + std::string(1, static_cast<char>(text.size())) + text;
}

std::string number(float value)
{
    if (value == std::round(value))
        return integer(static_cast<std::int32_t>(value));
    const double wide = value;
    std::uint64_t bits = 0;
    std::memcpy(&bits, &wide, sizeof bits);
    std::string text = "G";
    for (int i = 7; i >= 0; --i)
        text += static_cast<char>(bits >> (8 * i) & 0xff);
    return text;
}

/// Everything of an array before its bytes, as `ndarray.__reduce__` gives it: reconstruct, then (version, shape,
/// dtype, Fortran order, data) as its state.
std::string array_head(std::int32_t frames, std::int32_t length, std::uint32_t size_bytes)
{
    const std::string dtype = "cnumpy\ndtype\n(" + short_string("f4") + integer(0) + integer(1) + "tR(" +
                              integer(3) + short_string("<") + "NNN" + integer(-1) + integer(-1) + integer(0) +
                              "tb";
    return "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(" + integer(0) + "t" + short_string("b") +
           "tR(" + integer(1) + "(" + integer(frames) + integer(2) + integer(length) + "t" + dtype + "\x89" + "T" +
           little_endian(size_bytes);
}

Cells cells_of(const Dataset& dataset, const std::string& path)
{
    for (const auto& name : dataset.class_names)
        check_class_name(name, path);
    Cells cells;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        const float snr = dataset.snr_db[i];
        if (!(std::abs(snr) <= 1000.0f))
            throw Error({ "frame " + std::to_string(i) + " has no SNR that RML2016 could name", path,
                          std::isnan(snr) ? "unknown" : std::to_string(snr), "-1000..1000 dB" });
        cells[{ dataset.label[i], snr + 0.0f }].push_back(i); // -0 becomes 0
    }
    if (cells.empty())
        throw Error({ "no frames to write", path, "", "at least 1" });
    return cells;
}

void write_cell(std::ofstream& file, const Dataset& dataset, const Cells::value_type& cell, const std::string& path)
{
    const auto& [key, frames] = cell;
    const std::string& name = dataset.class_names[static_cast<std::size_t>(key.first)];
    const std::size_t frame_bytes = 2 * static_cast<std::size_t>(dataset.length()) * sizeof(float);
    if (frames.size() > kMaxStringBytes / frame_bytes)
        throw Error({ "cell is too large for a pickle", path, name, "less than 2 GiB" });
    file << "(" << short_string(name) << number(key.second) << "t"
         << array_head(static_cast<std::int32_t>(frames.size()), static_cast<std::int32_t>(dataset.length()),
                       static_cast<std::uint32_t>(frames.size() * frame_bytes));
    for (const std::int64_t frame : frames)
        file.write(reinterpret_cast<const char*>(dataset.frame(frame)), static_cast<std::streamsize>(frame_bytes));
    file << "tbs"; // the state, set on the array; the array, set in the dict
}

} // namespace

void write_rml2016_pickle(const Dataset& dataset, const std::string& path)
{
    validate(dataset, path);
    const Cells cells = cells_of(dataset, path);
    write_atomically(path, [&](const std::string& temporary) {
        std::ofstream file(temporary, std::ios::binary);
        file << "\x80\x02}";
        for (const auto& cell : cells)
            write_cell(file, dataset, cell, path);
        file << ".";
        file.close();
        if (!file)
            throw SystemError("cannot write", path, errno);
    });
}

} // namespace prunedamr::data
