// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/recording/recording_testing.h"

namespace prunedamr::recording {
namespace {

/// The first sample in `bytes`.
std::complex<float> first(const char* format, std::initializer_list<int> bytes)
{
    std::vector<std::byte> data;
    for (const int b : bytes)
        data.push_back(static_cast<std::byte>(b));
    const SampleFormat known = sample_format(format);
    EXPECT_EQ(static_cast<std::size_t>(bytes_per_sample(known)), data.size()) << format;
    std::complex<float> x;
    convert(known, data.data(), 1, &x);
    return x;
}

TEST(SampleFormat, KnowsTheComplexTypesOfSigmf)
{
    for (const char* type : { "f32", "f64", "i32", "i16", "u32", "u16" })
        for (const char* order : { "_le", "_be" }) {
            const std::string name = std::string("c") + type + order;
            EXPECT_EQ(to_string(sample_format(name)), name);
        }
    for (const char* name : { "ci8", "cu8" })
        EXPECT_STREQ(to_string(sample_format(name)), name);
    EXPECT_EQ(sample_formats().size(), 15u); // and ci24_le
    for (const SampleFormat format : sample_formats())
        EXPECT_EQ(sample_format(to_string(format)), format);
}

TEST(SampleFormat, WithoutByteOrderItIsLittleEndianAndBytesHaveNone)
{
    EXPECT_EQ(sample_format("ci16"), SampleFormat::ci16_le);
    EXPECT_EQ(sample_format("cf32"), SampleFormat::cf32_le);
    EXPECT_EQ(sample_format("ci8_le"), SampleFormat::ci8); // the schema's pattern allows it
    EXPECT_EQ(sample_format("cu8_be"), SampleFormat::cu8);
}

TEST(SampleFormat, RefusesRealAndUnknownOnesByName)
{
    const std::string known = "expected cu8, ci8, cu16_le, cu16_be, ci16_le, ci16_be, ci24_le, cu32_le, cu32_be, "
                              "ci32_le, ci32_be, cf32_le, cf32_be, cf64_le, cf64_be";
    EXPECT_EQ(message_of([] { sample_format("rf32_le"); }),
              "sample format: real-valued samples cannot be classified: found rf32_le, " + known);
    EXPECT_EQ(message_of([] { sample_format("cf16_le"); }),
              "sample format: unknown sample format: found cf16_le, " + known);
}

TEST(SampleFormat, FullScaleIsOne)
{
    using X = std::complex<float>;
    EXPECT_EQ(first("cu8", { 255, 0 }), (X{ 1.0f, -1.0f }));
    EXPECT_EQ(first("ci8", { 64, 0x80 }), (X{ 0.5f, -1.0f }));
    EXPECT_EQ(first("ci16_le", { 0x00, 0x40, 0x00, 0x80 }), (X{ 0.5f, -1.0f }));
    EXPECT_EQ(first("ci16_be", { 0x40, 0x00, 0x80, 0x00 }), (X{ 0.5f, -1.0f }));
    EXPECT_EQ(first("ci24_le", { 0, 0, 0x40, 0, 0, 0x80 }), (X{ 0.5f, -1.0f }));
    EXPECT_EQ(first("ci32_le", { 0, 0, 0, 0x40, 0, 0, 0, 0x80 }), (X{ 0.5f, -1.0f }));
    EXPECT_EQ(first("ci32_be", { 0x40, 0, 0, 0, 0x80, 0, 0, 0 }), (X{ 0.5f, -1.0f }));
    EXPECT_EQ(first("cu16_le", { 0xff, 0xff, 0, 0 }), (X{ 1.0f, -1.0f }));
    EXPECT_EQ(first("cu16_be", { 0x80, 0x00, 0x7f, 0xff }), (X{ 0.5f / 32767.5f, -0.5f / 32767.5f }));
    EXPECT_EQ(first("cu32_le", { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0 }), (X{ 1.0f, -1.0f }));
    EXPECT_EQ(first("cu32_be", { 0xc0, 0, 0, 0, 0x40, 0, 0, 0 }), (X{ 0.5f, -0.5f }));
    EXPECT_EQ(first("cf32_le", { 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0 }), (X{ 1.0f, -2.0f }));
    EXPECT_EQ(first("cf32_be", { 0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0 }), (X{ 1.0f, -2.0f }));
    EXPECT_EQ(first("cf64_le", { 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0 }), (X{ 1.0f, -2.0f }));
    EXPECT_EQ(first("cf64_be", { 0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0 }), (X{ 1.0f, -2.0f }));
}

} // namespace
} // namespace prunedamr::recording
