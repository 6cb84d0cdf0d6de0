// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/run_page.h"
#include "tests/report/well_formed.h"

namespace prunedamr::report {
namespace {

const std::string kRuns = std::string(PRUNEDAMR_SOURCE_DIR) + "/tests/report/runs/";

TEST(RunPage, HoldsTableAndEveryDrawing)
{
    const auto runs =
        read_runs({ kRuns + "base.json", kRuns + "psr.json", kRuns + "l1.json", kRuns + "bench.json" });
    const std::string page = run_page("Runs of <today>", runs);
    EXPECT_TRUE(well_formed(page));
    EXPECT_EQ(count_of(page, "Runs of &lt;today&gt;"), 2);
    EXPECT_EQ(count_of(page, "<tr>"), 1 + 3);
    EXPECT_EQ(count_of(page, "Confusion, %"), 3);
    EXPECT_EQ(count_of(page, "Training loss"), 3);
    EXPECT_EQ(count_of(page, "Similarity of units"), 1);
    EXPECT_EQ(count_of(page, "accuracy by SNR, before and after"), 2);
    EXPECT_EQ(count_of(page, "<section id=\"cost\">"), 1);
    EXPECT_EQ(count_of(page, "<section id=\"removed\">"), 1);
    EXPECT_EQ(count_of(page, "<section id=\"attacks\">"), 0); // nobody attacked
    EXPECT_EQ(count_of(page, "http"), count_of(page, "xmlns=\"http://www.w3.org/2000/svg\""));
    EXPECT_EQ(count_of(page, "<script") + count_of(page, "url(") + count_of(page, "@import"), 0);
}

TEST(RunPage, TheTableComparesWithTheBase)
{
    const auto runs = read_runs({ kRuns + "psr.json", kRuns + "bench.json" });
    const std::string table = run_table(runs);
    char accuracy[64], params[64];
    std::snprintf(accuracy, sizeof accuracy, "<td>%.2f<small>+%.2f</small></td>", 100 * runs[0].test->mean,
                  100 * (runs[0].test->mean - runs[0].base_test->mean));
    EXPECT_EQ(count_of(table, accuracy), 1) << table;
    std::snprintf(
        params, sizeof params, "<small>\u2212%.1f %%</small>",
        100 * (1.0 - static_cast<double>(runs[0].cost->params) / static_cast<double>(runs[0].base_cost->params)));
    EXPECT_GE(count_of(table, params), 1) << table;
    EXPECT_EQ(count_of(table, "25\u202f483"), 1);
}

TEST(RunPage, ARunThatSaysAlmostNothingHasARow)
{
    report::Run bare;
    bare.name = "a & b";
    bare.latency_us = 12.5;
    const std::string page = run_page("t", { bare });
    EXPECT_TRUE(well_formed(page));
    EXPECT_EQ(count_of(page, "<td>12.5</td>"), 1);
    EXPECT_EQ(count_of(page, "<svg"), 0);
}

TEST(RunPage, OddRunsAreDrawnToo)
{
    report::Run odd;
    odd.name = "odd";
    odd.cost = odd.base_cost = graph::Cost{};
    odd.test = odd.base_test = Accuracy{ 0.0, { { 0, 0.0 } }, { "A" }, { { 0.0 } } };
    odd.epochs = { {} };
    odd.removed_units = { "u" };
    odd.layers = { { "n", 1, 0 }, { "m", 2, 4 } };
    odd.similarities = { {}, { { "u" }, { { 1.0 } }, { 1 }, {} } };
    odd.attacks = { { "fgsm", -20, "dB", 0.5 }, { "pgd", -20, "dB", 0.1 } };
    odd.front = { { "a", { { "macs", 1 } }, 0.5, true }, { "b", { { "macs", 2 } }, 0.6, true } };
    const std::string page = run_page("t", { odd, odd });
    EXPECT_TRUE(well_formed(page));
    EXPECT_EQ(count_of(page, "Accuracy under pgd, %"), 1);
    EXPECT_EQ(count_of(page, "Channels kept, % (gray: their number)"), 1);
    EXPECT_EQ(count_of(page, "Search: validation accuracy, %"), 2);
}

} // namespace
} // namespace prunedamr::report
