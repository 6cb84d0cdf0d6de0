// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/deflate.h"
#include "prunedamr/base/rng.h"

#include "tests/support/expect_error.h"

namespace prunedamr {
namespace {

std::string noise(std::size_t size)
{
    Rng rng(size + 1);
    std::string text(size, '\0');
    for (char& c : text)
        c = static_cast<char>(rng.integer(0, 255));
    return text;
}

TEST(Deflate, BytesComeBack)
{
    for (const std::size_t size : { 0u, 1u, 7u, 65537u, 1000003u })
        for (const std::string& text : { noise(size), std::string(size, 'x') })
            for (const std::string& dictionary : { std::string(), noise(100), noise(100000) })
                EXPECT_EQ(inflated(deflated(text, dictionary), size, dictionary), text);
    EXPECT_LT(deflated(std::string(100000, 'x')).size(), 200u);
}

TEST(Deflate, ADictionaryIsKnownAlready)
{
    const std::string text = noise(20000);
    EXPECT_LT(deflated(text, text).size(), 600u);
    EXPECT_LT(deflated(text.substr(15000), noise(50000) + text).size(), 300u); // only its end counts
    EXPECT_ERROR(inflated(deflated(text, text), text.size()), "damaged");
    EXPECT_ERROR(inflated(deflated(text, text), text.size(), noise(20001)), "damaged");
}

TEST(Deflate, WrongSizesAndDamageAreRefused)
{
    const std::string text(5000, 'x'), stream = deflated(text);
    EXPECT_ERROR(inflated(stream, 4999), "damaged");
    EXPECT_ERROR(inflated(stream, 5001), "damaged");
    EXPECT_ERROR(inflated(stream + "x", 5000), "damaged");
    EXPECT_ERROR(inflated(stream.substr(1), 5000), "damaged");
    EXPECT_ERROR(inflated("", 0), "damaged");
    EXPECT_ERROR(inflated(stream, std::size_t{ 1 } << 30), "cannot hold what it promises");
    EXPECT_ERROR(inflated(stream, ~std::size_t{ 0 }), "too large");
    std::size_t refused = 0;
    for (std::size_t i = 0; i < stream.size(); ++i) {
        std::string damaged = stream;
        damaged[i] ^= 1;
        try { // a changed bit that no symbol uses does no harm
            EXPECT_EQ(inflated(damaged, 5000), text) << "byte " << i;
        } catch (const Error& error) {
            ++refused;
            EXPECT_NE(std::string(error.what()).find("damaged"), std::string::npos) << error.what();
        }
    }
    EXPECT_GT(refused, stream.size() / 2);
}

TEST(Deflate, APrefixNeedsNoWholeStream)
{
    const std::string text = noise(5000), stream = deflated(text);
    EXPECT_EQ(inflated_prefix(stream, 100), text.substr(0, 100));
    EXPECT_EQ(inflated_prefix(stream, 1 << 20), text);
    const std::string part = inflated_prefix(stream.substr(0, 2500), 1 << 20);
    EXPECT_GT(part.size(), 1000u);
    EXPECT_EQ(part, text.substr(0, part.size()));
    EXPECT_EQ(inflated_prefix("no stream", 100), "");
    EXPECT_EQ(inflated_prefix("", 100), "");
}

/// The check value of CRC-32/ISO-HDLC, in the catalog of CRC algorithms.
TEST(Crc32, CheckValue)
{
    EXPECT_EQ(crc32("123456789"), 0xcbf43926u);
    EXPECT_EQ(crc32(""), 0u);
}

} // namespace
} // namespace prunedamr
