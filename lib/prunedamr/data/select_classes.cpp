// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/data/select_classes.h"

#include "prunedamr/base/error.h"

#include <algorithm>

namespace prunedamr::data {
namespace {

constexpr std::int32_t kDropped = -1;

void check_names(const std::vector<std::string>& class_names, const std::vector<std::string>& names)
{
    std::string list;
    for (const std::string& known : class_names)
        list += (list.empty() ? "" : ", ") + known;
    if (names.empty())
        throw Error({ "no class is named", "classes", "", list });
    for (const std::string& name : names) {
        if (std::count(class_names.begin(), class_names.end(), name) == 0)
            throw Error({ "the frames have no such class", "classes", name, list });
        if (std::count(names.begin(), names.end(), name) > 1)
            throw Error({ "class named twice", "classes", name, "" });
    }
}

} // namespace

Dataset select_classes(const Dataset& dataset, const std::vector<std::string>& names)
{
    check_names(dataset.class_names, names);
    Dataset selected;
    selected.front_end = dataset.front_end;
    std::vector<std::int32_t> new_label;
    for (const std::string& name : dataset.class_names) {
        const bool stays = std::count(names.begin(), names.end(), name) > 0;
        new_label.push_back(stays ? static_cast<std::int32_t>(selected.class_names.size()) : kDropped);
        if (stays)
            selected.class_names.push_back(name);
    }
    selected.provenance = dataset.provenance;
    selected.provenance["classes"] = selected.class_names;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        const std::int32_t label = new_label[static_cast<std::size_t>(dataset.label[at])];
        if (label == kDropped)
            continue;
        selected.frames.insert(selected.frames.end(), dataset.frame(i), dataset.frame(i) + 2 * dataset.length());
        selected.label.push_back(label);
        selected.snr_db.push_back(dataset.snr_db[at]);
        selected.group.push_back(dataset.group[at]);
        selected.part.push_back(dataset.part[at]);
    }
    return selected;
}

} // namespace prunedamr::data
