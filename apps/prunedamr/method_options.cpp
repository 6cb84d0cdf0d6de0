// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/method_options.h"

#include "apps/common/cli.h"
#include "prunedamr/base/error.h"
#include "prunedamr/prune/consensus/consensus.h"

namespace prunedamr::tool {
namespace {

void add_psr_options(CLI::App& command, prune::PsrConfig& psr)
{
    auto* group = command.add_option_group("psr", "layer blocks");
    group->add_option("--max-blocks", psr.max_blocks, "most blocks of the partition")->capture_default_str();
    group->add_option("--blocks", psr.blocks, "exactly so many blocks (0: chosen by loss drop)")
        ->capture_default_str();
    group
        ->add_option_function<std::string>(
            "--partition-rule",
            [&psr](const std::string& name) { psr.partition_rule = prune::partition_rule(name); },
            "optimal (default), paper-code as its authors wrote it, equal or random runs (ablations)")
        ->check(CLI::IsMember({ "optimal", "paper-code", "equal", "random" }));
    std::vector<std::string> scores;
    std::string score_help = "score of the selection:";
    for (const auto& score : prune::training_free_scores()) {
        scores.push_back(score.name);
        score_help += std::string("\n  ") + score.name + ": " + score.description;
    }
    group->add_option("--score", psr.score, score_help)->capture_default_str()->check(CLI::IsMember(scores));
    group
        ->add_option_function<std::string>(
            "--selection-rule", [&psr](const std::string& name) { psr.paper_selection = name == "paper-code"; },
            "clean (default), or paper-code as its authors wrote it")
        ->check(CLI::IsMember({ "clean", "paper-code" }));
}

void add_odf2nna_options(CLI::App& command, prune::OdfOptions& odf2nna)
{
    using Of = prune::OdfOptions::Of;
    auto* group = command.add_option_group("odf2nna", "units that hardly vary");
    group->add_option_function<std::string>(
        "--epsilon",
        [&odf2nna](const std::string& text) {
            try {
                odf2nna.epsilons = prune::parse_epsilons(text);
            } catch (const Error& error) {
                throw CLI::ValidationError("--epsilon", error.what());
            }
        },
        "fraction of the layer's largest variability below which a unit goes, in place of a budget; \"sweep\" or a "
        "list such as 0.01,0.05,0.1 shows accuracy against size for each")
        ->type_name("NUMBERS");
    static const std::map<std::string, Of> kinds = { { "dense", Of::dense },
                                                     { "channels", Of::channels },
                                                     { "all", Of::all } };
    group
        ->add_option_function<std::string>(
            "--layers", [&odf2nna](const std::string& kind) { odf2nna.of = kinds.at(kind); }, "layers to thin")
        ->default_str("all")
        ->check(CLI::IsMember({ "dense", "channels", "all" }));
}

void add_labeled_options(CLI::App& command, prune::MethodOptions& options)
{
    auto* group = command.add_option_group("catro, lcp", "scores from labeled frames");
    group
        ->add_option_function<int>(
            "--samples-per-class",
            [&options](int samples) {
                options.catro.samples_per_class = samples;
                options.baseline.samples_per_class = samples;
            },
            "frames of the train part per class (default 100)")
        ->check(CLI::Range(2, 1000000));
}

void add_baseline_options(CLI::App& command, prune::BaselineOptions& baseline)
{
    auto* group = command.add_option_group("random, l1, fpgm, bnp, lcp", "baselines");
    group
        ->add_option_function<std::string>(
            "--part", [&baseline](const std::string& name) { baseline.part = prune::part_named(name); },
            "what goes: units (default, but for fpgm) or channels (random, l1, bnp, fpgm)")
        ->check(CLI::IsMember({ "units", "channels" }));
}

void add_rl_options(CLI::App& command, prune::RlOptions& rl)
{
    auto* group = command.add_option_group("rl", "filters by a learned distribution");
    const auto add = [group](const char* name, auto& value, const char* help) {
        group->add_option(name, value, help)->capture_default_str();
    };
    add("--rl-step", rl.step, "fraction of all filters removed in a step");
    add("--rl-rounds", rl.search.rounds, "times that the policy may learn in a step");
    add("--rl-branches", rl.search.branches, "actions tried in a round, size of the replay buffer");
    add("--rl-depth", rl.search.depth, "steps that a trajectory looks ahead; work grows by branches for each");
    add("--rl-sigma", rl.search.sigma, "noise of actions");
    add("--rl-lambda", rl.search.rate, "rate of the policy's learning");
    add("--rl-gamma", rl.search.discount, "discount of later rewards");
    add("--rl-delta", rl.search.clip, "largest relative change of a fraction of the policy");
    add("--rl-epsilon", rl.epsilon, "chance of a random choice in the first step, falling");
    add("--rl-alpha", rl.flops_weight, "reward for FLOPs cut (the paper: 0 or 0.25)");
    add("--rl-beta", rl.params_weight, "reward for parameters cut (the paper: 0 or 0.25)");
    add("--latency-weight", rl.latency_weight, "reward for measured latency cut");
    add("--reward-frames", rl.reward_frames, "validation frames that candidates are judged by");
    add("--calibration-frames", rl.calibration_frames, "train frames of the Taylor scores");
    add("--distill-every", rl.distill_every, "steps between distillations from the original; 0: none");
    add("--distill-epochs", rl.distill_epochs, "epochs of each of these distillations");
    add("--rl-temperature", rl.distill_temperature, "of these distillations");
    add("--rl-label-weight", rl.label_weight, "fraction of the labels beside the teacher in these distillations");
}

void add_consensus_options(CLI::App& command, prune::ConsensusConfig& consensus)
{
    auto* group = command.add_option_group("consensus", "units one by one");
    cli::add_list(*group, "--distances", consensus.distances,
                  "some of the distances, joined by commas (default: all)")
        ->check(CLI::IsMember(prune::distance_names()));
    group->add_option("--consensus-samples", consensus.samples, "training frames that the distances are taken over")
        ->capture_default_str();
    group->add_option("--epochs-per-step", consensus.epochs_per_step, "fine-tuning between two units (0: none)")
        ->capture_default_str();
    group->add_option("--min-units", consensus.min_units, "units of every stage that stay")->capture_default_str();
    group
        ->add_option("--stability-sets", consensus.stability_sets,
                     "disjoint sets of frames on which the first ranking is repeated and compared (0: none)")
        ->capture_default_str();
}

} // namespace

void add_method_options(CLI::App& command, prune::MethodOptions& options)
{
    add_psr_options(command, options.psr);
    add_odf2nna_options(command, options.odf2nna);
    add_labeled_options(command, options);
    add_baseline_options(command, options.baseline);
    add_rl_options(command, options.rl);
    add_consensus_options(command, options.consensus);
}

} // namespace prunedamr::tool
