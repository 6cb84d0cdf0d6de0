// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/attack.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/progress.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/evaluate.h"
#include "prunedamr/train/gradient_attack.h"
#include "prunedamr/train/augment.h"
#include "prunedamr/train/settings.h"

#include <fmt/format.h>

#include <cmath>
#include <sstream>

namespace prunedamr::train {
namespace {

using Kind = Attack::Kind;

struct Form {
    const char* name;
    Kind kind;
    Attack::Norm norm;
};
constexpr Form kForms[] = {
    { "fgsm", Kind::fgsm, Attack::Norm::l2 },
    { "fgsm-linf", Kind::fgsm, Attack::Norm::linf },
    { "pgd", Kind::pgd, Attack::Norm::l2 },
    { "pgd-linf", Kind::pgd, Attack::Norm::linf },
    { "noise", Kind::noise, Attack::Norm::l2 },
    { "offset", Kind::offset, Attack::Norm::l2 },
    { "phase-noise", Kind::phase_noise, Attack::Norm::l2 },
};

const Form* form_named(const std::string& name)
{
    for (const Form& form : kForms)
        if (name == form.name)
            return &form;
    return nullptr;
}

const Form& form_of(const Attack& attack)
{
    for (const Form& form : kForms)
        if (form.kind == attack.kind && form.norm == attack.norm)
            return form;
    PRUNEDAMR_CHECK(false, "an attack has one of the forms");
    return kForms[0];
}

/// Between low and high, both included; NaN is not.
bool within(double value, double low, double high)
{
    return value >= low && value <= high;
}

/// The part after the first colon; false where it is no value of this kind.
bool read_level(Attack& attack, const std::string& text)
{
    if (attack.kind == Kind::offset) {
        attack.offset = number_in(text);
        return within(attack.offset, 0.0, 0.5);
    }
    attack.level_db = number_in(without_unit(text, "dB"));
    return within(attack.level_db, -100.0, 20.0);
}

bool read_steps(Attack& attack, const std::string& text)
{
    const double steps = number_in(text);
    if (attack.kind != Kind::pgd || !within(steps, 1, 1000) || steps != std::floor(steps))
        return false;
    attack.steps = static_cast<int>(steps);
    return true;
}

} // namespace

Attack parse_attack(const std::string& text)
{
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, ':');)
        parts.push_back(part);
    const Form* form = parts.empty() ? nullptr : form_named(parts[0]);
    Attack attack;
    if (form) {
        attack.kind = form->kind;
        attack.norm = form->norm;
    }
    const bool good = form && (parts.size() == 2 || parts.size() == 3) && read_level(attack, parts[1]) &&
                      (parts.size() == 2 || read_steps(attack, parts[2]));
    if (!good)
        throw Error({ "not an attack", "attack", text,
                      "fgsm:-20dB, pgd:-20dB:10, fgsm-linf:-20dB, pgd-linf:-20dB:10, noise:-20dB, offset:0.002 "
                      "(cycles per sample) or phase-noise:-20dB" });
    return attack;
}

std::string to_text(const Attack& attack)
{
    const char* name = form_of(attack).name;
    if (attack.kind == Kind::offset)
        return fmt::format("{}:{:.10g}", name, attack.offset);
    if (attack.kind == Kind::pgd)
        return fmt::format("{}:{:.10g}dB:{}", name, attack.level_db, attack.steps);
    return fmt::format("{}:{:.10g}dB", name, attack.level_db);
}

nlohmann::json to_json(const Attack& attack)
{
    nlohmann::json json;
    json["kind"] = form_of({ attack.kind, Attack::Norm::l2 }).name;
    if (attack.kind == Kind::offset)
        json["offset_cycles_per_sample"] = attack.offset;
    else
        json["level_db"] = attack.level_db;
    if (attack.needs_gradient())
        json["norm"] = attack.norm == Attack::Norm::l2 ? "l2" : "linf";
    if (attack.kind == Kind::pgd)
        json["steps"] = attack.steps;
    return json;
}

metrics::Scores attacked_scores(const graph::Network& network, const dataset::Dataset& dataset,
                             const std::vector<std::int64_t>& indices, const Attack& attack, std::uint64_t seed,
                             int batch)
{
    if (indices.empty())
        throw Error({ "no frames to attack", to_text(attack), "0", "at least 1" });
    check_compatible(network, dataset);
    nn::GraphModule module(without_detach(network));
    module.eval();
    const Rng rng(seed);
    metrics::Scores scores(dataset.class_names);
    Progress progress(to_text(attack), 1);
    for (std::size_t first = 0; first < indices.size(); first += static_cast<std::size_t>(batch)) {
        Batch part = gather(dataset, indices, first, static_cast<std::size_t>(batch));
        if (attack.needs_gradient())
            part.frames = attacked(module, part.frames, part.labels, attack);
        const torch::NoGradGuard no_grad;
        for (std::int64_t i = 0; i < part.labels.size(0) && !attack.needs_gradient(); ++i) {
            const auto index = static_cast<std::uint64_t>(indices[first + static_cast<std::size_t>(i)]);
            impair(part.frames.data_ptr<float>() + i * 2 * dataset.length(), dataset.front_end, attack,
                   rng.fork(index));
        }
        const torch::Tensor predicted = module.forward(part.frames).argmax(1);
        for (std::int64_t i = 0; i < part.labels.size(0); ++i) {
            const auto index = static_cast<std::size_t>(indices[first + static_cast<std::size_t>(i)]);
            scores.add(dataset.label[index], predicted[i].item<std::int32_t>(), dataset.snr_db[index]);
        }
        progress.within_step(static_cast<double>(first) / static_cast<double>(indices.size()));
    }
    progress.step_done(fmt::format("accuracy {:.2f} %", 100 * scores.accuracy()));
    return scores;
}

} // namespace prunedamr::train
