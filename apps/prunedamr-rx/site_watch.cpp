// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/site_watch.h"

#include "apps/common/cli.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

namespace prunedamr::rx {
namespace {

constexpr std::size_t kMaxReference = 8 << 20; ///< bytes of a file

} // namespace

SiteWatch::SiteWatch(const Options& options, const model::ModelInfo& model) : is_quiet_(options.quiet)
{
    const std::string& wanted = options.drift;
    if (wanted == "none")
        return;
    const bool is_of_model = wanted == "model", is_file = !wanted.empty() && !is_of_model;
    stream::DriftConfig config;
    config.learn = learn_ = options.drift_learn;
    config.false_alarm_s = 86400.0 * options.drift_false_alarm_days;
    if (is_of_model && model.drift.empty())
        throw Error({ "the model has no reference of drift", model.name, "",
                      "a model that prunedamr calibrate has made, or --drift FILE, to learn what is usual here" });
    if (is_of_model)
        config.reference = stream::DriftReference::from_json(model.drift, "model " + model.name + ": drift");
    else if (is_file && std::filesystem::exists(wanted))
        config.reference = stream::DriftReference::from_json(read_file(wanted, kMaxReference), wanted);
    else if (is_file)
        check_writable(file_ = wanted);
    if (is_file && config.reference && config.reference->model() != model.name)
        cli::warn({ fmt::format("{}: it was learned with the model {}, not {}", wanted, config.reference->model(),
                                model.name) });
    watch_ = std::make_unique<stream::DriftWatch>(std::move(config));
    if (is_quiet_ || wanted.empty())
        return;
    cli::print(!file_.empty() ? fmt::format("Learning what is usual here from {} decisions", options.drift_learn)
                              : "Comparing labels with " + (is_of_model ? "the model's calibration" : wanted));
}

void SiteWatch::tell()
{
    if (!watch_)
        return;
    if (!file_.empty())
        if (const auto reference = watch_->reference()) {
            const std::string file = std::exchange(file_, {});
            try {
                write_text_atomically(file, reference->to_json() + "\n");
                if (!is_quiet_)
                    cli::print("Learned what is usual here: " + file);
            } catch (const Error& failure) { // labels go on
                cli::print(failure.what());
            }
        }
    if (const std::uint64_t told = watch_->status().told; told > told_) {
        told_ = told;
        cli::print("Labels are no longer what they were: see drift in the last ones");
    }
}

void SiteWatch::finish() const
{
    if (!file_.empty())
        cli::print(fmt::format("{}: not written: {} decisions of the {} that it takes to know what is usual", file_,
                               watch_->status().learned, learn_));
}

} // namespace prunedamr::rx
