// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/deflate.h"

#include "prunedamr/base/error.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace prunedamr {
namespace {

constexpr std::size_t kWindow = 32768; // how far back a stream can point
constexpr std::size_t kMaxGain = 1032; // of a stream of one repeated byte
constexpr std::size_t kMaxBytes = std::numeric_limits<uInt>::max();

Bytef* input(std::string_view bytes)
{
    return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data())); // zlib's interface knows no const
}

std::string_view window(std::string_view dictionary)
{
    return dictionary.substr(dictionary.size() - std::min(dictionary.size(), kWindow));
}

void check_size(std::size_t size)
{
    if (size > kMaxBytes)
        throw Error({ "too large to be coded", "", std::to_string(size) + " bytes",
                      "at most " + std::to_string(kMaxBytes) });
}

} // namespace

std::string deflated(std::string_view bytes, std::string_view dictionary)
{
    check_size(bytes.size());
    z_stream stream{};
    PRUNEDAMR_CHECK(deflateInit(&stream, Z_BEST_COMPRESSION) == Z_OK, "zlib starts");
    const std::string_view known = window(dictionary);
    if (!known.empty())
        deflateSetDictionary(&stream, input(known), static_cast<uInt>(known.size()));
    std::string result(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
    stream.next_in = input(bytes);
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = input(result);
    stream.avail_out = static_cast<uInt>(result.size());
    const int code = deflate(&stream, Z_FINISH);
    result.resize(result.size() - stream.avail_out);
    deflateEnd(&stream);
    PRUNEDAMR_CHECK(code == Z_STREAM_END, "zlib's bound holds");
    return result;
}

std::string inflated(std::string_view bytes, std::size_t size, std::string_view dictionary)
{
    check_size(bytes.size());
    check_size(size);
    if (size / kMaxGain > bytes.size())
        throw Error({ "compressed data cannot hold what it promises", "", std::to_string(size) + " bytes",
                      "at most " + std::to_string(bytes.size() * kMaxGain) });
    z_stream stream{};
    PRUNEDAMR_CHECK(inflateInit(&stream) == Z_OK, "zlib starts");
    std::string result(size, '\0');
    char none = 0; // zlib wants a place to write to
    stream.next_in = input(bytes);
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = size > 0 ? input(result) : reinterpret_cast<Bytef*>(&none);
    stream.avail_out = static_cast<uInt>(size);
    int code = inflate(&stream, Z_FINISH);
    const std::string_view known = window(dictionary);
    if (code == Z_NEED_DICT && inflateSetDictionary(&stream, input(known), static_cast<uInt>(known.size())) == Z_OK)
        code = inflate(&stream, Z_FINISH);
    const bool whole = code == Z_STREAM_END && stream.avail_in == 0 && stream.avail_out == 0;
    inflateEnd(&stream);
    if (!whole)
        throw Error({ "compressed data is damaged", "", "", "a stream of " + std::to_string(size) + " bytes" });
    return result;
}

std::string inflated_prefix(std::string_view bytes, std::size_t limit)
{
    const std::size_t given = std::min(bytes.size(), kMaxBytes);
    std::string result(std::min({ limit, given * kMaxGain + kMaxGain, kMaxBytes }), '\0');
    z_stream stream{};
    PRUNEDAMR_CHECK(inflateInit(&stream) == Z_OK, "zlib starts");
    stream.next_in = input(bytes);
    stream.avail_in = static_cast<uInt>(given);
    stream.next_out = input(result);
    stream.avail_out = static_cast<uInt>(result.size());
    inflate(&stream, Z_FINISH);
    result.resize(result.size() - stream.avail_out);
    inflateEnd(&stream);
    return result;
}

std::uint32_t crc32(std::string_view bytes)
{
    return static_cast<std::uint32_t>(::crc32_z(0, input(bytes), bytes.size()));
}

} // namespace prunedamr
