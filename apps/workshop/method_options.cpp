// SPDX-License-Identifier: GPL-3.0-or-later
#include "method_options.h"

namespace prunedamr::workshop {
namespace {

void add_psr_options(CLI::App& verb, prune::PsrConfig& psr)
{
    auto* group = verb.add_option_group("psr", "layer blocks");
    group->add_option("--max-blocks", psr.max_blocks, "most blocks of the partition")->capture_default_str();
    group->add_option("--blocks", psr.blocks, "exactly so many blocks (0: chosen by loss drop)")
        ->capture_default_str();
    group
        ->add_option_function<std::string>(
            "--partition-rule",
            [&psr](const std::string& name) { psr.partition_rule = prune::partition_rule(name); },
            "optimal (default), or paper-code as its authors wrote it")
        ->check(CLI::IsMember({ "optimal", "paper-code" }));
    group
        ->add_option_function<std::string>(
            "--selection-rule", [&psr](const std::string& name) { psr.paper_selection = name == "paper-code"; },
            "clean (default), or paper-code as its authors wrote it")
        ->check(CLI::IsMember({ "clean", "paper-code" }));
}

} // namespace

void add_method_options(CLI::App& verb, prune::MethodOptions& options)
{
    add_psr_options(verb, options.psr);
}

} // namespace prunedamr::workshop
