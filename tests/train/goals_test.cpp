// SPDX-License-Identifier: GPL-3.0-or-later
// Recall constraints, labeled frames and schedules: what a run is asked for.
#include "prunedamr/train/validation.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/optimizer.h"

#include "tests/support/expect_error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <set>

using namespace prunedamr;
using test::expect_error;

namespace {

/// Fields only: `cells[i]` frames of class i % 2 for each SNR 0, 2, 4 ... and 5 frames of unknown SNR.
dataset::Dataset cells(int snrs, int per_cell)
{
    dataset::Dataset dataset;
    dataset.class_names = { "BPSK", "a=b" };
    for (int label = 0; label < 2; ++label)
        for (int snr = 0; snr < snrs; ++snr)
            for (int i = 0; i < per_cell; ++i) {
                dataset.label.push_back(label);
                dataset.snr_db.push_back(2.0f * static_cast<float>(snr));
            }
    for (int i = 0; i < 5; ++i) {
        dataset.label.push_back(0);
        dataset.snr_db.push_back(NAN);
    }
    return dataset;
}

std::vector<std::int64_t> all_of(const dataset::Dataset& dataset)
{
    std::vector<std::int64_t> indices(dataset.label.size());
    std::iota(indices.begin(), indices.end(), 0);
    return indices;
}

} // namespace

TEST(RecallConstraint, IsReadAndWrittenInOneForm)
{
    const train::RecallConstraint constraint = train::parse_recall_constraint("BPSK=95%@10dB");
    EXPECT_EQ(constraint.class_name, "BPSK");
    EXPECT_DOUBLE_EQ(constraint.recall, 0.95);
    EXPECT_DOUBLE_EQ(*constraint.snr_db, 10.0);
    for (const char* text : { "BPSK=95%@10dB", "16QAM=99.5%", "a=b=1%@-4dB", "pi/4-DQPSK=100%@0.5dB" })
        EXPECT_EQ(train::to_text(train::parse_recall_constraint(text)), text);
    EXPECT_EQ(train::parse_recall_constraint("a=b=1%").class_name, "a=b");
    EXPECT_FALSE(train::parse_recall_constraint("BPSK=95%").snr_db);
}

TEST(RecallConstraint, OtherFormsAreRefusedByTheText)
{
    for (const char* text :
         { "", "BPSK", "=95%", "BPSK=", "BPSK=95", "BPSK=%", "BPSK=0%", "BPSK=101%", "BPSK=x%", "BPSK=95%@",
           "BPSK=95%@dB", "BPSK=95%@10", "BPSK=95%10dB", "BPSK=nan%", "BPSK=95%@infdB" })
        expect_error([&] { train::parse_recall_constraint(text); }, "expected CLASS=PERCENT% or CLASS=PERCENT%@SNRdB");
    expect_error([] { train::parse_recall_constraint("BPSK=95"); }, "found BPSK=95");
}

TEST(RecallConstraint, RecallsCountTheCellsFromTheSnrOn)
{
    const dataset::Dataset dataset = cells(4, 10); // 0, 2, 4, 6 dB
    const std::vector<train::RecallConstraint> recall_constraints = { train::parse_recall_constraint("BPSK=50%"), train::parse_recall_constraint("BPSK=50%@4dB"),
                                               train::parse_recall_constraint("BPSK=50%@3.5dB"),
                                               train::parse_recall_constraint("a=b=50%@6dB") };
    const train::RecallMeter meter(recall_constraints, dataset, all_of(dataset));
    std::vector<std::int64_t> predicted(dataset.label.size(), 0);
    for (std::size_t i = 20; i < 25; ++i) // a quarter of the 4 and 6 dB frames of BPSK
        predicted[i] = 1;
    const std::vector<double> recalls = meter.recalls(predicted);
    EXPECT_DOUBLE_EQ(recalls[0], 40.0 / 45.0);
    EXPECT_DOUBLE_EQ(recalls[1], 0.75);
    EXPECT_DOUBLE_EQ(recalls[2], 0.75);
    EXPECT_DOUBLE_EQ(recalls[3], 0.0);
    EXPECT_DOUBLE_EQ(train::missing_recall(recall_constraints, recalls), 0.5);
    EXPECT_DOUBLE_EQ(train::missing_recall({}, {}), 0.0);
    train::check_recall_constraints({ recall_constraints[1] }, { 0.5 });
    expect_error(
        [&] { train::check_recall_constraints(recall_constraints, recalls); },
        "a=b: recall on validation data is too low: found 0%, expected a=b=50%@6dB");
}

TEST(RecallConstraint, ThatCannotBeMeasuredIsRefused)
{
    const dataset::Dataset dataset = cells(2, 3);
    expect_error([&] { train::RecallMeter({ train::parse_recall_constraint("8PSK=50%") }, dataset, all_of(dataset)); },
                 "8PSK=50%: recall constraint on a class that the data set lacks");
    expect_error([&] { train::RecallMeter({ train::parse_recall_constraint("BPSK=50%@20dB") }, dataset, all_of(dataset)); },
                 "BPSK=50%@20dB: no validation frames");
    expect_error([&] { train::RecallMeter({ train::parse_recall_constraint("BPSK=50%") }, dataset, {}); },
                 "no validation frames");
}

TEST(RecallConstraint, WeightsRiseWhileAClassIsBelowAndStayAfterwards)
{
    const std::vector<train::RecallConstraint> recall_constraints = { train::parse_recall_constraint("B=90%"), train::parse_recall_constraint("B=95%@4dB"),
                                               train::parse_recall_constraint("C=50%") };
    const std::vector<std::string> names = { "A", "B", "C" };
    using Rows = std::vector<std::vector<double>>;
    EXPECT_EQ(train::class_weights(recall_constraints, names, {}), (std::vector<double>{ 1, 1, 1 }));
    EXPECT_EQ(train::class_weights(recall_constraints, names, Rows{ { 0.8, 0.8, 0.6 } }), (std::vector<double>{ 1, 1.25, 1 }));
    EXPECT_EQ(
        train::class_weights(recall_constraints, names, Rows{ { 0.8, 0.8, 0.6 }, { 0.9, 0.94, 0.5 }, { 0.9, 0.95, 0.4 } }),
        (std::vector<double>{ 1, 1.5625, 1.25 }));
    EXPECT_EQ(train::class_weights(recall_constraints, names, Rows(100, { 0.0, 0.0, 1.0 })), (std::vector<double>{ 1, 20, 1 }));
}

TEST(Labeled, AreSpreadOverTheCells)
{
    const dataset::Dataset dataset = cells(4, 10);
    const auto chosen = train::choose_labeled(dataset, all_of(dataset), 22, 1);
    EXPECT_EQ(chosen.size(), 44u);
    EXPECT_EQ(std::set<std::int64_t>(chosen.begin(), chosen.end()).size(), 44u);
    std::map<std::pair<int, int>, int> counts; // class 0 has the cells of 4 SNRs and the unknown one
    for (const std::int64_t index : chosen) {
        const auto i = static_cast<std::size_t>(index);
        ++counts[{ dataset.label[i], dataset::cell_snr_db(dataset.snr_db[i]).value_or(-100) }];
    }
    EXPECT_EQ(counts.size(), 9u);
    for (const auto& [cell, count] : counts)
        EXPECT_NEAR(count, cell.first == 0 ? 4.4 : 5.5, 0.6);
}

TEST(Labeled, FollowTheSeedAndTakeAllWhereThereAreFewer)
{
    const dataset::Dataset dataset = cells(3, 4);
    const auto indices = all_of(dataset);
    EXPECT_EQ(train::choose_labeled(dataset, indices, 5, 1), train::choose_labeled(dataset, indices, 5, 1));
    EXPECT_NE(train::choose_labeled(dataset, indices, 5, 1), train::choose_labeled(dataset, indices, 5, 2));
    EXPECT_EQ(train::choose_labeled(dataset, indices, 1000, 1), indices);
    EXPECT_EQ(train::choose_labeled(dataset, indices, 1, 1).size(), 2u);
    EXPECT_TRUE(train::choose_labeled(dataset, {}, 5, 1).empty());
}

TEST(Schedule, HasItsClosedForms)
{
    train::FitConfig config;
    config.learning_rate = 0.5;
    config.epochs = 12;
    config.step_epochs = 3;
    config.step_factor = 0.1;
    for (const double done : { 0.0, 0.5, 2.9, 3.0, 7.5, 11.9 }) {
        config.schedule = "step";
        EXPECT_DOUBLE_EQ(train::learning_rate(config, done), 0.5 * std::pow(0.1, std::floor(done / 3)));
        config.schedule = "cosine";
        EXPECT_DOUBLE_EQ(train::learning_rate(config, done), 0.25 * (1 + std::cos(M_PI * done / 12)));
        config.schedule = "constant";
        EXPECT_DOUBLE_EQ(train::learning_rate(config, done), 0.5);
    }
}

TEST(Schedule, BeginsAfterTheWarmUp)
{
    train::FitConfig config;
    config.learning_rate = 1.0;
    config.epochs = 10;
    config.warmup_epochs = 2;
    for (const char* schedule : { "step", "cosine", "constant" }) {
        config.schedule = schedule;
        EXPECT_DOUBLE_EQ(train::learning_rate(config, 0.0), 0.01);
        EXPECT_DOUBLE_EQ(train::learning_rate(config, 1.0), 0.505);
        EXPECT_DOUBLE_EQ(train::learning_rate(config, 2.0), 1.0);
    }
    config.schedule = "cosine";
    EXPECT_DOUBLE_EQ(train::learning_rate(config, 6.0), 0.5);
}
