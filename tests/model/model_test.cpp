// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/model.h"

#include "prunedamr/graph/network_json.h"
#include "prunedamr/graph/reference.h"

#include "tests/graph/networks.h"
#include "tests/model/model_bytes.h"
#include "tests/model/models.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace prunedamr::model {
namespace {

using namespace graph;

void expect_invalid(const std::function<void(Model&)>& spoil, const std::string& message)
{
    Model model = tiny_model();
    spoil(model);
    EXPECT_ERROR(validate(model), message);
}

TEST(Model, InfoMustBeConsistent)
{
    EXPECT_NO_THROW(validate(tiny_model()));
    expect_invalid([](Model& m) { m.info.labels[1] = "BPSK"; }, "empty or repeated label: found 'BPSK'");
    expect_invalid([](Model& m) { m.info.families.pop_back(); }, "families do not match the labels");
    expect_invalid([](Model& m) { m.info.front_end.frame_length = 8; }, "'frame_length': found 8");
    expect_invalid([](Model& m) { m.info.decision.temperature = NAN; }, "bad decision temperature");
    expect_invalid([](Model& m) { m.info.decision.min_confidence = 1.5; }, "bad decision min_confidence");
    expect_invalid([](Model& m) { m.info.provenance = "3"; }, "provenance and accuracy must be JSON objects");
    expect_invalid([](Model& m) { m.info.accuracy = "{"; }, "provenance and accuracy must be JSON objects");
}

TEST(Model, InfoNetworkAndGoldenVectorMustFitEachOther)
{
    expect_invalid(
        [](Model& m) {
            m.info.labels.push_back("third");
            m.info.families.push_back("third");
        },
        "node 'fc': logits do not match the labels: found [2, 1, 1], expected [3, 1, 1]");
    expect_invalid([](Model& m) { m.info.front_end.frame_length = m.info.front_end.block_length = 17; },
                   "front end makes frames of another length than the network reads: found 17, expected 16");
    expect_invalid(
        [](Model& m) {
            m.golden.logits = { 1, 2 };
        },
        "golden vector has the wrong size: found 0 -> 2");
    expect_invalid([](Model& m) { m.network.tensors.erase("fc.bias"); }, "missing tensor 'fc.bias'");
}

TEST(Golden, FrameHasUnitRmsAndIsReproduced)
{
    Model model = tiny_model(), again = tiny_model();
    make_golden(model, 3);
    make_golden(again, 3);
    EXPECT_EQ(model.golden.input, again.golden.input);
    double energy = 0.0;
    for (const float value : model.golden.input)
        energy += static_cast<double>(value) * value;
    EXPECT_NEAR(energy / 16, 1.0, 1e-6);
    EXPECT_EQ(run_reference(model.network, model.golden.input), model.golden.logits);
}

TEST(Model, AnotherNetworkForgetsOldResultsAndKeepsTheRest)
{
    Model model = tiny_model();
    make_golden(model);
    model.info.accuracy = R"({"overall":0.5})";
    model.info.provenance = R"({"command":"train"})";
    const Model other = with_network(model, residual_net());
    EXPECT_TRUE(other.golden.input.empty());
    EXPECT_EQ(other.info.accuracy, "{}");
    EXPECT_EQ(other.info.provenance, model.info.provenance);
    EXPECT_EQ(other.info.labels, model.info.labels);
    EXPECT_EQ(graph::to_json(other.network), graph::to_json(residual_net()));
}

TEST(Model, KeptClassesKeepLabelsFamiliesAndLogits)
{
    Model model = model_of(residual_net());
    model.info.families = { "a", "b", "c" };
    const Model small = keep_classes(model, { "class2", "class0" });
    EXPECT_EQ(small.info.labels, (std::vector<std::string>{ "class0", "class2" }));
    EXPECT_EQ(small.info.families, (std::vector<std::string>{ "a", "c" }));
    const auto frames = noise_frames(model.network, 1, 4);
    const auto all = run_reference(model.network, frames), few = run_reference(small.network, frames);
    EXPECT_EQ(few, (std::vector<float>{ all[0], all[2] }));
    EXPECT_ERROR(keep_classes(model, { "class0", "QPSK" }),
                 "the model has no such class: found QPSK, expected class0, class1, class2");
    EXPECT_ERROR(keep_classes(model, { "class0", "class0" }), "class named twice: found class0");
    EXPECT_ERROR(keep_classes(model, { "class0" }), "too few classes to tell apart");
    EXPECT_ERROR(keep_classes(model, {}), "at least 2");
}

TEST(MakeModel, FamiliesComeFromTheTableOfClasses)
{
    NewModel wanted;
    wanted.arch = "amr_s";
    wanted.front_end.frame_length = 64;
    wanted.labels = { "8PSK", "16QAM", "my own" };
    const Model model = make_model(wanted);
    EXPECT_EQ(model.info.name, "amr_s");
    EXPECT_EQ(model.info.families, (std::vector<std::string>{ "PSK", "QAM", "my own" }));
    EXPECT_EQ(model.network.length, 64);
    EXPECT_EQ(model.network.classes(), 3);
    wanted.labels = { "8PSK" };
    EXPECT_ERROR(make_model(wanted), "too few labels");
    wanted.labels = { "8PSK", "16QAM" };
    wanted.front_end.frame_length = 15;
    EXPECT_ERROR(make_model(wanted), "'frame_length': found 15");
}

} // namespace
} // namespace prunedamr::model
