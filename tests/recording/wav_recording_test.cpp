// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/recording/recording_testing.h"

namespace prunedamr::recording {
namespace {

std::string le(std::uint64_t value, int bytes)
{
    std::string text;
    for (int i = 0; i < bytes; ++i)
        text.push_back(static_cast<char>(value >> 8 * i));
    return text;
}

std::string chunk(const std::string& id, const std::string& content)
{
    return id + le(content.size(), 4) + content + std::string(content.size() % 2, '\0');
}

std::string format_chunk(int tag, int channels, int bits, std::uint32_t rate = 48000)
{
    const int frame = channels * bits / 8;
    return chunk("fmt ", le(static_cast<std::uint64_t>(tag), 2) + le(static_cast<std::uint64_t>(channels), 2) +
                             le(rate, 4) + le(rate * static_cast<std::uint64_t>(frame), 4) +
                             le(static_cast<std::uint64_t>(frame), 2) + le(static_cast<std::uint64_t>(bits), 2));
}

std::string riff(const std::string& chunks, const char* id = "RIFF")
{
    return id + le(chunks.size() + 4, 4) + "WAVE" + chunks;
}

const std::string kTwoBytePairs = le(0x4000, 2) + le(0x8000, 2) + le(0xc000, 2) + le(0x2000, 2);
const Samples kPairs = { { 0.5f, -1.0f }, { -0.5f, 0.25f } };

Samples read_wav(const TemporaryFolder& folder, const std::string& bytes)
{
    write_bytes(folder / "a.wav", bytes);
    Recording recording(folder / "a.wav", {});
    return read_all(recording);
}

TEST(Wav, LeftIsIAndRightIsQInEveryEncoding)
{
    const TemporaryFolder folder;
    EXPECT_EQ(read_wav(folder, riff(format_chunk(1, 2, 8) + chunk("data", std::string("\xff\x00", 2)))),
              (Samples{ { 1.0f, -1.0f } }));
    EXPECT_EQ(read_wav(folder, riff(format_chunk(1, 2, 16) + chunk("data", kTwoBytePairs))), kPairs);
    EXPECT_EQ(read_wav(folder, riff(format_chunk(1, 2, 24) + chunk("data", le(0x400000, 3) + le(0x800000, 3)))),
              (Samples{ { 0.5f, -1.0f } }));
    EXPECT_EQ(read_wav(folder, riff(format_chunk(1, 2, 32) + chunk("data", le(1u << 30, 4) + le(1u << 31, 4)))),
              (Samples{ { 0.5f, -1.0f } }));
    EXPECT_EQ(read_wav(folder, riff(format_chunk(3, 2, 32) + chunk("data", le(0x3f800000, 4) + le(0xc0000000, 4)))),
              (Samples{ { 1.0f, -2.0f } }));
}

TEST(Wav, ExtensibleFormatNamesItsEncodingInside)
{
    const TemporaryFolder folder;
    std::string format = format_chunk(0xfffe, 2, 16).substr(8);
    format +=
        le(22, 2) + le(16, 2) + le(3, 4) + le(1, 2) + std::string("\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71", 14);
    EXPECT_EQ(read_wav(folder, riff(chunk("fmt ", format) + chunk("data", kTwoBytePairs))), kPairs);
}

TEST(Wav, OtherChunksAreSkippedBeforeAndBehind)
{
    const TemporaryFolder folder;
    EXPECT_EQ(read_wav(folder, riff(chunk("JUNK", "odd") + format_chunk(1, 2, 16) + chunk("data", kTwoBytePairs) +
                                    chunk("LIST", "INFO"))),
              kPairs);
}

TEST(Wav, SizesThatTheRecorderDidNotKnowReachToTheEnd)
{
    const TemporaryFolder folder;
    for (const std::uint32_t size : { 0u, 0xffffffffu, 0x7fffffffu, 0x7ffff000u })
        EXPECT_EQ(read_wav(folder, "RIFF" + le(size, 4) + "WAVE" + format_chunk(1, 2, 16) + "data" + le(size, 4) +
                                       kTwoBytePairs + "xy"), // killed within a sample
                  kPairs)
            << size;
}

TEST(Wav, SixtyFourBitFormsTellTheirSizeInDs64)
{
    const TemporaryFolder folder;
    const std::string ds64 = chunk("ds64", le(0, 8) + le(kTwoBytePairs.size(), 8) + le(2, 8) + le(0, 4));
    for (const char* id : { "RF64", "BW64" })
        EXPECT_EQ(read_wav(folder, riff(ds64 + format_chunk(1, 2, 16) + "data" + le(0xffffffff, 4) + kTwoBytePairs +
                                            chunk("LIST", "x"),
                                        id)),
                  kPairs);
}

TEST(Wav, MoreThanFourGigabytesWithAWrappedSizeAreAllRead)
{
    const TemporaryFolder folder;
    const std::string path = folder / "a.wav";
    const std::uint64_t bytes = (std::uint64_t{ 1 } << 32) + 4000;
    const std::string head = riff(format_chunk(1, 2, 16)) + "data" + le(bytes & 0xffffffff, 4);
    write_bytes(path, head);
    std::filesystem::resize_file(path, head.size() + bytes); // a hole
    Recording recording(path, {});
    EXPECT_EQ(recording.info().sample_count, bytes / 4);
    recording.seek(bytes / 4 - 3);
    EXPECT_EQ(read_all(recording).size(), 3u);
}

TEST(Wav, AuxiTellsFrequencyAndTime)
{
    const TemporaryFolder folder;
    const auto info = [&](const std::string& name, const std::string& auxi) {
        write_bytes(folder / name,
                    riff(format_chunk(1, 2, 16) + chunk("auxi", auxi) + chunk("data", kTwoBytePairs)));
        return Recording(folder / name, {}).info();
    };
    std::string times; // SYSTEMTIME: 2020-02-29, a Saturday, 12:00:00.250, twice
    for (int i = 0; i < 2; ++i)
        for (const std::uint64_t field : { 2020, 2, 6, 29, 12, 0, 0, 250 })
            times += le(field, 2);
    const RecordingInfo binary = info("a.wav", times + le(14'200'000, 4) + std::string(128, '\0'));
    EXPECT_EQ(binary.center_freq_hz, 14.2e6);
    EXPECT_EQ(binary.time_ns, 1'582'977'600'250'000'000);
    EXPECT_EQ(binary.captures.at(0).center_freq_hz, 14.2e6);

    std::string xml = "<?xml version=\"1.0\"?><SDR-XML-Root><Definition RadioCenterFreq=\"10489550000\" "
                      "UTCSeconds=\"1582977600\"/></SDR-XML-Root>";
    EXPECT_EQ(info("a.wav", xml).center_freq_hz, 10489.55e6);
    std::string wide;
    for (const char c : xml)
        wide += { c, '\0' };
    EXPECT_EQ(info("a.wav", wide).time_ns, 1'582'977'600'000'000'000);

    const RecordingInfo zeros = info("SDR_20200229_120000Z_7100kHz_RF.wav", std::string(164, '\0'));
    EXPECT_EQ(zeros.center_freq_hz, 7.1e6); // the name helps out
    EXPECT_EQ(zeros.time_ns, 1'582'977'600'000'000'000);
    // 32 bits do not hold 10 GHz; with the name they do
    const std::string wrapped = times + le(10'489'550'000 & 0xffffffff, 4);
    EXPECT_EQ(info("SDR_10489550000Hz.wav", wrapped).center_freq_hz, 10489.55e6);
}

TEST(Wav, NamesTellFrequencyAndTimeOfUtc)
{
    const TemporaryFolder folder;
    const auto info = [&](const std::string& name) {
        write_bytes(folder / name, riff(format_chunk(1, 2, 16) + chunk("data", kTwoBytePairs)));
        return Recording(folder / name, {}).info();
    };
    const RecordingInfo sharp = info("SDRSharp_20130101_120000Z_144800000Hz_IQ.wav");
    EXPECT_EQ(sharp.center_freq_hz, 144.8e6);
    EXPECT_EQ(sharp.time_ns, 1'357'041'600'000'000'000);
    const RecordingInfo console = info("01-Jan-2013 120000.000 14.200MHz.wav");
    EXPECT_EQ(console.center_freq_hz, 14.2e6);
    EXPECT_FALSE(console.time_ns.has_value()); // local time, of somewhere
    const RecordingInfo plain = info("recording.wav");
    EXPECT_EQ(plain.center_freq_hz, 0.0);
    EXPECT_FALSE(plain.captures.at(0).center_freq_hz.has_value());
}

TEST(Wav, WhatIsCutIsReadToItsEndWithAWarning)
{
    const TemporaryFolder folder;
    const std::string path = folder / "a.wav";
    const auto open = [&](const std::string& bytes) {
        write_bytes(path, bytes);
        Recording recording(path, {});
        EXPECT_EQ(read_all(recording), (Samples{ { 0.5f, -1.0f } }));
        return recording.info().warnings;
    };
    const std::string good = riff(format_chunk(1, 2, 16) + chunk("data", kTwoBytePairs));
    const auto cut = open(good.substr(0, good.size() - 4));
    ASSERT_EQ(cut.size(), 1u);
    EXPECT_EQ(cut[0], path + ": the file is shorter than its header says, it was cut (4 of 8 bytes of samples)");
    EXPECT_EQ(open(good.substr(0, good.size() - 3)).size(), 2u); // and within a sample
    const auto odd = open(riff(format_chunk(1, 2, 16) + chunk("data", kTwoBytePairs.substr(0, 6))));
    ASSERT_EQ(odd.size(), 1u);
    EXPECT_EQ(odd[0], path + ": the last sample is cut, it is left out (6 bytes are no multiple of 4 of ci16_le)");
}

TEST(Wav, TheContentsDecideNotTheName)
{
    const TemporaryFolder folder;
    const std::string good = riff(format_chunk(1, 2, 16) + chunk("data", kTwoBytePairs));
    for (const char* name : { "a.iq", "a.cs16", "a", "A.WAV", "a.rf64" }) {
        write_bytes(folder / name, good);
        Recording recording(folder / name, { SampleFormat::ci16_le, {} });
        EXPECT_EQ(read_all(recording), kPairs) << name;
    }
    EXPECT_NE(error_of(folder / "a.iq", { SampleFormat::cf32_le, {} }).find("format contradicts"),
              std::string::npos);
}

TEST(Wav, OneChannelIsRealValuedAndPairsAreChannels)
{
    const TemporaryFolder folder;
    write_bytes(folder / "mono.wav", riff(format_chunk(1, 1, 16) + chunk("data", std::string(400, '\x10'))));
    const RecordingInfo mono = Recording(folder / "mono.wav", {}).info();
    EXPECT_EQ(mono.format, SampleFormat::ri16_le);
    EXPECT_EQ(mono.sample_rate_hz, 24000.0);
    EXPECT_EQ(mono.center_freq_hz, 12000.0);
    EXPECT_EQ(mono.sample_count, 100u);

    write_bytes(folder / "two.wav", riff(format_chunk(1, 4, 16) + chunk("data", kTwoBytePairs + kTwoBytePairs)));
    Recording first(folder / "two.wav", {});
    EXPECT_EQ(read_all(first), (Samples{ kPairs[0], kPairs[0] }));
    EXPECT_EQ(first.info().warnings.size(), 1u);
    RawOptions options;
    options.channel = 1;
    Recording second(folder / "two.wav", options);
    EXPECT_EQ(read_all(second), (Samples{ kPairs[1], kPairs[1] }));
    EXPECT_TRUE(second.info().warnings.empty());
}

TEST(Wav, AllDataChunksOfAKiwiAreRead)
{
    const TemporaryFolder folder;
    const std::string path = folder / "20211008T150350Z_702000_jnb_iq.wav";
    std::string chunks = format_chunk(1, 2, 16, 12000);
    for (int i = 0; i < 50; ++i)
        chunks += chunk("kiwi", std::string(10, '\1')) + chunk("data", kTwoBytePairs);
    write_bytes(path, riff(chunks).substr(0, chunks.size() + 12 - 2)); // cut
    Recording recording(path, {});
    EXPECT_EQ(recording.info().sample_count, 99u);
    EXPECT_EQ(recording.info().center_freq_hz, 702e3);
    EXPECT_EQ(recording.info().time_ns, 1'633'705'430'000'000'000);
    const Samples samples = read_all(recording, 7);
    ASSERT_EQ(samples.size(), 99u);
    for (std::size_t i = 0; i < samples.size(); ++i)
        EXPECT_EQ(samples[i], kPairs[i % 2]);
    recording.seek(51);
    EXPECT_EQ(read_all(recording, 64).size(), 48u);
}

TEST(Wav, NamesOfFurtherProgramsTellTheFrequency)
{
    const TemporaryFolder folder;
    for (const char* name :
         { "SDRconnect_IQ_20260713_150242_163671500HZ.wav", "baseband_163671500Hz_12-34-56_01-02-2024.wav" }) {
        write_bytes(folder / name, riff(format_chunk(1, 2, 16) + chunk("data", kTwoBytePairs)));
        const RecordingInfo info = Recording(folder / name, {}).info();
        EXPECT_EQ(info.center_freq_hz, 163671500.0) << name;
        EXPECT_FALSE(info.time_ns.has_value()) << name; // local, of somewhere
    }
}

TEST(Wav, WrongOnesAreNamed)
{
    const TemporaryFolder folder;
    const std::string path = folder / "a.wav";
    const auto error = [&](const std::string& bytes, const RawOptions& raw = {}) {
        write_bytes(path, bytes);
        return error_of(path, raw).substr(path.size());
    };
    const std::string good = riff(format_chunk(1, 2, 16) + chunk("data", kTwoBytePairs));
    EXPECT_EQ(
        error(riff(format_chunk(6, 2, 8) + chunk("data", "xx"))),
        ": WAV encoding is not read: found format 6, 8 bits, 2 bytes per pair, expected PCM (1) of 8, 16, 24, 32 "
        "bits or IEEE float (3) of 32, 64");
    EXPECT_EQ(error(riff(format_chunk(1, 2, 16) + chunk("data", ""))),
              ": recording holds no samples: found 0 bytes, expected samples");
    EXPECT_EQ(error(riff(format_chunk(1, 2, 16))), ": truncated WAV: found no 'data' chunk, expected both");
    EXPECT_EQ(error(riff(chunk("data", kTwoBytePairs))), ": truncated WAV: found no 'fmt ' chunk, expected both");
    EXPECT_EQ(error("a letter"), ": not a WAV file: expected RIFF, RF64 or BW64, then WAVE");
    EXPECT_EQ(error("RIFX" + good.substr(4)),
              ": big-endian WAV is not read: expected RIFF, RF64 or BW64, then WAVE");
    EXPECT_EQ(error(good, { SampleFormat::cu8, {} }),
              ": format contradicts the metadata: found cu8, expected ci16_le");
    EXPECT_EQ(error(good, { {}, 1e6 }),
              ": sample rate contradicts the metadata: found 1000000.0 Hz, expected 48000.0 Hz");
    EXPECT_EQ(error(riff(format_chunk(1, 2, 16, 0) + chunk("data", kTwoBytePairs))),
              ": sample rate is not known: expected a sample rate in Hz; option: --rate");
    for (std::size_t i = 0; i < good.size(); ++i) // any damage ends in one line
        for (const int bit : { 0, 7 }) {
            std::string bad = good;
            bad[i] = static_cast<char>(bad[i] ^ 1 << bit);
            write_bytes(path, bad);
            EXPECT_EQ(error_of(path).find('\n'), std::string::npos);
        }
}

} // namespace
} // namespace prunedamr::recording
