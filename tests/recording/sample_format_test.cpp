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
    EXPECT_EQ(sample_formats().size(), 30u); // and ci24_le, and each of them real-valued
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

TEST(SampleFormat, RefusesUnknownOnesByNameWithTheKnownOnes)
{
    EXPECT_EQ(message_of([] { sample_format("cf16_le"); }),
              "sample format: unknown sample format: found cf16_le, expected cu8, ci8, cu16_le, cu16_be, ci16_le, "
              "ci16_be, "
              "ci24_le, cu32_le, cu32_be, ci32_le, ci32_be, cf32_le, cf32_be, cf64_le, cf64_be, ru8, ri8, ru16_le, "
              "ru16_be, ri16_le, ri16_be, ri24_le, ru32_le, ru32_be, ri32_le, ri32_be, rf32_le, rf32_be, rf64_le, "
              "rf64_be");
}

TEST(SampleFormat, NamesOfOtherProgramsMeanPairs)
{
    const std::pair<const char*, SampleFormat> rows[] = {
        { "CI16_LE", SampleFormat::ci16_le }, { "sc16", SampleFormat::ci16_le },
        { "int16", SampleFormat::ci16_le },   { "s16", SampleFormat::ci16_le },
        { "CS16", SampleFormat::ci16_le },    { "u8", SampleFormat::cu8 },
        { "uint8", SampleFormat::cu8 },       { "s8", SampleFormat::ci8 },
        { "u16", SampleFormat::cu16_le },     { "fc32", SampleFormat::cf32_le },
        { "fc32_le", SampleFormat::cf32_le }, { "complex64", SampleFormat::cf32_le },
        { "float32", SampleFormat::cf32_le }, { "complex128", SampleFormat::cf64_le },
    };
    for (const auto& [name, format] : rows)
        EXPECT_EQ(sample_format(name), format) << name;
    EXPECT_EQ(sample_format("rf32"), SampleFormat::rf32_le);
    EXPECT_TRUE(is_real(SampleFormat::rf32_le));
    EXPECT_FALSE(is_real(SampleFormat::cf64_be));
    EXPECT_EQ(format_of_extension(".C16"), SampleFormat::ci16_le);
    for (const char* none : { "", ".", ".int16", ".txt", ".short" })
        EXPECT_FALSE(format_of_extension(none)) << none;
}

/// Real tones of the band 0..0.5 stay one complex tone each, of the same amplitude, a quarter of the rate lower.
TEST(RealToComplex, GivesTheAnalyticSignalAtHalfTheRate)
{
    constexpr int kCount = 4001; // odd
    constexpr double kTwoPi = 6.283185307179586;
    for (const double f : { 0.02, 0.1, 0.25, 0.33, 0.48 }) {
        Samples real;
        for (int n = 0; n < kCount; ++n)
            real.emplace_back(static_cast<float>(0.5 * std::cos(kTwoPi * f * n + 0.3)), 7.0f);
        RealToComplex filter;
        Samples out(kCount);
        std::size_t done = 0;
        for (std::size_t at = 0; at < real.size(); at += 17)
            done +=
                filter.process(real.data() + at, std::min<std::size_t>(17, real.size() - at), out.data() + done);
        EXPECT_EQ(done, (kCount - RealToComplex::kReach + 1) / 2);
        for (std::size_t m = 100; m < done - 100; ++m) {
            const double phase = kTwoPi * (2 * f - 0.5) * static_cast<double>(m) + 0.3;
            ASSERT_NEAR(out[m].real(), 0.5 * std::cos(phase), 1e-3) << f;
            ASSERT_NEAR(out[m].imag(), 0.5 * std::sin(phase), 1e-3) << f;
        }
    }
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
    EXPECT_EQ(first("ri16_be", { 0x40, 0x00 }), (X{ 0.5f, 0.0f }));
    EXPECT_EQ(first("cf64_be", { 0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0 }), (X{ 1.0f, -2.0f }));
}

} // namespace
} // namespace prunedamr::recording
