// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/drift.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

namespace prunedamr::stream {
namespace {

using Histogram = DriftReference::Histogram;

constexpr double kErrors = 3.0;     ///< standard errors of a probability's upper limit,
constexpr double kTolerance = 0.01; ///< and what is too small a change to be told
constexpr double kMostLikely = 0.9; ///< of the limit: what is as good as sure cannot become more frequent
constexpr double kOdds[] = { 3.0, 12.0 };
constexpr double kTails[] = { 0.5, 0.25, 0.1, 0.02, 0.0 };
constexpr double kPart = 0.125;          ///< of the reference, that neighboring bins hold together
constexpr double kCalibrationRate = 1.0; ///< decisions a second, assumed
constexpr double kFewest = 1e4;          ///< decisions between false alarms
constexpr double kParts = 30.0;           ///< parts of the time between false alarms after which drift is over
constexpr double kRecent = 1.0 / 64;
constexpr std::size_t kQuestions = 12, kMostQuestions = 32; ///< of a quantity; of the label, which is one of all

constexpr const char* kHigher = "higher";
constexpr const char* kLower = "lower";
constexpr const char* kNarrower = "narrower";
constexpr const char* kNew = "new";   ///< where the reference has nothing
constexpr const char* kMore = "more"; ///< in one part of the reference

bool has_order(DriftQuantity quantity)
{
    return quantity != DriftQuantity::carrier && quantity != DriftQuantity::place &&
           quantity != DriftQuantity::label;
}

double total(const Histogram& counts)
{
    double sum = 0.0;
    for (const std::uint32_t count : counts)
        sum += count;
    return sum;
}

/// Upper limit of a probability of which `count` of `all` were seen (Wilson 1927).
double upper_limit(double count, double all)
{
    const double p = count / all, z2 = kErrors * kErrors;
    const double root = std::sqrt(p * (1.0 - p) / all + z2 / (4.0 * all * all));
    return (p + z2 / (2.0 * all) + kErrors * root) / (1.0 + z2 / all) + kTolerance;
}

/// Whether a decision lies in a set of bins.
struct Question {
    std::uint64_t bins = 0;
    double expected = 0.0; ///< fraction of the reference
    float recent = 0.0f;   ///< of the last decisions
    const char* change = "";
    double yes[2], no[2]; ///< L of each q
    double statistic[2] = {};

    double add(bool is_in) noexcept
    {
        recent += static_cast<float>(kRecent) * ((is_in ? 1.0f : 0.0f) - recent);
        double sum = 0.0;
        for (int i = 0; i < 2; ++i) {
            statistic[i] = std::min((statistic[i] + 1.0) * (is_in ? yes[i] : no[i]), 1e30);
            sum += statistic[i];
        }
        return 0.5 * sum;
    }
};

/// Of one quantity of one label, or of all.
struct Watched {
    DriftQuantity quantity;
    std::size_t place;
    std::vector<Question> questions;

    /// `missing`: decisions for which the limit allows besides those that were counted.
    void ask(const Histogram& counts, double all, std::uint64_t bins, const char* change, double missing = 0.0)
    {
        double count = 0.0;
        for (std::size_t at = 0; at < kDriftBins; ++at)
            count += bins >> at & 1u ? counts[at] : 0.0;
        const double u = upper_limit(count + missing, all);
        const bool is_known =
            std::any_of(questions.begin(), questions.end(), [&](const Question& q) { return q.bins == bins; });
        if (bins == 0 || u >= kMostLikely || is_known || questions.size() == questions.capacity())
            return;
        Question question;
        question.bins = bins;
        question.expected = count / all;
        question.recent = static_cast<float>(question.expected);
        question.change = change;
        for (int i = 0; i < 2; ++i) {
            const double q = kOdds[i] * u / (1.0 - u + kOdds[i] * u);
            question.yes[i] = q / u;
            question.no[i] = (1.0 - q) / (1.0 - u);
        }
        questions.push_back(question);
    }

    void ask_of_tails(const Histogram& counts, double all)
    {
        std::uint64_t quarters = 0;
        for (const double tail : kTails) {
            std::uint64_t above = 0, below = 0;
            double sum = 0.0;
            for (int at = kDriftBins; at-- > 0 && (sum += counts[static_cast<std::size_t>(at)]) <= tail * all;)
                above |= std::uint64_t{ 1 } << at;
            sum = 0.0;
            for (int at = 0; at < kDriftBins && (sum += counts[static_cast<std::size_t>(at)]) <= tail * all; ++at)
                below |= std::uint64_t{ 1 } << at;
            ask(counts, all, above, kHigher);
            ask(counts, all, below, kLower);
            if (tail == 0.25)
                quarters = above | below;
        }
        ask(counts, all, ~quarters, kNarrower);
    }

    void ask_of_parts(const Histogram& counts, double all)
    {
        std::uint64_t part = 0;
        double sum = 0.0;
        const double least = quantity == DriftQuantity::label ? 0.0 : kPart * all;
        for (std::size_t at = 0; at < kDriftBins; ++at) {
            if (counts[at] == 0)
                continue;
            part |= std::uint64_t{ 1 } << at;
            sum += counts[at];
            if (sum >= least || at + 1 == kDriftBins) {
                ask(counts, all, std::exchange(part, 0), kMore);
                sum = 0.0;
            }
        }
        ask(counts, all, part, kMore);
    }

    void ask_all(const Histogram& counts, double all)
    {
        // What was not seen is not impossible: about as likely as what was seen once (Good 1953), and twice is its error.
        std::uint64_t unseen = 0;
        double missing = 0.0;
        for (std::size_t at = 0; at < kDriftBins; ++at) {
            unseen |= std::uint64_t{ counts[at] == 0 } << at;
            missing += counts[at] == 1 ? 1.0 : counts[at] == 2 ? 2.0 : 0.0;
        }
        if (quantity == DriftQuantity::label) // a rate of unknown that was 0 has a name all the same
            ask(counts, all, 1, kMore);
        if (has_order(quantity))
            return ask_of_tails(counts, all);
        ask_of_parts(counts, all);
        ask(counts, all, unseen, kNew, missing);
    }
};

/// Which decisions count: one in a while of what stands at one place.
class Apart
{
public:
    bool operator()(const LabelEvent& event) noexcept
    {
        const auto is_near = [&](const Seen& seen) {
            const double apart_s = 1e-9 * std::fabs(static_cast<double>(event.time_ns - seen.time_ns));
            return seen.width_hz > 0.0 && apart_s < DriftWatch::kApartS &&
                   std::fabs(event.center_freq_hz - seen.center_hz) <
                       0.5 * std::max(seen.width_hz, event.bandwidth_hz);
        };
        if (std::any_of(seen_.begin(), seen_.end(), is_near))
            return false;
        seen_[next_] = { event.center_freq_hz, std::max(event.bandwidth_hz, 1.0), event.time_ns };
        next_ = (next_ + 1) % seen_.size();
        return true;
    }

private:
    struct Seen {
        double center_hz = 0.0, width_hz = 0.0;
        std::int64_t time_ns = 0;
    };
    std::array<Seen, 64> seen_;
    std::size_t next_ = 0;
};

} // namespace

struct DriftWatch::Impl {
    explicit Impl(DriftConfig wanted)
        : config(std::move(wanted)), reference(config.reference.value_or(DriftReference()))
    {
        watched.resize((DriftReference::kLabels + 1) * kDriftQuantities);
        for (std::size_t i = 0; i < watched.size(); ++i)
            watched[i].questions.reserve(i < kDriftQuantities ? kMostQuestions : kQuestions);
        if (config.reference)
            begin_watching();
    }

    bool learn(const LabelEvent& event) noexcept
    {
        reference.add(event);
        learned.store(reference.decisions(), std::memory_order_relaxed);
        if (reference.decisions() >= config.learn)
            begin_watching();
        return false;
    }

    /// Allocates nothing: there is room for all questions.
    void begin_watching() noexcept
    {
        used = 0;
        learned.store(reference.decisions(), std::memory_order_relaxed);
        double all_questions = 0.0, label_questions = 0.0;
        for (std::size_t i = 0; i <= DriftReference::kLabels; ++i) {
            const std::size_t place =
                (i + DriftReference::kAll) % (DriftReference::kLabels + 1); // all labels first
            for (int q = 0; q < kDriftQuantities; ++q) {
                const auto quantity = static_cast<DriftQuantity>(q);
                const double count = total(reference.histogram(place, quantity));
                if (count < static_cast<double>(kLeastOfLabel) ||
                    (place != DriftReference::kAll && quantity == DriftQuantity::label))
                    continue;
                Watched& next = watched[used++];
                next.quantity = quantity;
                next.place = place;
                next.ask_all(reference.histogram(place, quantity), count);
                (place == DriftReference::kAll ? all_questions : label_questions) +=
                    static_cast<double>(next.questions.size());
            }
        }
        const double part = all_questions > 0.0 && label_questions > 0.0 ? 0.5 : 1.0;
        weight_of_all = part / std::max(1.0, all_questions);
        weight_of_label = part / std::max(1.0, label_questions);
        const double seconds = reference.seconds();
        const double rate = reference.is_of_site() && seconds > 0.0
                                ? static_cast<double>(reference.decisions()) / seconds
                                : kCalibrationRate;
        limit = std::max(kFewest, config.false_alarm_s * rate);
        kind.store(reference.is_of_site() ? DriftStatus::Reference::site : DriftStatus::Reference::calibration,
                   std::memory_order_release);
    }

    bool watch(LabelEvent& event) noexcept
    {
        const std::size_t of_label =
            event.state == State::unknown ? DriftReference::kAll : reference.place_of(event.label.view());
        ++count;
        double sum = 0.0, lasting = 0.0, strongest = -1.0; // lasting: of what was told
        const Watched* cause = nullptr;
        const Question* question = nullptr;
        for (std::size_t i = 0; i < used; ++i) {
            Watched& one = watched[i];
            const double weight = one.place == DriftReference::kAll ? weight_of_all : weight_of_label;
            const bool is_asked = one.place == DriftReference::kAll || one.place == of_label;
            const int at = is_asked ? reference.bin_of(event, one.quantity) : -1;
            const bool was_told = told_quantities >> static_cast<int>(one.quantity) & 1u;
            for (Question& q : one.questions) {
                const double mean =
                    weight * (at >= 0 ? q.add(q.bins >> at & 1u) : 0.5 * (q.statistic[0] + q.statistic[1]));
                (was_told ? lasting : sum) += mean;
                if (!was_told && mean > strongest) {
                    strongest = mean;
                    cause = &one;
                    question = &q;
                }
            }
        }
        evidence.store(std::log10(std::max(sum, 1e-30)), std::memory_order_relaxed);
        watched_count.store(count, std::memory_order_relaxed);
        if (lasting >= limit)
            goes_on(told_quantities);
        const bool tells = sum >= limit;
        if (tells)
            tell(event, *cause, *question);
        if (count > over_at)
            told_quantities = 0;
        drifting.store(count <= over_at, std::memory_order_relaxed);
        return tells;
    }

    /// The quantity is left out from now on, until its drift is over: the sum of the others is a supermartingale as before.
    void tell(LabelEvent& event, const Watched& cause, const Question& question) noexcept
    {
        LabelEvent::Drift& drift = event.drift;
        drift.quantity = to_string(cause.quantity);
        drift.of.assign(cause.quantity == DriftQuantity::label ? label_of(question.bins) : reference.label(cause.place));
        drift.change = question.change;
        drift.expected = static_cast<float>(question.expected);
        drift.found = question.recent;
        told.store(told.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        const std::uint32_t bit = 1u << static_cast<int>(cause.quantity);
        told_quantities |= bit;
        goes_on(bit);
    }

    /// Drift of these quantities has been seen: whether it lasts is asked anew.
    void goes_on(std::uint32_t quantities) noexcept
    {
        over_at = count + static_cast<std::uint64_t>(limit / kParts);
        for (std::size_t i = 0; i < used; ++i)
            if (quantities >> static_cast<int>(watched[i].quantity) & 1u)
                for (Question& q : watched[i].questions)
                    q.statistic[0] = q.statistic[1] = 0.0;
    }

    std::string_view label_of(std::uint64_t bins) const noexcept
    {
        if (bins == 1)
            return to_string(State::unknown);
        for (std::size_t place = 0; place < DriftReference::kLabels; ++place)
            if (bins == std::uint64_t{ 2 } << place)
                return reference.label(place);
        return {};
    }

    const DriftConfig config;
    DriftReference reference; ///< others may read it once `kind` says so
    Apart counts;
    std::vector<Watched> watched;
    std::size_t used = 0;
    double weight_of_all = 1.0, weight_of_label = 1.0, limit = 0.0;
    std::uint64_t count = 0, over_at = 0;
    std::uint32_t told_quantities = 0; ///< of the present drift

    std::atomic<DriftStatus::Reference> kind{ DriftStatus::Reference::learning };
    std::atomic<std::uint64_t> learned{ 0 }, watched_count{ 0 }, told{ 0 };
    std::atomic<double> evidence{ -30.0 };
    std::atomic<bool> drifting{ false };
};

DriftWatch::DriftWatch(DriftConfig config)
{
    if (!config.reference && config.learn < 500)
        throw InvalidArgument(
            { "too few decisions to learn from", "", std::to_string(config.learn), "500 or more" });
    if (!(config.false_alarm_s > 0.0) || !std::isfinite(config.false_alarm_s))
        throw InvalidArgument(
            { "bad time between false alarms", "", std::to_string(config.false_alarm_s), "seconds above 0" });
    impl_ = std::make_unique<Impl>(std::move(config));
}

DriftWatch::~DriftWatch() = default;

bool DriftWatch::see(LabelEvent& event) noexcept
{
    if (event.state == State::noise || std::isnan(event.power_dbfs) || !impl_->counts(event))
        return false;
    return impl_->kind.load(std::memory_order_relaxed) == DriftStatus::Reference::learning ? impl_->learn(event)
                                                                                           : impl_->watch(event);
}

DriftStatus DriftWatch::status() const noexcept
{
    DriftStatus status;
    status.reference = impl_->kind.load(std::memory_order_acquire);
    status.learned = impl_->learned.load(std::memory_order_relaxed);
    status.watched = impl_->watched_count.load(std::memory_order_relaxed);
    status.evidence = impl_->evidence.load(std::memory_order_relaxed);
    status.limit = status.reference == DriftStatus::Reference::learning ? 0.0 : std::log10(impl_->limit);
    status.told = impl_->told.load(std::memory_order_relaxed);
    status.is_drifting = impl_->drifting.load(std::memory_order_relaxed);
    return status;
}

std::optional<DriftReference> DriftWatch::reference() const
{
    if (impl_->kind.load(std::memory_order_acquire) == DriftStatus::Reference::learning)
        return std::nullopt;
    return impl_->reference;
}

bool is_unknown_rate(const LabelEvent::Drift& drift) noexcept
{
    return std::string_view(drift.quantity) == to_string(DriftQuantity::label) &&
           drift.of.view() == to_string(State::unknown);
}

} // namespace prunedamr::stream
