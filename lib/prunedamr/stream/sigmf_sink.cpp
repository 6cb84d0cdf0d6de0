// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/version.h"
#include "prunedamr/stream/sinks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace prunedamr::stream {
namespace {

/// Neighboring intervals of one label and overlapping bands.
class Run
{
public:
    explicit Run(const LabelEvent& event)
        : start_(event.sample_start), label_(event.label.view()), model_(event.model.view())
    {
        add(event);
    }

    bool goes_on_with(const LabelEvent& event) const
    {
        const double apart_hz = std::abs(event.center_freq_hz - center_ / weight_);
        return event.label.view() == label_ && event.sample_start == end_ && event.model.view() == model_ &&
               apart_hz <= 0.5 * (event.bandwidth_hz + bandwidth_ / weight_);
    }

    bool is_over(const LabelEvent& next) const { return end_ < next.sample_start; }

    void add(const LabelEvent& event)
    {
        end_ = event.sample_start + event.sample_count;
        const auto weight = static_cast<double>(event.sample_count);
        weight_ += weight;
        center_ += weight * event.center_freq_hz;
        bandwidth_ += weight * event.bandwidth_hz;
        confidence_ += weight * static_cast<double>(event.confidence);
        if (const double found = error(event.measured); std::isfinite(found) && !(found >= error(measured_)))
            measured_ = event.measured;
        if (event.candidate_count > 0 && (system_.empty() || event.candidates[0].fits > system_fits_)) {
            system_ = event.candidates[0].system.view();
            system_fits_ = event.candidates[0].fits; // numbers stand in the high bits
        }
        if (std::isfinite(event.snr_db)) {
            snr_weight_ += weight;
            snr_ += weight * static_cast<double>(event.snr_db);
        }
    }

    recording::Annotation annotation() const
    {
        recording::Annotation result;
        result.sample_start = start_;
        result.sample_count = end_ - start_;
        result.label = label_;
        if (bandwidth_ > 0.0) {
            result.freq_lower_hz = (center_ - 0.5 * bandwidth_) / weight_;
            result.freq_upper_hz = (center_ + 0.5 * bandwidth_) / weight_;
        }
        result.comment = fmt::format("confidence {:.2f}", confidence_ / weight_);
        if (snr_weight_ > 0.0)
            result.comment += fmt::format(", SNR {:.1f} dB", snr_ / snr_weight_);
        if (const std::string measured = to_text(measured_); !measured.empty())
            result.comment += ", " + measured;
        if (!system_.empty())
            result.comment += ", maybe " + system_;
        result.generator = std::string(recording::Annotation::kOwnGenerator) + " " + kVersion + ", model " + model_;
        return result;
    }

private:
    /// The least relative error of what the modulation has, by which the best of several measurements is kept; NaN without one.
    static double error(const measure::Numbers& measured)
    {
        double least = std::numeric_limits<double>::quiet_NaN();
        for (const auto quantity : { measure::Quantity::symbol_rate_hz, measure::Quantity::chip_rate_hz,
                                     measure::Quantity::deviation_hz, measure::Quantity::depth })
            if (const auto& number = measured[quantity]; number && !(std::fabs(number->error / number->value) >= least))
                least = std::fabs(number->error / number->value);
        return least;
    }

    std::uint64_t start_, end_ = 0;
    std::string label_, model_;
    double weight_ = 0.0, center_ = 0.0, bandwidth_ = 0.0, confidence_ = 0.0; ///< sums over samples
    double snr_weight_ = 0.0, snr_ = 0.0;
    measure::Numbers measured_; ///< the most exact
    std::string system_;        ///< the first candidate of the event that most fitted
    std::uint32_t system_fits_ = 0;
};

class SigmfSink : public Sink
{
public:
    explicit SigmfSink(const recording::Annotating& annotating) : annotating_(annotating) { recording::check(annotating_); }

    void write(const LabelEvent& event) override
    {
        if (event.state == State::noise)
            return;
        open_.erase(std::remove_if(open_.begin(), open_.end(), [&](auto i) { return runs_[i].is_over(event); }),
                    open_.end());
        const auto same =
            std::find_if(open_.begin(), open_.end(), [&](auto i) { return runs_[i].goes_on_with(event); });
        if (same != open_.end())
            return runs_[*same].add(event);
        open_.push_back(runs_.size());
        runs_.emplace_back(event);
    }

    void finish() override
    {
        std::vector<recording::Annotation> annotations;
        for (const Run& run : runs_)
            annotations.push_back(run.annotation());
        recording::annotate(annotating_, annotations, recording::Annotation::kOwnGenerator);
    }

private:
    recording::Annotating annotating_;
    std::vector<Run> runs_;
    std::vector<std::size_t> open_; ///< of runs_, those that the next event may go on with: of a band several
};

} // namespace

recording::Annotation annotation_of(const LabelEvent& event)
{
    return Run(event).annotation();
}

std::unique_ptr<Sink> make_sigmf_sink(const recording::Annotating& annotating)
{
    return std::make_unique<SigmfSink>(annotating);
}

} // namespace prunedamr::stream
