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
