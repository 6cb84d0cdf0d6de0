// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/recording/recording_testing.h"

namespace prunedamr::recording {
namespace {

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
    EXPECT_EQ(error({ { "global", { { "core:datatype", "cf16_le" } } } })
                  .find(": core:datatype: unknown sample format: found cf16_le, expected cu8, "),
              0u);
    EXPECT_EQ(error({ { "global", { { "core:datatype", nullptr } } } }), ": missing core:datatype");
    EXPECT_EQ(error({ { "global", { { "core:sample_rate", nullptr } } } }),
              ": missing core:sample_rate: expected a sample rate in Hz; option: --rate");
    EXPECT_EQ(error({ { "global", { { "core:sample_rate", 0 } } } }),
              ": bad core:sample_rate: found 0.0, expected above 0");
    EXPECT_EQ(error({ { "global", { { "core:sample_rate", "fast" } } } }),
              ": bad value of 'core:sample_rate': found \"fast\", expected a number");
    EXPECT_EQ(error({ { "global", { { "core:num_channels", 0 } } } }),
              ": bad core:num_channels: found 0, expected 1..1024");
    EXPECT_EQ(error({ { "global", { { "core:num_channels", 1e18 } } } }),
              ": bad core:num_channels: found 1000000000000000000, expected 1..1024");
    EXPECT_EQ(error({ { "global", { { "core:trailing_bytes", 41 } } } }),
              ": core:trailing_bytes reaches before the samples: found 41, expected at most the 40 bytes of " +
                  (folder / "x.sigmf-data"));
    EXPECT_EQ(error({ { "captures", { { { "core:header_bytes", 41 } } } } }),
              ": core:header_bytes reaches behind the end: found 41, expected at most the 40 bytes left in " +
                  (folder / "x.sigmf-data"));
    EXPECT_EQ(error({ { "captures", { { { "core:header_bytes", -1 } } } } }),
              ": bad value of 'core:header_bytes': found -1, expected a whole number, at least 0");
    EXPECT_EQ(error({ { "global", nullptr } }), ": not SigMF: missing 'global'");
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
    write_bytes(data, std::string(3, 'x'));
    EXPECT_EQ(error_of(data), data + ": recording holds no samples: found 3 bytes, expected samples");
}

/// What leaves the samples readable is one warning of its kind, and they are read.
TEST(Sigmf, ABlemishRefusesNothing)
{
    const TemporaryFolder folder;
    const auto warning = [&](const nlohmann::json& patch, std::size_t bytes = 40) {
        auto meta = plain_meta();
        meta.merge_patch(patch);
        Recording recording(make_sigmf(folder, meta, std::string(bytes, 'x')), {});
        EXPECT_EQ(read_all(recording).size(), bytes / 4) << patch;
        EXPECT_EQ(recording.info().warnings.size(), 1u) << patch;
        return recording.info().warnings.empty()
                   ? ""
                   : recording.info().warnings[0].substr((folder / "x.sigmf-meta").size() + 2);
    };
    EXPECT_EQ(warning(nlohmann::json::object(), 41),
              "the last sample is cut, it is left out (41 bytes are no multiple of 4 of ci16_le)");
    EXPECT_EQ(warning({ { "global", { { "core:sample_rate", "48000" } } } }),
              "numbers in quotes are read as numbers (core:sample_rate \"48000\")");
    EXPECT_EQ(warning({ { "global", { { "core:num_channels", "1" }, { "core:trailing_bytes", "0" } } } }),
              "numbers in quotes are read as numbers (2 times, first: core:num_channels \"1\")");
    EXPECT_EQ(warning({ { "captures", { { { "core:frequency", "433920000" } } } } }),
              "numbers in quotes are read as numbers (capture 0: core:frequency \"433920000\")");
    EXPECT_EQ(warning({ { "captures", 7 } }), "values of a wrong type are left out (captures 7)");
    EXPECT_EQ(warning({ { "captures", { 7 } } }), "values of a wrong type are left out (capture 0: 7)");
    EXPECT_EQ(warning({ { "captures", { { { "core:sample_start", -3 } } } } }),
              "sample numbers out of range are left out (capture 0: core:sample_start -3)");
    EXPECT_EQ(warning({ { "annotations", { { "core:label", "x" } } } }),
              "values of a wrong type are left out (annotations object)");
    EXPECT_EQ(warning({ { "global", { { "core:description", { 1, 2 } } } } }),
              "values of a wrong type are left out (core:description array)");
    EXPECT_EQ(warning({ { "global", { { "core:offset", "many" } } } }),
              "values of a wrong type are left out (core:offset \"many\")");
}

TEST(Sigmf, AnnotationsWithBadPlacesAreReadAsFarAsTheyGo)
{
    const TemporaryFolder folder;
    auto meta = plain_meta();
    meta["annotations"] = {
        { { "core:sample_start", 1.5 }, { "core:sample_count", 2.7 }, { "core:label", "float" } },
        { { "core:sample_start", -3 }, { "core:sample_count", 5 }, { "core:label", "negative" } },
        { { "core:label", "whole" }, { "core:freq_lower_edge", "low" } }
    };
    const RecordingInfo info = Recording(make_sigmf(folder, meta, std::string(40, 'x')), {}).info();
    EXPECT_EQ(info.warnings.size(), 4u);
    ASSERT_EQ(info.annotations.size(), 3u);
    EXPECT_EQ(info.annotations[0].label, "negative");
    EXPECT_EQ(info.annotations[0].sample_start, 0u);
    EXPECT_EQ(info.annotations[0].sample_count, 2u);
    EXPECT_EQ(info.annotations[1].label, "whole");
    EXPECT_EQ(info.annotations[1].sample_count, 10u);
    EXPECT_EQ(info.annotations[2].sample_start, 1u);
    EXPECT_EQ(info.annotations[2].sample_count, 2u);
}

TEST(Sigmf, LooseJsonIsReadAndBrokenJsonIsNamedByLineAndColumn)
{
    const TemporaryFolder folder;
    write_bytes(folder / "x.sigmf-data", std::string(40, 'x'));
    const auto read = [&](const std::string& text) {
        write_bytes(folder / "x.sigmf-meta", text);
        return error_of(folder / "x");
    };
    const std::string global =
        R"({"global": {"core:datatype": "ci16_le", "core:sample_rate": 1e6, "core:description": ")";
    EXPECT_EQ(read(global + R"("}, "captures": [{"core:frequency": NaN, "x": -Infinity}], "annotations": []})"),
              "");
    EXPECT_EQ(read(global + "say \\\"NaN\\\"\n\xe9\"}}"), ""); // a line end and Latin-1 in a string
    EXPECT_EQ(read("\xef\xbb\xbf" + global + "\"}}" + std::string(20, '\0')), "");
    EXPECT_EQ(read(global + "\"},\n \"captures\": [}]}"),
              (folder / "x.sigmf-meta") + ": broken JSON: found line 2, column 15, expected SigMF metadata");
    EXPECT_NE(read(global).find("broken JSON: found line 1, column "), std::string::npos);
}

TEST(Sigmf, AnnotationsThatNobodyNeedsAreNotLookedAt)
{
    const TemporaryFolder folder;
    const std::string path = make_sigmf(folder, plain_meta(), std::string(40, 'x'));
    write_bytes(path,
                R"({"annotations": [{"core:sample_start": 1, "core:label": "]}\"annotations\""}, this is no JSON],
        "note": {"annotations": [1]}, "global": {"core:datatype": "ci16_le", "core:sample_rate": 48000}})");
    EXPECT_NE(error_of(path).find("broken JSON"), std::string::npos);
    RawOptions options;
    options.skip_annotations = true;
    Recording recording(path, options);
    EXPECT_TRUE(recording.info().annotations.empty());
    EXPECT_TRUE(recording.info().warnings.empty());
    EXPECT_EQ(recording.info().sample_count, 10u);
}

TEST(Sigmf, KeysWithoutTheirNamespaceAreRead)
{
    const TemporaryFolder folder;
    const std::string path = make_sigmf(
        folder, { { "global", { { "datatype", "ci16_le" }, { "sample_rate", 48000 } } } }, std::string(40, 'x'));
    const RecordingInfo info = Recording(path, {}).info();
    EXPECT_EQ(info.sample_rate_hz, 48000.0);
    EXPECT_EQ(info.warnings.size(), 1u);
}

TEST(Sigmf, MetadataWithTheNameOfTheDataInTheirsAreFound)
{
    const TemporaryFolder folder;
    write_bytes(folder / "x.sigmf-data", std::string(40, 'x'));
    write_bytes(folder / "x.sigmf-data.sigmf-meta", plain_meta().dump());
    for (const char* name : { "x.sigmf-data.sigmf-meta", "x.sigmf-data", "x" })
        EXPECT_EQ(Recording(folder / name, {}).info().sample_count, 10u) << name;
}

TEST(Sigmf, MissingMetadataAreReplacedByOptions)
{
    const TemporaryFolder folder;
    write_bytes(folder / "x.sigmf-data", std::string(40, 'x'));
    const RecordingInfo info = Recording(folder / "x.sigmf-data", { SampleFormat::ci16_le, 1e6 }).info();
    EXPECT_EQ(info.sample_count, 10u);
    EXPECT_EQ(info.warnings.size(), 1u);
}

} // namespace
} // namespace prunedamr::recording
