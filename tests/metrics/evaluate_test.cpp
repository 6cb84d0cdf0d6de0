// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/evaluate.h"

#include "tests/metrics/toy_evaluation.h"
#include "tests/support/expect_error.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace prunedamr;
using test::expect_error;

TEST(Evaluation, EqualsThePlainReferenceWhateverTheBatch)
{
    const dataset::Dataset dataset = test::tones(37);
    const graph::Network network = test::tiny_network();
    const auto indices = dataset.indices(dataset::Split::test);
    std::vector<std::vector<std::int64_t>> confusion(3, std::vector<std::int64_t>(3));
    for (const std::int64_t i : indices) {
        const auto logits = test::reference_logits(network, dataset, i);
        const auto predicted = std::max_element(logits.begin(), logits.end()) - logits.begin();
        ++confusion[static_cast<std::size_t>(dataset.label[static_cast<std::size_t>(i)])]
                   [static_cast<std::size_t>(predicted)];
    }
    for (const int batch : { 1, 7, 256 }) {
        engine::EngineConfig config;
        config.max_batch = batch;
        const auto found = metrics::evaluate(metrics::engine_runner(network, config), dataset, indices);
        EXPECT_EQ(metrics::scores_of(found).confusion(), confusion);
        ASSERT_EQ(found.logits.count(), indices.size());
        for (std::size_t i = 0; i < indices.size(); ++i) {
            const auto expected = test::reference_logits(network, dataset, indices[i]);
            for (std::size_t c = 0; c < expected.size(); ++c)
                EXPECT_NEAR(found.logits.row(i)[c], expected[c], 1e-4) << i;
            EXPECT_EQ(found.groups[i], dataset.group[static_cast<std::size_t>(indices[i])]);
        }
    }
}

TEST(Evaluation, RunsEachFrameOnceInFullBatches)
{
    const dataset::Dataset dataset = test::tones(7); // 21 frames
    std::vector<int> batches;
    const metrics::Runner counting{ [&](const float* frames, int batch, float* logits) {
                                       batches.push_back(batch);
                                       for (int i = 0; i < batch; ++i)
                                           for (int c = 0; c < 3; ++c)
                                               logits[3 * i + c] = frames[i * 64] * static_cast<float>(c);
                                   },
                                    32, 3, 8 };
    const auto found = metrics::evaluate(counting, dataset, test::all_of(dataset));
    EXPECT_EQ(batches, (std::vector<int>{ 8, 8, 5 }));
    EXPECT_EQ(found.logits.row(20)[2], 2.0F * dataset.frame(20)[0]);
}

TEST(Evaluation, OfNoFramesIsEmpty)
{
    const auto found = metrics::evaluate(metrics::engine_runner(test::tiny_network()), test::tones(2),
                                         std::vector<std::int64_t>{});
    EXPECT_TRUE(found.empty());
    EXPECT_EQ(metrics::scores_of(found).count(), 0);
}

TEST(Evaluation, ComparesDecisionsFrameByFrame)
{
    metrics::Evaluation before;
    before.class_names = { "A", "B" };
    before.logits = { 2, { 1, 0, 0, 1, 1, 0 } };
    before.labels = { 0, 0, 0 };
    before.snr_db = { 0, 0, 0 };
    before.groups = { 1, 2, 3 };
    metrics::Evaluation after = before;
    after.logits.values = { 1, 0, 1, 0, 1, 0 };
    const auto change = metrics::compare(before, after);
    EXPECT_EQ(change.count(), 3);
    EXPECT_DOUBLE_EQ(change.accuracy(), 1.0 / 3);
    EXPECT_DOUBLE_EQ(change.differing(), 1.0 / 3);
    after.labels[1] = 1;
    expect_error([&] { metrics::compare(before, after); }, "compared on different frames");
}

TEST(Decisions, TheFirstOfEqualLogitsWins)
{
    EXPECT_EQ(metrics::decisions({ 3, { 0, 2, 2, 5, 5, 1 } }), (std::vector<std::int32_t>{ 1, 0 }));
    EXPECT_TRUE(metrics::decisions({}).empty());
}
