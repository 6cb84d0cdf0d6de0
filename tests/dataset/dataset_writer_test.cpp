// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/file.h"
#include "prunedamr/base/safetensors.h"
#include "prunedamr/dataset/dataset_file.h"
#include "prunedamr/formats/open_frame_source.h"
#include "tests/dataset/dataset_testing.h"

#include <algorithm>

namespace prunedamr::dataset {
namespace {

class Writer : public ::testing::TestWithParam<std::tuple<const char*, SampleType>>
{
protected:
    std::string file() const { return folder_ / (std::string("d") + std::get<0>(GetParam())); }
    DatasetWriterOptions options() const
    {
        DatasetWriterOptions options;
        options.samples = std::get<1>(GetParam());
        return options;
    }
    /// float16 has 11 significant bits; below 2^-14 its steps are 2^-24.
    float tolerance(float x) const
    {
        return options().samples == SampleType::float32 ? 0.0f : std::max(std::abs(x) / 2048.0f, 0x1p-25f);
    }
    std::size_t files_in_folder() const
    {
        const auto entries = std::filesystem::directory_iterator(folder_.path());
        return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
    }

    TemporaryFolder folder_;
};

Dataset slice(const Dataset& whole, std::int64_t first, std::int64_t count)
{
    const std::int64_t floats = 2 * whole.length();
    Dataset piece;
    piece.frames.assign(whole.frame(first), whole.frame(first) + count * floats);
    piece.label.assign(whole.label.begin() + first, whole.label.begin() + first + count);
    piece.snr_db.assign(whole.snr_db.begin() + first, whole.snr_db.begin() + first + count);
    piece.group.assign(whole.group.begin() + first, whole.group.begin() + first + count);
    piece.part.assign(whole.part.begin() + first, whole.part.begin() + first + count);
    return piece;
}

void write_in_pieces(const Dataset& dataset, const std::string& path, const DatasetWriterOptions& options,
                     std::int64_t most)
{
    DatasetWriter writer(path, dataset, options);
    for (std::int64_t first = 0; first < dataset.size(); first += most)
        writer.append(slice(dataset, first, std::min(most, dataset.size() - first)));
    writer.finish();
}

TEST_P(Writer, PiecesOfAnySizeGiveTheSameDataSetWholeAndInPieces)
{
    for (const int count : { 0, 1, 37, 1009 })
        for (const std::int64_t most : { 1, 7, 400, 2000 }) {
            const Dataset dataset = small_dataset(count, 17);
            write_in_pieces(dataset, file(), options(), most);
            const auto source = formats::open_frame_source(file());
            EXPECT_EQ(source->frame_count(), count);
            EXPECT_TRUE(source->has_split());
            EXPECT_EQ(source->samples(), options().samples);
            const Dataset pieces = read_all(*source, most), whole = read_dataset(file());
            ASSERT_EQ(whole.frames.size(), dataset.frames.size());
            for (std::size_t i = 0; i < whole.frames.size(); ++i)
                ASSERT_NEAR(whole.frames[i], dataset.frames[i], tolerance(dataset.frames[i]));
            EXPECT_EQ(pieces.frames, whole.frames);
            for (const Dataset* read : { &pieces, &whole }) {
                EXPECT_EQ(read->label, dataset.label);
                EXPECT_EQ(read->group, dataset.group);
                EXPECT_EQ(read->part, dataset.part);
                EXPECT_EQ(read->provenance, dataset.provenance);
                EXPECT_EQ(read->class_names, dataset.class_names);
            }
        }
}

TEST_P(Writer, EqualContentGivesEqualBytes)
{
    const Dataset dataset = small_dataset(300);
    write_in_pieces(dataset, file(), options(), 300);
    const std::string once = read_file(file());
    write_in_pieces(dataset, file(), options(), 300);
    EXPECT_EQ(read_file(file()), once);
}

TEST_P(Writer, WithoutAnEndNothingStays)
{
    write_bytes(file(), "the old one");
    {
        DatasetWriter writer(file(), small_dataset(1), options());
        writer.append(small_dataset(50));
        EXPECT_EQ(files_in_folder(), 2u);
    }
    EXPECT_EQ(files_in_folder(), 1u);
    EXPECT_EQ(read_file(file()), "the old one");
}

TEST_P(Writer, ABadFrameIsNamedByItsPlaceInTheWhole)
{
    Dataset bad = small_dataset(5);
    bad.label[2] = 17;
    Dataset not_finite = small_dataset(5);
    not_finite.frames[4 * 2 * 16] = std::nanf("");
    Dataset large = small_dataset(5);
    large.frames[3 * 2 * 16] = 65520.0f;
    for (const auto& [piece, message] :
         { std::pair{ bad, ": label of frame 52 is out of range: found 17, expected 0..2" },
           std::pair{ not_finite, ": frame 54 holds a sample that is not finite" } }) {
        DatasetWriter writer(file(), small_dataset(1), options());
        writer.append(small_dataset(50));
        EXPECT_EQ(message_of([&, &p = piece] { writer.append(p); }), file() + message);
    }
    DatasetWriter writer(file(), small_dataset(1), options());
    writer.append(small_dataset(50));
    EXPECT_EQ(message_of([&] { writer.append(large); }),
              options().samples == SampleType::float32
                  ? ""
                  : file() + ": frame 53 does not fit into float16: found 65520.000000, expected at most 65504; "
                             "normalized frames, or float32");
}

TEST_P(Writer, TheSplitAtTheEndIsThatOfTheWhole)
{
    Dataset expected = small_dataset(600);
    assign_split(expected, { 0.2, 0.3 }, 5);
    auto how = options();
    how.split = SplitFractions{ 0.2, 0.3 };
    how.split_seed = 5;
    write_in_pieces(small_dataset(600), file(), how, 41);
    EXPECT_EQ(read_dataset(file()).part, expected.part);
    how.split = SplitFractions{ 0.7, 0.3 };
    EXPECT_NE(message_of([&] { DatasetWriter(file(), expected, how); }).find("bad split fractions"),
              std::string::npos);
}

const auto kBothTypes = ::testing::Values(SampleType::float32, SampleType::float16);
#ifdef PRUNEDAMR_HAVE_HDF5
INSTANTIATE_TEST_SUITE_P(Containers, Writer,
                         ::testing::Combine(::testing::Values(".h5", ".safetensors"), kBothTypes));
#else
INSTANTIATE_TEST_SUITE_P(Containers, Writer, ::testing::Combine(::testing::Values(".safetensors"), kBothTypes));
#endif

TEST(Memory, WhatDoesNotFitSaysHowToMakeItSmaller)
{
    EXPECT_EQ(message_of([] { require_memory(8e9, 8e9, "d.h5"); }), "");
    EXPECT_EQ(message_of([] { require_memory(20.9e9, 8e9, "d.h5"); }),
              "d.h5: does not fit into memory: found 20.9 GB of frames, expected at most the 8.0 GB that are free; "
              "`prunedamr data import --frames-per-cell N` makes a smaller one");
    EXPECT_GT(available_memory_bytes(), 1e6);
}

/// 2 TB of frames that are a hole in the file: more than any machine has, and no test disk holds them.
TEST(Memory, AnEnormousFileIsRefusedBeforeAnythingIsAllocatedForIt)
{
    const TemporaryFolder folder;
    const std::string path = folder / "large.safetensors";
    Dataset dataset = small_dataset(0, 65536);
    dataset.front_end.block_length = 65536;
    write_dataset(dataset, path);
    const std::int64_t count = 4'000'000;
    const auto field = [&](safetensors::Dtype type) { return safetensors::Layout{ type, { count } }; };
    const std::string header =
        safetensors::file_header({ { "frames", { safetensors::Dtype::f32, { count, 2, 65536 } } },
                                   { "group", field(safetensors::Dtype::i64) },
                                   { "label", field(safetensors::Dtype::i32) },
                                   { "part", field(safetensors::Dtype::u8) },
                                   { "snr_db", field(safetensors::Dtype::f32) } },
                                 pack_metadata(dataset));
    write_bytes(path, header);
    std::error_code failure;
    std::filesystem::resize_file(path, header.size() + static_cast<std::uint64_t>(count) * (2 * 65536 * 4 + 17),
                                 failure);
    if (failure)
        GTEST_SKIP() << "no file of 2 TB here, even if it is a hole: " << failure.message();
    EXPECT_NE(message_of([&] { read_dataset(path); }).find("does not fit into memory: found 2097.2 GB"),
              std::string::npos);
    Dataset piece;
    EXPECT_EQ(formats::open_frame_source(path)->read(piece, 2), 2);
}

} // namespace
} // namespace prunedamr::dataset
