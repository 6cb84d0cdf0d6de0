// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/recording/recording_testing.h"

namespace prunedamr::recording {
namespace {

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
    EXPECT_EQ(error_of(folder / "a.txt", { {}, 1e6 })
                  .find((folder / "a.txt") + ": sample format is not known: found .txt, expected a "
                                             "format (cu8, ci8, ci16_le, cf32_le, ...), a SigMF or "
                                             "WAV recording, or one of the extensions .cu8 "),
              0u);
    write_bytes(folder / "a.cf32", std::string(20, 'x'));
    EXPECT_EQ(error_of(folder / "a.cf32"),
              (folder / "a.cf32") + ": sample rate is not known: expected a sample rate in Hz; option: --rate");
    EXPECT_EQ(error_of(folder / "a.cf32", { {}, -5.0 }),
              (folder / "a.cf32") + ": bad sample rate: found -5.0, expected above 0 Hz");
    EXPECT_NE(error_of(folder / "a.txt", { {}, 1e6 }).find("options: --format, --rate"), std::string::npos);
    write_bytes(folder / "short.cf32", std::string(7, 'x'));
    EXPECT_EQ(error_of(folder / "short.cf32", { {}, 1e6 }),
              (folder / "short.cf32") + ": recording holds no samples: found 7 bytes, expected samples");
    EXPECT_EQ(error_of(folder / "none.cf32", { {}, 1e6 }), (folder / "none.cf32") + ": no such file");
    EXPECT_EQ(error_of(folder / "", { SampleFormat::cu8, 1e6 }),
              (folder / "") + ": cannot read: found a folder, expected a recording");
    write_bytes(folder / "empty.cu8", "");
    EXPECT_EQ(error_of(folder / "empty.cu8", { {}, 1e6 }),
              (folder / "empty.cu8") + ": file is empty: found 0 bytes, expected samples");
}

TEST(RawRecording, ExtensionsOfTheFieldAreKnown)
{
    const TemporaryFolder folder;
    const std::pair<const char*, SampleFormat> rows[] = {
        { "cu8", SampleFormat::cu8 },      { "cs8", SampleFormat::ci8 },         { "C16", SampleFormat::ci16_le },
        { "sc16", SampleFormat::ci16_le }, { "cfile", SampleFormat::cf32_le },   { "fc32", SampleFormat::cf32_le },
        { "cf64", SampleFormat::cf64_le }, { "complex16s", SampleFormat::ci8 },  { "cu16", SampleFormat::cu16_le },
        { "cs32", SampleFormat::ci32_le }, { "complex", SampleFormat::cf32_le },
    };
    for (const auto& [ending, format] : rows) {
        const std::string path = folder / (std::string("a.") + ending);
        write_bytes(path, std::string(32, 'x'));
        EXPECT_EQ(Recording(path, { {}, 1e6 }).info().format, format) << ending;
    }
}

TEST(RawRecording, GqrxNamesTellEverything)
{
    const TemporaryFolder folder;
    const std::string path = folder / "gqrx_20200229_120000_433920000_1000000_fc.raw";
    write_bytes(path, std::string(16, '\0'));
    const Recording recording(path, {});
    const RecordingInfo& info = recording.info();
    EXPECT_EQ(info.format, SampleFormat::cf32_le);
    EXPECT_EQ(info.sample_rate_hz, 1e6);
    EXPECT_EQ(info.center_freq_hz, 433.92e6);
    EXPECT_EQ(info.time_ns, 1'582'977'600'000'000'000);
    EXPECT_EQ(info.captures.at(0).center_freq_hz, 433.92e6);
    EXPECT_EQ(Recording(path, { SampleFormat::cu8, 2e6 }).info().sample_rate_hz, 2e6); // an option wins
}

TEST(RawRecording, Rtl433NamesTellFrequencyAndRate)
{
    const TemporaryFolder folder;
    write_bytes(folder / "g001_433.92M_250k.cu8", "xx");
    const Recording recording(folder / "g001_433.92M_250k.cu8", {});
    EXPECT_EQ(recording.info().sample_rate_hz, 250e3);
    EXPECT_EQ(recording.info().center_freq_hz, 433.92e6);
}

TEST(RawRecording, ACutSampleAtTheEndIsLeftOutWithAWarning)
{
    const TemporaryFolder folder;
    const std::string path = folder / "a.cs16";
    write_bytes(path, std::string("\x00\x40\x00\x80\x01", 5));
    Recording recording(path, { {}, 1e6 });
    EXPECT_EQ(read_all(recording, 8), (Samples{ { 0.5f, -1.0f } }));
    ASSERT_EQ(recording.info().warnings.size(), 1u);
    EXPECT_EQ(recording.info().warnings[0],
              path + ": the last sample is cut, it is left out (5 bytes are no multiple of 4 of ci16_le)");
}

TEST(RawRecording, NamesOfManyProgramsTellRateFrequencyAndTime)
{
    struct Row {
        const char* name;
        double rate, freq;
        std::optional<std::int64_t> time_s;
        SampleFormat format;
    };
    const Row rows[] = {
        { "gamutrf_recording_ettus_directional_gain70_1700000000_100000000Hz_1000000sps.s16", 1e6, 100e6,
          1'700'000'000, SampleFormat::ci16_le },
        { "gamutrf_recording1700000000_100000000Hz_20480000sps.raw", 20.48e6, 100e6, 1'700'000'000,
          SampleFormat::cf32_le },
        { "2023-07-07_14-44-25_1000000SPS_1700000000Hz.s16", 1e6, 1.7e9, 1'688'741'065, SampleFormat::ci16_le },
        { "2023-07-07_14-44-25-500_1000000SPS_1700000000Hz.f32", 1e6, 1.7e9, 1'688'741'065, SampleFormat::cf32_le },
        { "name-f4.339200e+08-s1.000000e+06-t20160807180210.cfile", 1e6, 433.92e6, {}, SampleFormat::cf32_le },
        { "HackRF-20200101_120000-433_92MHz-2MSps-2MHz.complex16s", 2e6, 433.92e6, {}, SampleFormat::ci8 },
    };
    const TemporaryFolder folder;
    for (const Row& row : rows) {
        SCOPED_TRACE(row.name);
        write_bytes(folder / row.name, std::string(64, '\0'));
        const RecordingInfo info = Recording(folder / row.name, {}).info();
        EXPECT_EQ(info.sample_rate_hz, row.rate);
        EXPECT_EQ(info.center_freq_hz, row.freq);
        EXPECT_EQ(info.format, row.format);
        EXPECT_EQ(info.time_ns.has_value(), row.time_s.has_value());
        EXPECT_EQ(info.time_ns.value_or(0) / 1'000'000'000, row.time_s.value_or(0));
    }
}

TEST(RawRecording, TheTextBesideAPortapackFileTellsRateAndFrequency)
{
    const TemporaryFolder folder;
    write_bytes(folder / "BBD_0001.C16", std::string(64, '\0'));
    EXPECT_NE(error_of(folder / "BBD_0001.C16").find("sample rate is not known"), std::string::npos);
    write_bytes(folder / "BBD_0001.TXT", "sample_rate=500000\r\ncenter_frequency=433920000\r\n");
    const RecordingInfo info = Recording(folder / "BBD_0001.C16", {}).info();
    EXPECT_EQ(info.sample_rate_hz, 500e3);
    EXPECT_EQ(info.center_freq_hz, 433.92e6);
    EXPECT_EQ(info.format, SampleFormat::ci16_le);
}

TEST(RawRecording, OfUnspecificExtensionsOnlyComplexFloatsAreGuessedAndThatIsSaid)
{
    const TemporaryFolder folder;
    std::string floats, integers;
    for (int i = 0; i < 128; ++i) {
        const float x = 0.001f * static_cast<float>(i - 64);
        floats.append(reinterpret_cast<const char*>(&x), sizeof x);
        integers += { static_cast<char>(37 * i), static_cast<char>(i % 5 - 2), static_cast<char>(91 * i),
                      static_cast<char>(i % 3 - 1) };
    }
    write_bytes(folder / "a.iq", floats);
    const RecordingInfo info = Recording(folder / "a.iq", { {}, 1e6 }).info();
    EXPECT_EQ(info.format, SampleFormat::cf32_le);
    EXPECT_EQ(info.warnings.size(), 1u);
    write_bytes(folder / "b.iq", integers);
    EXPECT_NE(error_of(folder / "b.iq", { {}, 1e6 }).find("sample format is not known"), std::string::npos);
    EXPECT_EQ(Recording(folder / "b.iq", { SampleFormat::ci16_le, 1e6 }).info().sample_count, 128u);
}

TEST(RawRecording, FilesOfOthersAreNeverSamples)
{
    const TemporaryFolder folder;
    for (const std::string& magic :
         { std::string("PK\x03\x04"), std::string("fLaC"), std::string("\x89HDF\r\n\x1a\n") }) {
        write_bytes(folder / "a.cs16", magic + std::string(400, 'x'));
        EXPECT_NE(error_of(folder / "a.cs16", { SampleFormat::ci16_le, 1e6 }).find("not a recording that is read"),
                  std::string::npos);
    }
}

TEST(RawRecording, ALimitEndsTheReading)
{
    const TemporaryFolder folder;
    write_bytes(folder / "a.ci8", numbered_bytes(100));
    Recording recording(folder / "a.ci8", { {}, 1e6 });
    recording.seek(20);
    recording.limit(33);
    EXPECT_EQ(places(read_all(recording, 7)), from(20, 13));
    recording.limit(100);
    EXPECT_EQ(places(read_all(recording, 7)), from(33, 67));
    recording.limit(0);
    recording.seek(50);
    EXPECT_TRUE(read_all(recording).empty());
    EXPECT_DEATH(recording.limit(101), "limit behind the end");
}

TEST(RawRecording, RealValuedSamplesBecomeTheAnalyticSignalFromAnyPlaceOn)
{
    const TemporaryFolder folder;
    std::string bytes;
    for (int n = 0; n < 3000; ++n)
        bytes.push_back(static_cast<char>(std::lround(100.0 * std::cos(0.7 * n))));
    write_bytes(folder / "a.bin", bytes);
    Recording recording(folder / "a.bin", { SampleFormat::ri8, 1e6 });
    EXPECT_EQ(recording.info().sample_rate_hz, 500e3);
    EXPECT_EQ(recording.info().center_freq_hz, 250e3);
    EXPECT_EQ(recording.info().sample_count, 1500u);
    const Samples all = read_all(recording, 101);
    ASSERT_EQ(all.size(), 1500u);
    for (std::size_t m = 100; m < 1400; ++m)
        ASSERT_NEAR(std::abs(all[m]), 100.0 / 128.0, 0.02) << m;
    for (const std::size_t start : { 0u, 1u, 31u, 32u, 700u, 1499u, 1500u }) {
        recording.seek(start);
        EXPECT_EQ(read_all(recording, 13), Samples(all.begin() + static_cast<std::ptrdiff_t>(start), all.end()))
            << start;
    }
}

TEST(Recordings, AreToldByTheirNamesOrContents)
{
    for (const char* name : { "a.sigmf-meta", "a.sigmf-data", "a.sigmf", "dir/a.sigmf#one", "a.WAV", "x_2M.cu8",
                              "a.cf32.gz", "a.sdriq", "a.prm", "a.npy" })
        EXPECT_TRUE(is_recording(name)) << name;
    for (const char* name : { "a.h5", "a.safetensors", "a.pkl", "a", "a.gz" })
        EXPECT_FALSE(is_recording(name)) << name;
    const TemporaryFolder folder;
    write_bytes(folder / "a.dat", "RIFF....WAVE");
    EXPECT_TRUE(is_recording(folder / "a.dat"));
    write_bytes(folder / "a.dat", std::string("\x80\x02}q\x00(", 6));
    EXPECT_FALSE(is_recording(folder / "a.dat"));
    EXPECT_STREQ(container_of(std::string("RIFF....WAVEfmt ")), "WAV");
    EXPECT_STREQ(container_of(std::string("\x1f\x8b\x08\0\0\0", 6)), "gzip");
    EXPECT_EQ(container_of(std::string("\x80\x7f\x81\x80", 4)), nullptr);
}

TEST(RawRecording, SeekGivesTheSamplesFromThere)
{
    const TemporaryFolder folder;
    write_bytes(folder / "a.ci8", numbered_bytes(100));
    Recording recording(folder / "a.ci8", { {}, 1e6 });
    for (const int start : { 37, 0, 99, 100 }) {
        recording.seek(static_cast<std::uint64_t>(start));
        EXPECT_EQ(places(read_all(recording, 7)), from(start, 100 - start));
    }
    EXPECT_DEATH(recording.seek(101), "seek behind the end");
}

TEST(RawRecording, AFileCutWhileItIsReadIsNamed)
{
    const TemporaryFolder folder;
    const std::string path = folder / "a.ci8";
    write_bytes(path, numbered_bytes(100));
    Recording recording(path, { {}, 1e6 });
    std::filesystem::resize_file(path, 50);
    EXPECT_EQ(message_of([&] { read_all(recording); }),
              path + ": truncated file: found its end at byte 50, expected 150 more bytes");
}

} // namespace
} // namespace prunedamr::recording
