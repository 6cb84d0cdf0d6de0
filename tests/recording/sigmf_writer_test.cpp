// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/file.h"
#include "prunedamr/recording/sigmf_writer.h"
#include "tests/recording/recording_testing.h"

#include <filesystem>
#include <regex>

namespace prunedamr::recording {
namespace {

TEST(SigmfWriter, ReadsBackWhatWasWrittenWhateverTheNameGiven)
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

TEST(SigmfWriter, SixteenBitsKeepSamplesToHalfAStepAndClipAtFullScale)
{
    const TemporaryFolder folder;
    RecordingInfo info;
    info.sample_rate_hz = 1e6;
    write_sigmf(folder / "x.sigmf-data", info, { { 0.3f, -0.7f }, { 1.5f, -1.5f }, { NAN, 0.0f } });
    Recording recording(folder / "x", {});
    const Samples got = read_all(recording, 16);
    ASSERT_EQ(got.size(), 3u);
    EXPECT_NEAR(got[0].real(), 0.3f, 0.5f / 32768.0f);
    EXPECT_NEAR(got[0].imag(), -0.7f, 0.5f / 32768.0f);
    EXPECT_EQ(got[1], (std::complex<float>{ 32767.0f / 32768.0f, -1.0f }));
    EXPECT_EQ(got[2], (std::complex<float>{ 0.0f, 0.0f }));
}

/// A key of the published schema (sigmf-schema.json, version 1.2.5).
struct Rule {
    const char* key;
    char type; ///< (n)umber, (i)nteger, (s)tring
    bool required;
    const char* pattern_or_range; ///< "least most" of numbers
};

constexpr const char* kTo2To63 = "0 9223372036854775807";
constexpr const char* kFrequency = "-1e12 1e12";
const std::vector<Rule> kGlobal = {
    { "core:datatype", 's', true, "(c|r)(f32|f64|i32|i16|u32|u16|i8|u8)(_le|_be)?" },
    { "core:version", 's', true, R"(\d+\.\d+\.\d)" },
    { "core:sample_rate", 'n', false, "1 1e12" },
    { "core:num_channels", 'i', false, "1 9223372036854775807" },
    { "core:sha512", 's', false, "[0-9a-fA-F]{128}" },
    { "core:recorder", 's', false, ".+" },
    { "core:description", 's', false, ".+" },
};
const std::vector<Rule> kCapture = {
    { "core:sample_start", 'i', true, kTo2To63 },
    { "core:frequency", 'n', false, kFrequency },
    { "core:datetime", 's', false, R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)" },
    { "core:global_index", 'i', false, kTo2To63 },
};
const std::vector<Rule> kAnnotation = {
    { "core:sample_start", 'i', true, kTo2To63 },
    { "core:sample_count", 'i', false, kTo2To63 },
    { "core:freq_lower_edge", 'n', false, kFrequency },
    { "core:freq_upper_edge", 'n', false, kFrequency },
    { "core:label", 's', false, ".+" },
    { "core:comment", 's', false, ".+" },
    { "core:generator", 's', false, ".+" },
    { "core:uuid", 's', false, "[0-9a-f-]{36}" },
};

void expect_obeys(const nlohmann::json& object, const std::vector<Rule>& rules)
{
    std::size_t known = 0;
    for (const auto& [key, type, required, rule] : rules) {
        SCOPED_TRACE(key);
        if (!object.contains(key)) {
            EXPECT_FALSE(required);
            continue;
        }
        ++known;
        const auto& value = object[key];
        if (type == 's') {
            ASSERT_TRUE(value.is_string());
            EXPECT_TRUE(std::regex_match(value.get<std::string>(), std::regex(rule))) << value;
            continue;
        }
        ASSERT_TRUE(type == 'i' ? value.is_number_integer() : value.is_number());
        double least = 0.0, most = 0.0;
        ASSERT_EQ(std::sscanf(rule, "%lf %lf", &least, &most), 2);
        EXPECT_GE(value.get<double>(), least);
        EXPECT_LE(value.get<double>(), most);
    }
    EXPECT_EQ(known, object.size()) << "keys that the schema does not know: " << object;
}

void expect_sorted(const nlohmann::json& entries)
{
    for (std::size_t i = 1; i < entries.size(); ++i)
        EXPECT_LE(entries[i - 1]["core:sample_start"], entries[i]["core:sample_start"]);
}

RecordingInfo info_1mhz()
{
    RecordingInfo info;
    info.sample_rate_hz = 1e6;
    return info;
}

TEST(SigmfWriter, ObeysThePublishedSchema)
{
    const TemporaryFolder folder;
    RecordingInfo info = info_1mhz();
    info.description = "with \xff that is no UTF-8";
    SigmfWriter writer(folder / "x", info);
    const Samples samples(100, { 0.25f, -0.5f });
    writer.append(samples.data(), 60);
    writer.append(samples.data(), 40);
    writer.add(Capture{ 60, 2e9, {}, 1060 });
    writer.add(Capture{ 0, 1e9, 1'700'000'000'000'000'000, 0 });
    writer.add(Annotation{ 50, 50, "QPSK", 1e9, {}, "one edge only" });
    writer.add(Annotation{ 10, 20, "OOK", 1e9, 1.1e9, "", "test", "7f3c1d5e-8a51-4f0e-9d7f-0c5d6a1b2e3f" });
    writer.finish();

    const auto meta = nlohmann::json::parse(read_file(folder / "x.sigmf-meta"));
    ASSERT_EQ(meta.size(), 3u);
    expect_obeys(meta["global"], kGlobal);
    for (const auto& capture : meta["captures"])
        expect_obeys(capture, kCapture);
    for (const auto& annotation : meta["annotations"]) {
        expect_obeys(annotation, kAnnotation);
        EXPECT_EQ(annotation.contains("core:freq_lower_edge"), annotation.contains("core:freq_upper_edge"));
    }
    ASSERT_EQ(meta["captures"].size(), 2u);
    ASSERT_EQ(meta["annotations"].size(), 2u);
    expect_sorted(meta["captures"]);
    expect_sorted(meta["annotations"]);

    RawOptions checked;
    checked.check_sha512 = meta["global"].contains("core:sha512");
    Recording recording(folder / "x", checked);
    EXPECT_EQ(recording.info().captures.at(1).center_freq_hz, 2e9);
    EXPECT_EQ(recording.info().captures.at(1).global_index, 1060u);
    EXPECT_EQ(recording.info().captures.at(1).time_ns, 1'700'000'000'001'060'000);
    EXPECT_EQ(recording.info().annotations.at(0).uuid, "7f3c1d5e-8a51-4f0e-9d7f-0c5d6a1b2e3f");
    EXPECT_TRUE(recording.info().warnings.empty());
    EXPECT_EQ(read_all(recording), samples);
}

TEST(SigmfWriter, NothingAppearsBeforeItIsFinished)
{
    const TemporaryFolder folder;
    {
        SigmfWriter writer(folder / "x", info_1mhz());
        const std::complex<float> sample;
        writer.append(&sample, 1);
        EXPECT_EQ(writer.sample_count(), 1u);
        EXPECT_FALSE(std::filesystem::exists(folder / "x.sigmf-data"));
        writer.add(Annotation{ 0, 2, "late", {}, {}, "" });
        EXPECT_EQ(message_of([&] { writer.finish(); }),
                  (folder / "x.sigmf-meta") +
                      ": annotation reaches behind the samples: found 0 + 2, expected at most 1 samples");
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder / ""));
}

TEST(SigmfWriter, RefusesWhatTheSchemaDoes)
{
    const TemporaryFolder folder;
    const auto error = [&](const RecordingInfo& info) {
        return message_of([&] { SigmfWriter(folder / "x", info); });
    };
    RecordingInfo info = info_1mhz();
    info.sample_rate_hz = 0.5;
    EXPECT_EQ(error(info), (folder / "x.sigmf-meta") + ": bad sample rate: found 0.5, expected 1..1e12 Hz");
    info = info_1mhz();
    info.format = SampleFormat::cu8;
    EXPECT_EQ(error(info), (folder / "x.sigmf-data") +
                               ": cannot write this sample format: found cu8, expected cf32_le or ci16_le");
    EXPECT_NE(message_of([&] { SigmfWriter(folder / "none/x", info_1mhz()); }).find("folder does not exist"),
              std::string::npos);
    EXPECT_TRUE(std::filesystem::is_empty(folder / ""));
}

std::string number(std::uint64_t value, int bytes)
{
    std::string text;
    for (int i = 0; i < bytes; ++i)
        text.push_back(static_cast<char>(value >> 8 * i));
    return text;
}

std::string wav_chunk(const std::string& id, const std::string& content)
{
    return id + number(content.size(), 4) + content + std::string(content.size() % 2, '\0');
}

std::string wav_of(const std::string& data_chunks, int channels = 2)
{
    const auto frame = static_cast<std::uint64_t>(2 * channels);
    const std::string format = number(1, 2) + number(frame / 2, 2) + number(48000, 4) + number(48000 * frame, 4) +
                               number(frame, 2) + number(16, 2);
    return "RIFF" + number(0, 4) + "WAVE" + wav_chunk("JUNK", "some") + wav_chunk("fmt ", format) + data_chunks;
}

/// Annotations of `name`, written as `meta`, and the recording read back by them.
void expect_the_same_by_metadata(const TemporaryFolder& folder, const std::string& name, const RawOptions& raw = {})
{
    SCOPED_TRACE(name);
    Recording original(folder / name, raw);
    const Samples samples = read_all(original);
    annotate({ folder / name, raw, folder / "labels" }, { { 1, 2, "QPSK", {}, {}, "" } }, "test");
    RawOptions by_metadata = raw;
    by_metadata.format.reset();
    Recording again(folder / "labels", by_metadata);
    EXPECT_EQ(read_all(again), samples);
    EXPECT_EQ(again.info().sample_rate_hz, original.info().sample_rate_hz);
    EXPECT_EQ(again.info().center_freq_hz, original.info().center_freq_hz);
    EXPECT_TRUE(again.info().warnings.empty());
    ASSERT_EQ(again.info().annotations.size(), 1u);
    EXPECT_EQ(again.info().annotations[0].sample_start, 1u);
    EXPECT_EQ(again.info().annotations[0].sample_count, 2u);
    std::filesystem::remove(folder / "labels.sigmf-meta");
}

TEST(Annotations, NameTheSamplesOfOtherContainersByTheBytesAroundThem)
{
    const TemporaryFolder folder;
    const std::string samples = numbered_bytes(100), data = wav_chunk("data", samples);
    for (const char* name : { "UPPER.WAV", "x.wav", "x.rf64", "x.iq" }) {
        write_bytes(folder / name, wav_of(data) + wav_chunk("LIST", "behind"));
        expect_the_same_by_metadata(folder, name);
    }
    std::string kiwi;
    for (int i = 0; i < 5; ++i)
        kiwi += wav_chunk("kiwi", "0123456789") +
                wav_chunk("data", samples.substr(static_cast<std::size_t>(40 * i), 40));
    write_bytes(folder / "20211008T150350Z_702000_x_iq.wav", wav_of(kiwi));
    expect_the_same_by_metadata(folder, "20211008T150350Z_702000_x_iq.wav");
    write_bytes(folder / "mono.wav", wav_of(data, 1));
    expect_the_same_by_metadata(folder, "mono.wav");
    write_bytes(folder / "four.wav", wav_of(data, 4));
    RawOptions second;
    second.channel = 1;
    expect_the_same_by_metadata(folder, "four.wav", second);
    write_bytes(folder / "cut.cs16", samples + "x");
    expect_the_same_by_metadata(folder, "cut.cs16", { {}, 1e6 });
}

TEST(Annotations, AreRefusedForSamplesThatMetadataCannotName)
{
    const TemporaryFolder folder;
    const auto error = [&](const std::string& name) {
        return message_of([&] { check({ folder / name, { {}, 1e6 }, folder / "labels" }); });
    };
    write_bytes(folder / "x.cs24", std::string(60, 'x'));
    EXPECT_NE(error("x.cs24").find("annotations cannot be written for these samples"), std::string::npos);
    write_bytes(folder / "x.cs16", std::string(60, 'x'));
    EXPECT_EQ(error("x.cs16"), "");
    EXPECT_NE(message_of([&] {
                  check({ folder / "x.cs16", { {}, 1e6 }, "/tmp/elsewhere" });
              }).find("where the samples are"),
              std::string::npos);
}

TEST(Annotations, OfRealValuedSamplesCountTheFilesSamples)
{
    const TemporaryFolder folder;
    auto meta = plain_meta("ri8");
    meta["captures"][0]["core:frequency"] = 1e6;
    const std::string path = make_sigmf(folder, meta, std::string(400, 'x'));
    annotate({ path, {}, path }, { { 10, 20, "AM-DSB", {}, {}, "" } }, "test");
    const auto written = nlohmann::json::parse(read_file(path));
    EXPECT_EQ(written["annotations"][0]["core:sample_start"], 20);
    EXPECT_EQ(written["annotations"][0]["core:sample_count"], 40);
    const RecordingInfo info = Recording(path, {}).info();
    EXPECT_EQ(info.annotations.at(0).sample_start, 10u);
    EXPECT_EQ(info.center_freq_hz, 1e6 + 12000.0);
}

} // namespace
} // namespace prunedamr::recording
