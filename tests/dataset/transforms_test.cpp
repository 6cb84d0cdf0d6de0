// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/dataset/dataset_testing.h"
#include "prunedamr/dataset/transforms.h"

#include <algorithm>
#include <map>
#include <set>

namespace prunedamr::dataset {
namespace {

/// Frames in memory, given out at most `most` at a time.
class MemorySource : public FrameSource
{
public:
    explicit MemorySource(Dataset dataset, bool split = true) : all_(std::move(dataset)), split_(split)
    {
        header_.front_end = all_.front_end;
        header_.class_names = all_.class_names;
        header_.provenance = all_.provenance;
    }
    const Dataset& header() const override { return header_; }
    std::int64_t frame_count() const override { return all_.size(); }
    bool has_split() const override { return split_; }
    std::int64_t read(Dataset& piece, std::int64_t most) override
    {
        const std::int64_t count = std::min({ most, all_.size() - next_, std::int64_t{ 5 } });
        const auto copy = [&](const auto& from, auto& to, std::int64_t per_frame) {
            to.assign(from.begin() + next_ * per_frame, from.begin() + (next_ + count) * per_frame);
        };
        copy(all_.frames, piece.frames, 2 * all_.length());
        copy(all_.label, piece.label, 1);
        copy(all_.snr_db, piece.snr_db, 1);
        copy(all_.group, piece.group, 1);
        copy(all_.part, piece.part, 1);
        next_ += count;
        return count;
    }

private:
    Dataset all_, header_;
    bool split_;
    std::int64_t next_ = 0;
};

std::unique_ptr<FrameSource> source(const Dataset& dataset, bool split = true)
{
    return std::make_unique<MemorySource>(dataset, split);
}

Dataset gather(FrameSource& source)
{
    const Dataset all = read_all(source, 7);
    validate(all, "gathered");
    return all;
}

std::unique_ptr<FrameSource> join(const Dataset& a, const Dataset& b, bool split_of_b = true)
{
    std::vector<NamedSource> sources;
    sources.push_back({ "a.h5", source(a) });
    sources.push_back({ "b.h5", source(b, split_of_b) });
    return concat(std::move(sources));
}

Dataset pick(const Dataset& from, const Selection& selection)
{
    return gather(*filter([&] { return source(from); }, selection));
}

TEST(Joined, UnitesClassesByNameAndKeepsGroupsApart)
{
    const Dataset a = small_dataset(23);
    Dataset b = small_dataset(14);
    b.class_names = { "QPSK", "CW", "noise" };
    const auto both = join(a, b);
    EXPECT_EQ(both->frame_count(), 37);
    EXPECT_EQ(both->header().class_names, (std::vector<std::string>{ "noise", "BPSK", "QPSK", "CW" }));
    EXPECT_EQ(both->header().provenance, R"({"inputs":[{"file":"a.h5","provenance":{"recipe":"test","seed":7}},)"
                                         R"({"file":"b.h5","provenance":{"recipe":"test","seed":7}}]})");
    const Dataset all = gather(*both);
    ASSERT_EQ(all.size(), 37);
    const std::set<std::int64_t> first(all.group.begin(), all.group.begin() + 23);
    for (std::int64_t i = 0; i < all.size(); ++i) {
        const Dataset& from = i < 23 ? a : b;
        const std::int64_t k = i < 23 ? i : i - 23;
        EXPECT_EQ(all.class_names[all.label[i]], from.class_names[from.label[k]]);
        EXPECT_EQ(all.group[i], i < 23 ? a.group[k] : b.group[k] + 12); // a has the groups 0..11
        EXPECT_EQ(first.count(all.group[i]), i < 23 ? 1u : 0u);
        EXPECT_EQ(all.frame(i)[3], from.frame(k)[3]);
        EXPECT_EQ(all.part[i], from.part[k]);
    }
}

TEST(Joined, HasASplitOnlyIfAllHave)
{
    EXPECT_TRUE(join(small_dataset(2), small_dataset(2))->has_split());
    EXPECT_FALSE(join(small_dataset(2), small_dataset(2), false)->has_split());
}

TEST(Joined, OneSourceKeepsItsGroups)
{
    Dataset dataset = small_dataset(4);
    dataset.group = { -5, 9, INT64_MAX, 9 };
    std::vector<NamedSource> one;
    one.push_back({ "a.h5", source(dataset) });
    EXPECT_EQ(gather(*concat(std::move(one))).group, dataset.group);
}

TEST(Joined, FramesAsTheyAreNeedNotAgreeOnBlocks)
{
    Dataset a = small_dataset(2), b = small_dataset(2);
    a.front_end.kind = b.front_end.kind = FrontEndSpec::Kind::as_is;
    b.front_end.block_length = 999;
    EXPECT_EQ(gather(*join(a, b)).size(), 4);
}

TEST(Joined, RefusesOtherFrontEndsAndGroupsThatCannotBeMoved)
{
    Dataset other = small_dataset(2, 32);
    other.front_end.scale = FrontEndSpec::Scale::unit_magnitude;
    EXPECT_EQ(message_of([&] { join(small_dataset(2, 16), other); }),
              "b.h5: front end differs from that of a.h5: found frame_length 32, scale \"unit_magnitude\", "
              "block_length 128, expected frame_length 16, scale \"unit_rms\", block_length 64");
    Dataset negative = small_dataset(9);
    negative.group[6] = -1;
    EXPECT_EQ(message_of([&] { gather(*join(small_dataset(3), negative)); }),
              "b.h5: group of frame 6 cannot be renumbered: found -1, expected 0 or more, and room above it");
}

TEST(CanonicalNames, AliasesBecomeNamesAndOneClassStaysOne)
{
    Dataset dataset = small_dataset(12);
    dataset.class_names = { "QAM16", "mystery", "16QAM" };
    const Dataset renamed = gather(*with_canonical_names(source(dataset)));
    EXPECT_EQ(renamed.class_names, (std::vector<std::string>{ "16QAM", "mystery" }));
    for (std::int64_t i = 0; i < dataset.size(); ++i)
        EXPECT_EQ(renamed.label[i], dataset.label[i] == 1 ? 1 : 0);
}

TEST(UnitRms, ScalesEveryFrameButSilence)
{
    Dataset dataset = small_dataset(9, 31);
    dataset.front_end.scale = FrontEndSpec::Scale::unit_magnitude;
    std::fill_n(dataset.frames.begin() + 4 * 62, 62, 0.0f);
    const Dataset scaled = gather(*scale_to_unit_rms(source(dataset)));
    EXPECT_EQ(scaled.front_end.scale, FrontEndSpec::Scale::unit_rms);
    for (std::int64_t i = 0; i < scaled.size(); ++i) {
        double power = 0.0;
        for (int k = 0; k < 62; ++k)
            power += static_cast<double>(scaled.frame(i)[k]) * scaled.frame(i)[k] / 31;
        EXPECT_NEAR(power, i == 4 ? 0.0 : 1.0, 0.0021); // the root within 0.001
    }
}

TEST(Selected, ClassesComeInTheOrderAskedFor)
{
    const Dataset dataset = small_dataset(30);
    Selection selection;
    selection.labels = { "QPSK", "noise" };
    const Dataset some = pick(dataset, selection);
    EXPECT_EQ(some.class_names, selection.labels);
    std::int64_t k = 0;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        if (dataset.label[i] == 1)
            continue;
        EXPECT_EQ(some.label[k], dataset.label[i] == 2 ? 0 : 1);
        EXPECT_EQ(some.group[k], dataset.group[i]);
        EXPECT_EQ(some.frame(k)[7], dataset.frame(i)[7]);
        ++k;
    }
    EXPECT_EQ(some.size(), k);
    selection.labels = { "QPSK", "9PSK" };
    EXPECT_EQ(message_of([&] { pick(dataset, selection); }),
              "labels: the frames have no such class: found 9PSK, expected noise, BPSK, QPSK");
}

TEST(Selected, SnrBoundsAreIncludedAndUnknownSnrPasses)
{
    Selection selection;
    selection.snr_low_db = 2.0;
    const Dataset some = pick(small_dataset(180), selection);
    EXPECT_EQ(some.size(), 120); // 0, 2 and unknown have 60 each
    selection.snr_low_db = 0.1;
    selection.snr_high_db = 1.9;
    for (const float snr : pick(small_dataset(180), selection).snr_db)
        EXPECT_TRUE(std::isnan(snr));
}

std::map<std::pair<int, std::optional<int>>, std::int64_t> cells(const Dataset& dataset)
{
    std::map<std::pair<int, std::optional<int>>, std::int64_t> counts;
    for (std::int64_t i = 0; i < dataset.size(); ++i)
        ++counts[{ dataset.label[i], cell_snr_db(dataset.snr_db[i]) }];
    return counts;
}

TEST(Selected, DrawsEachCellDownToTheNumberTheSameForTheSameSeed)
{
    const Dataset dataset = small_dataset(401);
    for (const std::int64_t most : { 1, 7, 44, 1000 }) {
        Selection selection;
        selection.frames_per_cell = most;
        const auto drawn = filter([&] { return source(dataset); }, selection);
        const auto announced = drawn->frame_count();
        const Dataset some = gather(*drawn);
        EXPECT_EQ(some.size(), announced);
        for (const auto& [cell, count] : cells(dataset))
            EXPECT_EQ(cells(some)[cell], std::min(count, most));
        EXPECT_EQ(pick(dataset, selection).frames, some.frames);
        selection.seed = 2;
        EXPECT_EQ(pick(dataset, selection).frames == some.frames, most == 1000);
    }
}

TEST(Selected, EveryFrameOfACellIsDrawnEquallyOften)
{
    Dataset dataset = small_dataset(20);
    std::fill(dataset.label.begin(), dataset.label.end(), 0);
    std::fill(dataset.snr_db.begin(), dataset.snr_db.end(), 4.0f);
    for (std::int64_t i = 0; i < 20; ++i)
        dataset.group[i] = i;
    std::vector<int> drawn(20, 0);
    Selection selection;
    selection.frames_per_cell = 5;
    for (selection.seed = 1; selection.seed <= 2000; ++selection.seed)
        for (const auto group : pick(dataset, selection).group)
            ++drawn[static_cast<std::size_t>(group)];
    for (const int count : drawn)
        EXPECT_NEAR(count, 500, 5 * 19.4); // 2000 draws of probability 1/4: sigma 19.4
}

} // namespace
} // namespace prunedamr::dataset
