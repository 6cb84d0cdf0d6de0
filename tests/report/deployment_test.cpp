// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/deployment.h"
#include "tests/support/expect_error.h"

#include <gtest/gtest.h>

namespace prunedamr::report {
namespace {

Deployment plan()
{
    Deployment plan;
    plan.candidates = { { "small", {}, {} } };
    plan.receivers = 10;
    plan.decisions_per_s = 2;
    plan.frames_per_decision = 4;
    plan.updates_per_year = 6;
    plan.link_bit_per_s = 9600;
    plan.prices = { 0.001, 0.5, 3.0, 20.0 };
    return plan;
}

Measured measured()
{
    Measured measured;
    measured.name = "small";
    measured.accuracy = 0.6;
    measured.cost = 0.25;
    measured.latency_us = 80;
    measured.memory_bytes = 2e6;
    measured.update_bytes = 48000;
    measured.millijoules_per_frame = 0.9;
    measured.training_hours = 0.5;
    return measured;
}

} // namespace

TEST(Deployment, AYearOfAllReceiversIsWeighedInOneUnit)
{
    const Weighed row = weigh(plan(), measured());
    const double decisions = 10 * 2 * 365.25 * 86400;
    EXPECT_NEAR(row.mistakes, decisions * 0.25 * 0.001, 1e-6);
    EXPECT_NEAR(*row.energy, decisions * 4 * 0.9e-3 / 3.6e6 * 0.5, 1e-9);
    EXPECT_NEAR(row.link, 10 * 6 * 0.048 * 3.0, 1e-9);
    EXPECT_NEAR(*row.training, 6 * 0.5 * 20, 1e-9);
    EXPECT_NEAR(row.total, row.mistakes + *row.energy + row.link + *row.training, 1e-6);
    EXPECT_NEAR(row.update_s, 40.0, 1e-9);
    EXPECT_EQ(row.over, "");
}

TEST(Deployment, WhatIsNotKnownIsNotCounted)
{
    Measured unknown = measured();
    unknown.millijoules_per_frame.reset();
    unknown.training_hours.reset();
    const Weighed row = weigh(plan(), unknown);
    EXPECT_FALSE(row.energy || row.training);
    EXPECT_NEAR(row.total, row.mistakes + row.link, 1e-6);
    EXPECT_NE(deployment_page(plan(), { row }, "a board").find("not known"), std::string::npos);
}

TEST(Deployment, WhoHoldsTheLimitsComesFirst)
{
    Deployment limited = plan();
    limited.limits.latency_us = 50;
    limited.limits.update_s = 39;
    Measured slow = measured(), quick = measured();
    quick.name = "quick";
    quick.latency_us = 40;
    quick.update_bytes = 1000;
    quick.cost = 0.5;
    const std::vector<Weighed> rows = { weigh(limited, slow), weigh(limited, quick) };
    EXPECT_EQ(rows[0].over, "latency, time of an update");
    EXPECT_EQ(rows[1].over, "");
    EXPECT_GT(rows[1].total, rows[0].total);
    EXPECT_EQ(ranked(rows), (std::vector<std::size_t>{ 1, 0 }));
    const std::string page = deployment_page(limited, rows, "a board");
    EXPECT_LT(page.find("quick"), page.find("over: latency"));
}

TEST(Deployment, APlanIsReadKeyByKey)
{
    const Deployment read = read_deployment(R"({"models": ["a", {"model": "b", "training_hours": 2}], "receivers": 5,
        "prices": {"mistake": 1}, "limits": {"latency_us": 7}, "cost_matrix": {"OOK": {"CW": 0}}})", "plan.json");
    ASSERT_EQ(read.candidates.size(), 2U);
    EXPECT_EQ(read.base, "a");
    EXPECT_EQ(*read.candidates[1].training_hours, 2.0);
    EXPECT_EQ(read.receivers, 5.0);
    EXPECT_EQ(read.prices.mistake, 1.0);
    EXPECT_EQ(*read.limits.latency_us, 7.0);
    EXPECT_NE(read.cost_matrix.find("OOK"), std::string::npos);
}

TEST(Deployment, ASlipInAPlanIsNamed)
{
    EXPECT_ERROR(read_deployment(R"({"models": []})", "plan.json"), "models");
    EXPECT_ERROR(read_deployment(R"({"models": ["a"], "price": {}})", "plan.json"), "price");
    EXPECT_ERROR(read_deployment(R"({"models": ["a"], "prices": {"mistakes": 1}})", "plan.json"), "mistakes");
    EXPECT_ERROR(read_deployment(R"({"models": ["a"], "receivers": -1})", "plan.json"), "receivers");
    EXPECT_ERROR(read_deployment(R"({"models": [{"name": "a"}]})", "plan.json"), "model");
}

} // namespace prunedamr::report
