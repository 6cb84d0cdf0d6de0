// SPDX-License-Identifier: GPL-3.0-or-later
// What other programs write, and what the specification allows, 0.0.1 to 1.2.
#include "tests/recording/recording_testing.h"

#include <algorithm>

namespace prunedamr::recording {
namespace {

using nlohmann::json;

/// Ten samples of ci8 that tell their places, with `patch` in the metadata.
std::string foreign(const TemporaryFolder& folder, const json& patch, int samples = 10)
{
    json meta = plain_meta("ci8");
    meta.merge_patch(patch);
    return make_sigmf(folder, meta, numbered_bytes(samples));
}

std::string only_warning(const Recording& recording)
{
    EXPECT_EQ(recording.info().warnings.size(), 1u);
    return recording.info().warnings.empty() ? "" : recording.info().warnings[0];
}

TEST(ForeignSigmf, CapturesTellFrequencyAndTimeOfTheirSamples)
{
    const TemporaryFolder folder;
    const json captures = {
        { { "core:sample_start", 6 }, { "core:frequency", 200e6 }, { "core:global_index", 48006 } },
        { { "core:sample_start", 0 },
          { "core:frequency", 100000000 },
          { "core:global_index", 0 },
          { "core:datetime", "1970-01-01T00:00:01Z" } },
        { { "core:sample_start", 8 }, { "vendor:gain", 3 } },
        { { "core:sample_start", 11 }, { "core:frequency", 300e6 } }
    };
    Recording recording(foreign(folder, { { "captures", captures } }), {});
    const RecordingInfo& info = recording.info();
    EXPECT_EQ(info.center_freq_hz, 100e6);
    EXPECT_EQ(info.time_ns, 1'000'000'000);
    ASSERT_EQ(info.captures.size(), 3u);
    EXPECT_EQ(info.captures[1].sample_start, 6u);
    EXPECT_EQ(info.captures[1].center_freq_hz, 200e6);
    EXPECT_EQ(info.captures[1].time_ns, 2'000'125'000);        // 48006 samples later, at 48 kHz
    EXPECT_FALSE(info.captures[2].center_freq_hz.has_value()); // nothing is carried over
    EXPECT_EQ(only_warning(recording),
              (folder / "x.sigmf-meta") + ": captures behind the end of the samples are left out (sample 11)");
    EXPECT_EQ(places(read_all(recording)), from(0, 10));
}

TEST(ForeignSigmf, HeadersBeforeEachCaptureAreSkipped)
{
    const TemporaryFolder folder;
    json meta = plain_meta("ci8");
    meta["global"]["core:dataset"] = "odd.dat";
    meta["global"]["core:trailing_bytes"] = 3;
    meta["captures"] = { { { "core:sample_start", 0 }, { "core:header_bytes", 4 } },
                         { { "core:sample_start", 5 }, { "core:header_bytes", 6 } } };
    const std::string samples = numbered_bytes(9);
    write_bytes(folder / "y.sigmf-meta", meta.dump());
    write_bytes(folder / "odd.dat", "HEAD" + samples.substr(0, 10) + "SECOND" + samples.substr(10) + "end");
    Recording recording(folder / "y.sigmf-meta", {});
    EXPECT_EQ(recording.info().sample_count, 9u);
    EXPECT_EQ(places(read_all(recording, 2)), from(0, 9));
    for (const int start : { 5, 4, 8 }) {
        recording.seek(static_cast<std::uint64_t>(start));
        EXPECT_EQ(places(read_all(recording, 64)), from(start, 9 - start));
    }
    write_bytes(folder / "odd.dat", "HEAD" + samples.substr(0, 9) + "end");
    EXPECT_EQ(Recording(folder / "y", {}).info().sample_count, 4u);
    EXPECT_NE(Recording(folder / "y", {}).info().warnings.back().find("the last sample is cut"), std::string::npos);
}

TEST(ForeignSigmf, TheDatasetFileOfAnotherNameIsFoundBesideTheMetadata)
{
    const TemporaryFolder folder;
    json meta = plain_meta("ci8");
    meta["global"]["core:dataset"] = "/home/someone/else/odd.dat";
    write_bytes(folder / "y.sigmf-meta", meta.dump());
    EXPECT_EQ(error_of(folder / "y"),
              (folder / "odd.dat") + ": no such file: expected the samples beside " + (folder / "y.sigmf-meta"));
    write_bytes(folder / "y.sigmf-data", numbered_bytes(3));
    EXPECT_EQ(Recording(folder / "y", {}).info().sample_count, 3u);
    EXPECT_NE(only_warning(Recording(folder / "y", {})).find("core:dataset is missing"), std::string::npos);
    write_bytes(folder / "odd.dat", numbered_bytes(4));
    EXPECT_EQ(Recording(folder / "y", {}).info().sample_count, 4u);
}

TEST(ForeignSigmf, MetadataAloneIsSaidToBeThat)
{
    const TemporaryFolder folder;
    json meta = plain_meta("ci8");
    meta["global"]["core:metadata_only"] = true;
    write_bytes(folder / "y.sigmf-meta", meta.dump());
    EXPECT_EQ(error_of(folder / "y"), (folder / "y.sigmf-meta") +
                                          ": metadata without samples (core:metadata_only): expected " +
                                          (folder / "y.sigmf-data"));
}

TEST(ForeignSigmf, IndicesCountFromCoreOffset)
{
    const TemporaryFolder folder;
    const json patch = {
        { "global", { { "core:offset", 1000 } } },
        { "captures",
          { { { "core:sample_start", 0 }, { "core:frequency", 1e6 }, { "core:datetime", "1970-01-01T00:00:00Z" } },
            { { "core:sample_start", 1004 }, { "core:frequency", 2e6 } } } },
        { "annotations",
          { { { "core:sample_start", 998 }, { "core:sample_count", 4 }, { "core:label", "head" } },
            { { "core:sample_start", 1003 }, { "core:sample_count", 2 }, { "core:label", "body" } },
            { { "core:sample_start", 10 }, { "core:sample_count", 20 }, { "core:label", "gone" } } } }
    };
    Recording recording(foreign(folder, patch), {});
    const RecordingInfo& info = recording.info();
    EXPECT_EQ(info.time_ns, 20'833'333); // 1000 samples at 48 kHz
    ASSERT_EQ(info.captures.size(), 2u);
    EXPECT_EQ(info.captures[1].sample_start, 4u);
    ASSERT_EQ(info.annotations.size(), 2u);
    EXPECT_EQ(info.annotations[0].label, "head");
    EXPECT_EQ(info.annotations[0].sample_start, 0u);
    EXPECT_EQ(info.annotations[0].sample_count, 2u);
    EXPECT_EQ(info.annotations[1].sample_start, 3u);
    EXPECT_EQ(only_warning(recording),
              (folder / "x.sigmf-meta") +
                  ": annotations outside the samples are left out (annotation 2: 10 + 20 of 10 samples)");
}

TEST(ForeignSigmf, AnnotationsAreCutAtTheEndWithOneLine)
{
    const TemporaryFolder folder;
    json annotations = json::array();
    for (int i = 0; i < 3; ++i)
        annotations.push_back({ { "core:sample_start", 4 + i }, { "core:sample_count", 7 } });
    annotations.push_back({ { "core:sample_start", 0 }, { "core:sample_count", 9223372036854775807 } });
    Recording recording(foreign(folder, { { "annotations", annotations } }), {});
    EXPECT_EQ(recording.info().annotations.at(1).sample_count, 6u);
    EXPECT_EQ(recording.info().annotations.at(0).sample_count, 10u);
    EXPECT_EQ(only_warning(recording), (folder / "x.sigmf-meta") +
                                           ": annotation ends behind the recording, cut there (4 times, first: "
                                           "annotation 3: 0 + 9223372036854775807 of 10 samples)");
}

TEST(ForeignSigmf, AnOpenAnnotationEndsWithItsCapture)
{
    const TemporaryFolder folder;
    const json patch = { { "captures", { { { "core:sample_start", 0 } }, { { "core:sample_start", 6 } } } },
                         { "annotations", { { { "core:sample_start", 2 } }, { { "core:sample_start", 7 } } } } };
    const Recording recording(foreign(folder, patch), {});
    EXPECT_EQ(recording.info().annotations.at(0).sample_count, 4u);
    EXPECT_EQ(recording.info().annotations.at(1).sample_count, 3u);
}

TEST(ForeignSigmf, AnnotationFieldsOfAllVersionsAreRead)
{
    const TemporaryFolder folder;
    const json patch = { { "annotations",
                           { { { "core:sample_start", 0.0 },
                               { "core:sample_count", 4e0 },
                               { "core:description", "old label" },
                               { "core:latitude", 40.0 },
                               { "core:generator", "hand" },
                               { "core:uuid", "7f3c1d5e-8a51-4f0e-9d7f-0c5d6a1b2e3f" },
                               { "core:freq_lower_edge", 5e6 } },
                             { { "core:sample_start", 4 },
                               { "core:sample_count", 2 },
                               { "core:label", 7 },
                               { "core:comment", nullptr },
                               { "core:freq_lower_edge", 5e6 },
                               { "core:freq_upper_edge", 4e6 },
                               { "rfml:labels", { { "signal", "BPSK" } } } } } } };
    const Recording recording(foreign(folder, patch), {});
    const auto& annotations = recording.info().annotations;
    ASSERT_EQ(annotations.size(), 2u);
    EXPECT_EQ(annotations[0].label, "old label");
    EXPECT_EQ(annotations[0].generator, "hand");
    EXPECT_EQ(annotations[0].uuid, "7f3c1d5e-8a51-4f0e-9d7f-0c5d6a1b2e3f");
    EXPECT_EQ(annotations[0].freq_lower_hz, 5e6);
    EXPECT_FALSE(annotations[0].freq_upper_hz.has_value());
    EXPECT_EQ(annotations[1].label, "7");
    EXPECT_EQ(annotations[1].freq_lower_hz, 4e6);
    EXPECT_NE(only_warning(recording).find("frequency edges the wrong way round"), std::string::npos);
}

TEST(ForeignSigmf, UnknownFieldsAndExtensionsStayOutOfTheWay)
{
    const TemporaryFolder folder;
    const json patch = { { "global",
                           { { "core:version", "1.0.0" },
                             { "antenna:gain", 3 },
                             { "core:geolocation", { { "type", "Point" }, { "coordinates", { 1, 2 } } } },
                             { "core:extensions",
                               { { { "name", "antenna" }, { "version", "1.0.0" }, { "optional", true } },
                                 { { "name", "secret" }, { "version", "0.1.0" }, { "optional", false } } } } } },
                         { "spectrogram", { 1, 2, 3 } } };
    Recording recording(foreign(folder, patch), {});
    EXPECT_EQ(only_warning(recording),
              (folder / "x.sigmf-meta") + ": an extension that is not read is called necessary (secret)");
    EXPECT_EQ(places(read_all(recording)), from(0, 10));
    const json old = { { "global",
                         { { "core:version", "0.0.1" }, { "core:extensions", { { "modulation", "v0.9" } } } } } };
    EXPECT_TRUE(Recording(foreign(folder, old), {}).info().warnings.empty());
}

TEST(ForeignSigmf, ADateThatIsNoneLeavesTheTimeUnknown)
{
    const TemporaryFolder folder;
    const json patch = { { "captures", { { { "core:sample_start", 0 }, { "core:datetime", "noon" } } } } };
    const Recording recording(foreign(folder, patch), {});
    EXPECT_FALSE(recording.info().time_ns.has_value());
    EXPECT_EQ(only_warning(recording), (folder / "x.sigmf-meta") +
                                           ": core:datetime is no date and time, the capture's time stays unknown "
                                           "(noon, expected RFC 3339, as 2026-03-01T12:00:00Z)");
}

TEST(ForeignSigmf, ARateThatIsMissingMayBeGiven)
{
    const TemporaryFolder folder;
    for (const json& rate : { json(nullptr), json(0) }) {
        const std::string path = foreign(folder, { { "global", { { "core:sample_rate", rate } } } });
        EXPECT_NE(error_of(path), "");
        EXPECT_EQ(Recording(path, { {}, 2e6 }).info().sample_rate_hz, 2e6);
    }
}

TEST(ForeignSigmf, OneOfSeveralChannelsIsRead)
{
    const TemporaryFolder folder;
    const std::string path = foreign(folder, { { "global", { { "core:num_channels", 3 } } } }, 12);
    Recording silent(path, {});
    EXPECT_EQ(only_warning(silent), path + ": several channels, the first is read (core:num_channels 3: choose by "
                                           "channel 0..2)");
    EXPECT_EQ(places(read_all(silent)), (std::vector<int>{ 0, 3, 6, 9 }));
    RawOptions second;
    second.channel = 2;
    Recording chosen(path, second);
    EXPECT_TRUE(chosen.info().warnings.empty());
    EXPECT_EQ(places(read_all(chosen, 3)), (std::vector<int>{ 2, 5, 8, 11 }));
    second.channel = 3;
    EXPECT_EQ(error_of(path, second), path + ": no such channel: found 3, expected 0..2");
    Recording cut(foreign(folder, { { "global", { { "core:num_channels", 3 } } } }, 13), { {}, {}, 0 });
    EXPECT_EQ(cut.info().sample_count, 4u);
    EXPECT_NE(only_warning(cut).find("26 bytes are no multiple of 6 of ci8, 3 channels"), std::string::npos);
}

TEST(ForeignSigmf, TwoRealChannelsAreIAndQ)
{
    const TemporaryFolder folder;
    json global = { { "core:datatype", "ri8" }, { "core:num_channels", 2 } };
    const std::string path = foreign(folder, { { "global", global } });
    Recording recording(path, {});
    EXPECT_EQ(only_warning(recording), path + ": two real-valued channels are read as I and Q (ri8)");
    EXPECT_EQ(places(read_all(recording)), from(0, 10));
    global["core:num_channels"] = 4; // of as many receivers
    const RecordingInfo info = Recording(foreign(folder, { { "global", global } }), { {}, {}, 3 }).info();
    EXPECT_EQ(info.sample_rate_hz, 24000.0);
    EXPECT_EQ(info.sample_count, 2u);
}

TEST(ForeignSigmf, TheChecksumIsComparedWhenAskedFor)
{
    const TemporaryFolder folder;
    RawOptions checked;
    checked.check_sha512 = true;
    const std::string path = foreign(folder, { { "global", { { "core:sha512", std::string(128, 'A') } } } });
    EXPECT_EQ(error_of(path), "");
    const std::string refusal = error_of(path, checked);
    if (refusal.find("without libsodium") != std::string::npos)
        GTEST_SKIP() << "built without libsodium";
    EXPECT_EQ(refusal.find((folder / "x.sigmf-data") + ": core:sha512 is not that of the samples: found "), 0u);
    EXPECT_EQ(error_of(foreign(folder, json::object()), checked),
              path + ": missing core:sha512: expected the hash that is to be checked");
    // The example of FIPS 180-4; its third byte is a trailing one, since the hash is that of the whole file.
    json meta = plain_meta("ci8");
    meta["global"]["core:trailing_bytes"] = 1;
    meta["global"]["core:sha512"] = "DDAF35A193617ABACC417349AE20413112E6FA4E89A97EA20A9EEEE64B55D39A"
                                    "2192992A274FC1A836BA3C23A3FEEBBD454D4423643CE80E2A9AC94FA54CA49F";
    EXPECT_EQ(error_of(make_sigmf(folder, meta, "abc"), checked), "");
}

} // namespace
} // namespace prunedamr::recording
