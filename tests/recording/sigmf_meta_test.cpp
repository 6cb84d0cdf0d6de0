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
    EXPECT_EQ(error({ { "global", { { "core:datatype", "rf32_le" } } } })
                  .find(": core:datatype: real-valued samples cannot be classified: found rf32_le, expected cu8, "),
              0u);
    EXPECT_EQ(error({ { "global", { { "core:datatype", nullptr } } } }), ": missing core:datatype");
    EXPECT_EQ(error({ { "global", { { "core:sample_rate", nullptr } } } }),
              ": missing core:sample_rate: expected a sample rate in Hz");
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
    EXPECT_EQ(error({ { "captures", 7 } }), ": bad value of 'captures': found 7, expected a list");
    EXPECT_EQ(error({ { "captures", { 7 } } }), ": capture 0: not a JSON object: found 7");
    EXPECT_EQ(error({ { "global", nullptr } }), ": not SigMF: missing 'global'");
    EXPECT_EQ(error({ { "annotations", { { { "core:sample_start", -4 } } } } }),
              ": annotation 0: bad value of 'core:sample_start': found -4, expected a whole number, at least 0");
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
}

} // namespace
} // namespace prunedamr::recording
