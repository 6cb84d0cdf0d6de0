// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/data_testing.h"
#include "prunedamr/base/atomic_file.h"
#include "prunedamr/data/recording.h"

#include <nlohmann/json.hpp>

#include <cstring>

namespace prunedamr::data {
namespace {

using Samples = std::vector<std::complex<float>>;

Samples read_all(Recording& recording, std::size_t chunk)
{
    Samples all, part(chunk);
    while (const std::size_t got = recording.read(part.data(), chunk))
        all.insert(all.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(got));
    return all;
}

std::string error_of(const std::string& path, const RawOptions& raw = {})
{
    return message_of([&] { Recording recording(path, raw); });
}

/// A SigMF pair x.sigmf-meta / x.sigmf-data with the given bytes.
std::string make_sigmf(const TemporaryFolder& folder, const nlohmann::json& meta, const std::string& bytes)
{
    write_bytes(folder / "x.sigmf-data", bytes);
    write_bytes(folder / "x.sigmf-meta", meta.dump());
    return folder / "x.sigmf-meta";
}

nlohmann::json plain_meta(const char* datatype = "ci16_le")
{
    return { { "global", { { "core:datatype", datatype }, { "core:sample_rate", 48000.0 } } },
             { "captures", { { { "core:sample_start", 0 } } } },
             { "annotations", nlohmann::json::array() } };
}

TEST(SampleFormat, KnowsItsNames)
{
    for (const char* name : { "cu8", "ci8", "ci16_le", "ci16_be", "cf32_le", "cf32_be" })
        EXPECT_STREQ(to_string(sample_format(name)), name);
    EXPECT_EQ(sample_format("ci16"), SampleFormat::ci16_le);
    EXPECT_EQ(sample_format("cf32"), SampleFormat::cf32_le);
    EXPECT_EQ(message_of([] { sample_format("rf32_le"); }),
              "sample format: real-valued samples cannot be classified: found rf32_le, expected cu8, ci8, ci16_le, "
              "ci16_be, cf32_le, cf32_be");
    EXPECT_NE(message_of([] { sample_format("cf64"); }).find("unknown sample format: found cf64"),
              std::string::npos);
}

TEST(SampleFormat, FullScaleIsOne)
{
    const auto first = [](SampleFormat format, std::initializer_list<int> bytes) {
        std::vector<std::byte> data;
        for (const int b : bytes)
            data.push_back(static_cast<std::byte>(b));
        std::complex<float> x;
        convert(format, data.data(), 1, &x);
        return x;
    };
    EXPECT_EQ(first(SampleFormat::cu8, { 255, 0 }), (std::complex<float>{ 1.0f, -1.0f }));
    EXPECT_EQ(first(SampleFormat::ci8, { 64, 0x80 }), (std::complex<float>{ 0.5f, -1.0f }));
    EXPECT_EQ(first(SampleFormat::ci16_le, { 0x00, 0x40, 0x00, 0x80 }), (std::complex<float>{ 0.5f, -1.0f }));
    EXPECT_EQ(first(SampleFormat::ci16_be, { 0x40, 0x00, 0x80, 0x00 }), (std::complex<float>{ 0.5f, -1.0f }));
    EXPECT_EQ(first(SampleFormat::cf32_le, { 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0 }),
              (std::complex<float>{ 1.0f, -2.0f }));
    EXPECT_EQ(first(SampleFormat::cf32_be, { 0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0 }),
              (std::complex<float>{ 1.0f, -2.0f }));
}

TEST(Sigmf, ReadsBackWhatWasWrittenWhateverTheNameGiven)
{
    const TemporaryFolder folder;
    Samples samples;
    for (int i = 0; i < 40009; ++i) // prime, and more than one buffer
        samples.emplace_back(std::sin(0.01f * static_cast<float>(i)), std::cos(0.02f * static_cast<float>(i)));
    RecordingInfo info;
    info.format = SampleFormat::cf32_le;
    info.sample_rate_hz = 250000.5;
    info.center_freq_hz = 433.92e6;
    info.time_ns = 1'700'000'000'123'456'789;
    info.description = "two signals";
    info.annotations = { { 10, 100, "BPSK", 433.9e6, 433.95e6, "first" }, { 200, 39809, "OOK", {}, {}, "" } };
    write_sigmf(folder / "x", info, samples);

    for (const char* name : { "x", "x.sigmf-meta", "x.sigmf-data" }) {
        Recording recording(folder / name, {});
        const RecordingInfo& got = recording.info();
        EXPECT_EQ(got.sample_rate_hz, info.sample_rate_hz);
        EXPECT_EQ(got.center_freq_hz, info.center_freq_hz);
        EXPECT_EQ(got.time_ns, info.time_ns);
        EXPECT_EQ(got.sample_count, samples.size());
        EXPECT_EQ(got.description, info.description);
        ASSERT_EQ(got.annotations.size(), 2u);
        EXPECT_EQ(got.annotations[0].label, "BPSK");
        EXPECT_EQ(got.annotations[0].freq_lower_hz, 433.9e6);
        EXPECT_EQ(got.annotations[0].comment, "first");
        EXPECT_FALSE(got.annotations[1].freq_upper_hz.has_value());
        EXPECT_EQ(got.annotations[1].sample_count, 39809u);
        EXPECT_EQ(read_all(recording, 997), samples);
    }
}

TEST(Sigmf, SixteenBitsKeepSamplesToHalfAStepAndClipAtFullScale)
{
    const TemporaryFolder folder;
    RecordingInfo info;
    info.sample_rate_hz = 1e6;
    write_sigmf(folder / "x.sigmf-data", info, { { 0.3f, -0.7f }, { 1.5f, -1.5f } });
    Recording recording(folder / "x", {});
    const Samples got = read_all(recording, 16);
    ASSERT_EQ(got.size(), 2u);
    EXPECT_NEAR(got[0].real(), 0.3f, 0.5f / 32768.0f);
    EXPECT_NEAR(got[0].imag(), -0.7f, 0.5f / 32768.0f);
    EXPECT_EQ(got[1], (std::complex<float>{ 32767.0f / 32768.0f, -1.0f }));
}

TEST(Sigmf, AnnotationsAreSortedAndOpenEndsReachTheEnd)
{
    const TemporaryFolder folder;
    auto meta = plain_meta();
    meta["annotations"] = { { { "core:sample_start", 5 } },
                            { { "core:sample_start", 1 }, { "core:sample_count", 2 } } };
    Recording recording(make_sigmf(folder, meta, std::string(40, 'x')), {});
    ASSERT_EQ(recording.info().annotations.size(), 2u);
    EXPECT_EQ(recording.info().annotations[0].sample_start, 1u);
    EXPECT_EQ(recording.info().annotations[1].sample_count, 5u);
}

TEST(Sigmf, OptionsMustNotContradictTheMetadata)
{
    const TemporaryFolder folder;
    const std::string path = make_sigmf(folder, plain_meta(), std::string(40, 'x'));
    EXPECT_EQ(error_of(path, { SampleFormat::ci16_le, 48000.0 }), "");
    EXPECT_EQ(error_of(path, { {}, 96000.0 }),
              path + ": sample rate contradicts the metadata: found 96000.0 Hz, expected 48000.0 Hz");
    EXPECT_EQ(error_of(path, { SampleFormat::cf32_le, {} }),
              path + ": format contradicts the metadata: found cf32_le, expected ci16_le");
}

TEST(Sigmf, BadMetadataIsNamed)
{
    const TemporaryFolder folder;
    const auto error = [&](const nlohmann::json& patch) {
        auto meta = plain_meta();
        meta.merge_patch(patch);
        const std::string path = make_sigmf(folder, meta, std::string(40, 'x'));
        return error_of(path).substr(path.size());
    };
    EXPECT_EQ(
        error({ { "global", { { "core:datatype", "rf32_le" } } } }),
        ": core:datatype: real-valued samples cannot be classified: found rf32_le, expected cu8, ci8, ci16_le, "
        "ci16_be, cf32_le, cf32_be");
    EXPECT_EQ(error({ { "global", { { "core:datatype", nullptr } } } }), ": missing core:datatype");
    EXPECT_EQ(error({ { "global", { { "core:sample_rate", nullptr } } } }), ": missing core:sample_rate");
    EXPECT_EQ(error({ { "global", { { "core:sample_rate", 0 } } } }),
              ": bad core:sample_rate: found 0.0, expected above 0");
    EXPECT_EQ(error({ { "global", { { "core:sample_rate", "fast" } } } }),
              ": bad core:sample_rate: found \"fast\", expected a number");
    EXPECT_EQ(error({ { "global", { { "core:num_channels", 2 } } } }),
              ": bad core:num_channels: found 2.0, expected 1");
    EXPECT_EQ(error({ { "global", { { "core:offset", 7 } } } }),
              ": unsupported core:offset: found 7, expected no such key");
    EXPECT_EQ(error({ { "global", nullptr } }), ": not SigMF: missing 'global'");
    EXPECT_EQ(error({ { "captures", { { { "core:datetime", "noon" } } } } }),
              ": core:datetime: bad date and time: found noon, expected RFC 3339, as 2026-03-01T12:00:00Z");
    EXPECT_EQ(error({ { "annotations", { { { "core:sample_start", 4 }, { "core:sample_count", 7 } } } } }),
              ": annotation 0: annotation ends behind the recording: found 4 + 7, expected at most 10 samples");
    EXPECT_EQ(error({ { "annotations", { { { "core:sample_start", -4 } } } } }),
              ": annotation 0: bad core:sample_start: found -4, expected a whole number of samples");
    write_bytes(folder / "x.sigmf-meta", "this is a letter, not metadata");
    EXPECT_EQ(error_of(folder / "x"),
              (folder / "x.sigmf-meta") + ": not SigMF metadata: found no JSON, expected a JSON object");
}

TEST(Sigmf, MissingAndBrokenFilesAreNamed)
{
    const TemporaryFolder folder;
    const std::string meta = folder / "x.sigmf-meta";
    const std::string data = folder / "x.sigmf-data";
    EXPECT_EQ(error_of(meta), meta + ": no such file: expected the metadata beside " + data);
    write_bytes(meta, plain_meta().dump());
    EXPECT_EQ(error_of(folder / "x"), data + ": no such file: expected the samples beside " + meta);
    write_bytes(data, "");
    EXPECT_EQ(error_of(data), data + ": file is empty: found 0 bytes, expected samples");
    write_bytes(data, std::string(41, 'x'));
    EXPECT_EQ(error_of(data), data + ": truncated recording: found 41 bytes, expected a multiple of 4 (ci16_le)");
    write_bytes(folder / "y.sigmf", "tar");
    EXPECT_NE(error_of(folder / "y.sigmf").find("SigMF archives are not read"), std::string::npos);
}

TEST(RawRecording, TakesTheFormatFromOptionOrExtension)
{
    const TemporaryFolder folder;
    write_bytes(folder / "a.cs16", std::string("\x00\x40\x00\x80", 4));
    write_bytes(folder / "a.bin", std::string("\x00\x40\x00\x80", 4));
    Recording by_name(folder / "a.cs16", { {}, 1e6 });
    EXPECT_EQ(read_all(by_name, 8), (Samples{ { 0.5f, -1.0f } }));
    Recording by_option(folder / "a.bin", { SampleFormat::cu8, 1e6 });
    EXPECT_EQ(by_option.info().sample_count, 2u);
    EXPECT_EQ(by_option.info().sample_rate_hz, 1e6);
}

TEST(RawRecording, SaysWhatIsMissing)
{
    const TemporaryFolder folder;
    write_bytes(folder / "a.txt", "just a text file\n");
    EXPECT_EQ(
        error_of(folder / "a.txt", { {}, 1e6 }),
        (folder / "a.txt") +
            ": sample format is not known: found .txt, expected a format (cu8, ci8, ci16_le, cf32_le, ...), a "
            "SigMF recording, or one of the extensions .cu8 .cs8 .ci8 .cs16 .ci16 .cf32 .fc32");
    write_bytes(folder / "a.cf32", std::string(20, 'x'));
    EXPECT_EQ(error_of(folder / "a.cf32"),
              (folder / "a.cf32") + ": sample rate is not known: expected a sample rate in Hz");
    EXPECT_EQ(error_of(folder / "a.cf32", { {}, -5.0 }),
              (folder / "a.cf32") + ": bad sample rate: found -5.0, expected above 0 Hz");
    EXPECT_EQ(error_of(folder / "a.cf32", { {}, 1e6 }),
              (folder / "a.cf32") + ": truncated recording: found 20 bytes, expected a multiple of 8 (cf32_le)");
    EXPECT_EQ(error_of(folder / "none.cf32", { {}, 1e6 }), (folder / "none.cf32") + ": no such file");
    EXPECT_EQ(error_of(folder / "", { SampleFormat::cu8, 1e6 }),
              (folder / "") + ": cannot read: found a folder, expected a recording");
    write_bytes(folder / "empty.cu8", "");
    EXPECT_EQ(error_of(folder / "empty.cu8", { {}, 1e6 }),
              (folder / "empty.cu8") + ": file is empty: found 0 bytes, expected samples");
}

} // namespace
} // namespace prunedamr::data
