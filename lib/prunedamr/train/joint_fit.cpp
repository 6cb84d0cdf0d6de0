// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/joint_fit.h"

#include "prunedamr/train/data_parallel.h"
#include "prunedamr/train/settings.h"

namespace prunedamr::train {
namespace {

const std::string kDismissed; // in place of settings

nlohmann::json settings_of(FitConfig config)
{
    nlohmann::json all = { { "seed", config.seed },
                           { "checkpoint", config.checkpoint },
                           { "resume", config.resume },
                           { "has_teacher", config.teacher != nullptr } };
    for (const NumberSetting& setting : number_settings())
        std::visit([&](const auto* value) { all[setting.name] = *value; }, setting.in(config));
    for (const ChoiceSetting& setting : choice_settings())
        all[setting.name] = setting.in(config);
    return all;
}

void take_settings(const nlohmann::json& all, FitConfig& config)
{
    const int threads = config.threads; // a matter of the machine
    for (const NumberSetting& setting : number_settings())
        std::visit([&](auto* value) { all.at(setting.name).get_to(*value); }, setting.in(config));
    for (const ChoiceSetting& setting : choice_settings())
        all.at(setting.name).get_to(setting.in(config));
    config.threads = threads;
    all.at("seed").get_to(config.seed);
    all.at("checkpoint").get_to(config.checkpoint);
    all.at("resume").get_to(config.resume);
}

} // namespace

bool join_fit(graph::Network& network, FitConfig& config)
{
    const ProcessGroup& processes = config.processes;
    if (processes.size() == 1)
        return true;
    std::string text = processes.leads() ? settings_of(config).dump() : "";
    processes.broadcast(text);
    if (text == kDismissed)
        return false;
    const nlohmann::json settings = nlohmann::json::parse(text);
    take_settings(settings, config);
    network = network_of_leader(network, processes);
    if (settings.at("has_teacher").get<bool>())
        config.teacher = std::make_shared<const graph::Network>(
            network_of_leader(config.teacher ? *config.teacher : graph::Network(), processes));
    else
        config.teacher = nullptr;
    return true;
}

void dismiss(const ProcessGroup& processes)
{
    std::string text = kDismissed;
    processes.broadcast(text);
    processes.finish();
}

} // namespace prunedamr::train
