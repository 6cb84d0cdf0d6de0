// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/stage.h"

namespace prunedamr::synth {
namespace {

const std::vector<Maker<Stage>>& makers()
{
    static const std::vector<Maker<Stage>> all = [] {
        std::vector<Maker<Stage>> joined;
        for (const auto& group : { channel_stages(), band_stages(), receiver_stages() })
            joined.insert(joined.end(), group.begin(), group.end());
        return joined;
    }();
    return all;
}

} // namespace

const std::vector<std::string>& stage_names()
{
    static const std::vector<std::string> names = names_of(makers());
    return names;
}

std::unique_ptr<Stage> make_stage(const std::string& name, JsonObject& fields)
{
    return make_named(makers(), "stage", name, fields);
}

} // namespace prunedamr::synth
