// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/capture_source.h"

#include "tests/recording/recording_testing.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/recording/sigmf_writer.h"

#include <cmath>

using namespace prunedamr;

namespace {

constexpr int kLength = 16384; // of the capture, in samples

/// A tone 0.2 cycles per sample above the center, in noise, with its annotations.
std::string make_capture(const test::TemporaryFolder& folder, const std::vector<recording::Annotation>& annotations)
{
    recording::RecordingInfo info;
    info.format = recording::SampleFormat::cf32_le;
    info.sample_rate_hz = 1e6;
    recording::SigmfWriter writer(folder / "air.sigmf-meta", info);
    Rng rng(4);
    std::vector<std::complex<float>> samples;
    for (int k = 0; k < kLength; ++k)
        samples.emplace_back(std::polar(0.5F, static_cast<float>(2 * M_PI * std::fmod(0.2 * k, 1.0))) +
                             std::complex<float>(0.01F * static_cast<float>(rng.normal()),
                                                 0.01F * static_cast<float>(rng.normal())));
    writer.append(samples.data(), samples.size());
    writer.add(recording::Capture{ 0, 100e6, {} });
    for (const auto& annotation : annotations)
        writer.add(annotation);
    writer.finish();
    return folder / "air.sigmf-meta";
}

dataset::CaptureOptions options_of(FrontEndSpec::Kind kind = FrontEndSpec::Kind::as_is)
{
    dataset::CaptureOptions options;
    options.front_end.kind = kind;
    options.front_end.frame_length = 256;
    options.front_end.block_length = 2048;
    return options;
}

} // namespace

TEST(CaptureSource, EachSegmentBecomesAGroupOfItsLabel)
{
    const test::TemporaryFolder folder;
    const auto path = make_capture(
        folder,
        { { 0, 4096, "CW", {}, {}, "" }, { 8192, 2048, "noise", {}, {}, "" }, { 12000, 3, "CW", {}, {}, "" } });
    dataset::CaptureSource source({ path }, options_of());
    EXPECT_EQ(source.header().class_names, (std::vector<std::string>{ "CW", "noise" }));
    EXPECT_FALSE(source.has_split());
    dataset::Dataset piece;
    ASSERT_GT(source.read(piece, 1000), 0);
    EXPECT_EQ(source.read(piece, 1000), 0);
    const auto report = source.report();
    EXPECT_EQ(report["files"], 1);
    EXPECT_EQ(report["frames"].get<int>(), 4096 / 256 + 2048 / 256);
    EXPECT_EQ(report["skipped"]["too short for a frame"], 1);
    EXPECT_EQ(report["not_used"][0]["sample_start"], 12000);
}

TEST(CaptureSource, GivesTheSameFramesInPiecesOfAnySize)
{
    const test::TemporaryFolder folder;
    const auto path = make_capture(folder, { { 0, 4096, "CW", {}, {}, "" }, { 8192, 2048, "noise", {}, {}, "" } });
    dataset::Dataset whole, piece, pieces;
    dataset::CaptureSource({ path }, options_of()).read(whole, 1000);
    dataset::CaptureSource source({ path }, options_of());
    while (source.read(piece, 5) > 0) {
        pieces.frames.insert(pieces.frames.end(), piece.frames.begin(), piece.frames.end());
        pieces.label.insert(pieces.label.end(), piece.label.begin(), piece.label.end());
        pieces.group.insert(pieces.group.end(), piece.group.begin(), piece.group.end());
    }
    EXPECT_EQ(pieces.frames, whole.frames);
    EXPECT_EQ(pieces.label, whole.label);
    EXPECT_EQ(pieces.group, whole.group);
    EXPECT_TRUE(std::isnan(whole.snr_db.back())); // noise has none
}

TEST(CaptureSource, ASignalWithEdgesIsTakenOutOfItsChannel)
{
    const test::TemporaryFolder folder;
    const auto path = make_capture(folder, { { 0, kLength, "CW", 100.17e6, 100.23e6, "" } });
    dataset::CaptureSource source({ path }, options_of());
    dataset::Dataset piece;
    ASSERT_GT(source.read(piece, 1), 0);
    // In its channel the tone lies at the center: neighboring samples have the same phase.
    const float* i = piece.frames.data();
    const float* q = i + 256;
    for (int k = 64; k < 192; ++k) {
        const std::complex<float> step =
            std::complex<float>(i[k + 1], q[k + 1]) * std::conj(std::complex<float>(i[k], q[k]));
        EXPECT_LT(std::abs(std::arg(step)), 0.3) << k;
    }
}

TEST(CaptureSource, WithoutALabelItSaysWhatIsMissing)
{
    const test::TemporaryFolder folder;
    const auto path = make_capture(folder, {});
    EXPECT_NE(dataset::message_of([&] { dataset::CaptureSource({ path }, options_of()); }).find("--label NAME"),
              std::string::npos);
    auto options = options_of();
    options.label = "CW";
    EXPECT_EQ(dataset::CaptureSource({ path }, options).header().class_names, std::vector<std::string>{ "CW" });
}

TEST(CaptureSource, HandsOnTheWarningsOfAFile)
{
    const test::TemporaryFolder folder;
    auto meta = recording::plain_meta("ci8");
    meta["global"]["core:num_channels"] = 2; // the first is taken, with a warning
    const auto path = recording::make_sigmf(folder, meta, std::string(8192, '\1'));
    auto options = options_of();
    options.label = "CW";
    std::vector<std::string> warnings;
    options.on_warnings = [&](const std::vector<std::string>& lines) { warnings = lines; };
    dataset::CaptureSource source({ path }, options);
    EXPECT_FALSE(warnings.empty());
}
