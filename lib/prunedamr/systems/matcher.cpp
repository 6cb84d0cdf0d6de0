// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/systems/matcher.h"

#include "prunedamr/model/class_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace prunedamr::systems {
namespace {

using measure::Quantity;

constexpr double kClockError = 100e-6;               ///< of a receiver, relative
constexpr double kUnknownError = 0.02;               ///< relative, of a number that comes without its error
constexpr double kDoubtful = 2.0, kImpossible = 4.0; ///< standard errors
constexpr double kWidthSlack = 1.25, kMaxWidthRatio = 2.5, kSureSnrDb = 6.0;
constexpr double kMinScore = 2.0;  ///< of a candidate
constexpr double kMaxBehind = 5.0; ///< the first candidate
constexpr double kTelling = 1.5;   ///< what a number must say where little else is sure

constexpr std::uint32_t bit(Aspect aspect)
{
    return std::uint32_t{ 1 } << static_cast<int>(aspect);
}

constexpr std::uint32_t bit(Quantity quantity)
{
    return std::uint32_t{ 1 } << (static_cast<int>(Aspect::first_quantity) + static_cast<int>(quantity));
}

/// What it says that a number lies in ranges of `width` together (natural logarithm) when it might have been
/// anywhere in `prior`.
double information(double prior, double width, double most)
{
    return std::clamp(std::log(prior / std::max(width, 1e-9)), 0.1, most);
}

double log_width(Range range)
{
    return std::log(range.to / std::max(range.from, 1e-3 * range.to));
}

struct ClassSets {
    std::uint64_t classes = 0, families = 0; ///< bits: rows of the class table, the first row of each family
};

std::uint64_t row_bit(std::size_t row)
{
    return std::uint64_t{ 1 } << row;
}

/// Of no known family: no bit.
std::uint64_t family_bit(std::string_view family)
{
    const auto& rows = model::modulations();
    const auto first =
        std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return family == row.family; });
    return first == rows.end() ? 0 : row_bit(static_cast<std::size_t>(first - rows.begin()));
}

/// A name that is a class and a family, as FM, is the class; others may be spelled as data sets do.
ClassSets class_sets(std::string_view label, std::string_view family)
{
    const auto& rows = model::modulations();
    const auto at = [&](const auto& row) { return row_bit(static_cast<std::size_t>(&row - rows.data())); };
    for (const auto& row : rows)
        if (label == row.name)
            return { at(row), family_bit(row.family) };
    if (label != family)
        if (const auto* row = model::find_modulation(label))
            return { at(*row), family_bit(row->family) };
    return { 0, family_bit(family) };
}

/// A label of a table that is a family stands for all of its classes.
ClassSets class_sets(const std::vector<std::string>& labels)
{
    const auto& rows = model::modulations();
    ClassSets sets;
    for (const std::string& label : labels)
        for (std::size_t row = 0; row < rows.size(); ++row)
            if (label == rows[row].name || label == rows[row].family) {
                sets.classes |= row_bit(row);
                sets.families |= family_bit(rows[row].family);
            }
    return sets;
}

int count_bits(std::uint64_t bits)
{
    int count = 0;
    for (; bits; bits &= bits - 1)
        ++count;
    return count;
}

/// Of one quantity: ranges of the table widened by a clock's error.
struct FactEntry {
    Quantity quantity;
    int first = 0, count = 0; ///< in `Compiled::ranges`
    double width = 0.0;       ///< of all of them, natural logarithm
};

struct Entry {
    ClassSets sets;
    int first_fact = 0, fact_count = 0; ///< in `Compiled::facts`
    std::uint32_t quantities = 0;       ///< bits of `bit(Quantity)`
    double label_information = 0.0, family_information = 0.0, band_information = 0.0, width_information = 0.0;
};

/// Where an event stands against one system.
struct Comparison {
    Candidate candidate;
    double telling = 0.0; ///< the most that a number which fits says
    bool is_excluded = false;

    void fit(std::uint32_t aspect, double information)
    {
        candidate.fits |= aspect;
        candidate.score += static_cast<float>(information);
    }
    void miss(std::uint32_t aspect, double penalty)
    {
        candidate.misses |= aspect;
        candidate.score -= static_cast<float>(penalty);
    }
};

void compare_number(const FactEntry& fact, const Range* ranges, const measure::Estimate& found, Comparison& result)
{
    if (!std::isfinite(found.value))
        return;
    const double error = std::isfinite(found.error) ? found.error : kUnknownError * std::fabs(found.value);
    double beyond = INFINITY;
    for (int i = 0; i < fact.count; ++i)
        beyond = std::min(beyond, std::max({ 0.0, ranges[i].from - found.value, found.value - ranges[i].to }));
    if (!(beyond <= kImpossible * error)) {
        result.is_excluded = true;
    } else if (beyond > kDoubtful * error) {
        result.miss(bit(fact.quantity), 1.5);
    } else {
        const bool is_count = fact.quantity == Quantity::tones;
        const double width = fact.width + 4.0 * error / std::max(std::fabs(found.value), 1e-30);
        const double says =
            is_count ? 1.0 : information(2.0, width, 5.0); // a symbol rate is near the bandwidth anyway
        result.fit(bit(fact.quantity), says);
        result.telling = std::max(result.telling, is_count ? 0.0 : says);
    }
}

void compare_width(const Observation& seen, Range range, double says, Comparison& result)
{
    if (!(seen.bandwidth_hz > 0.0))
        return;
    const double most = std::max(range.to, seen.resolution_hz);
    const double ratio = std::max(range.from / seen.bandwidth_hz, seen.bandwidth_hz / most);
    if (ratio <= kWidthSlack)
        result.fit(bit(Aspect::bandwidth), says);
    else if (!(seen.snr_db >= kSureSnrDb)) // weak signals look narrower than they are
        result.miss(bit(Aspect::bandwidth), 1.0);
    else if (ratio <= kMaxWidthRatio)
        result.miss(bit(Aspect::bandwidth), 2.0);
    else
        result.is_excluded = true;
}

} // namespace

const char* aspect_name(int aspect) noexcept
{
    static constexpr const char* names[] = { "band", "bandwidth_hz", "label", "family", "burst_s" };
    constexpr int kFirst = static_cast<int>(Aspect::first_quantity);
    return aspect < kFirst ? names[aspect] : quantity_name(static_cast<Quantity>(aspect - kFirst));
}

struct Matcher::Compiled {
    std::vector<System> systems;
    std::vector<Entry> entries;
    std::vector<FactEntry> facts;
    std::vector<Range> ranges;
    /// Between `edges[i]` and `edges[i + 1]` lie the bands of the systems `covering[first[i]]` to
    /// `covering[first[i + 1] - 1]`, rising.
    std::vector<double> edges;
    std::vector<int> first, covering;

    explicit Compiled(std::vector<System> table) : systems(std::move(table))
    {
        for (const System& system : systems)
            entries.push_back(entry_of(system));
        index_bands();
    }

    /// With room for the error of a receiver's clock, and for a channel that is not seen in its middle.
    static Range widened(const System& system, Range hz)
    {
        const double slack = kClockError * hz.to + 0.25 * std::min(system.bandwidth_hz.to, 0.02 * hz.to);
        return { std::max(0.0, hz.from - slack), hz.to + slack };
    }

    Entry entry_of(const System& system)
    {
        Entry entry;
        entry.sets = class_sets(system.labels);
        entry.label_information = information(24.0, count_bits(entry.sets.classes), 3.2);
        entry.family_information = information(10.0, 2.0 * count_bits(entry.sets.families), 1.6);
        double width = 0.0;
        for (const Band& band : system.bands)
            width += log_width(widened(system, band.hz));
        entry.band_information = std::max(0.5, information(2.0, width, 5.0));
        entry.width_information =
            information(4.0, log_width(system.bandwidth_hz) + 2.0 * std::log(kWidthSlack), 2.0);
        entry.first_fact = static_cast<int>(facts.size());
        entry.fact_count = static_cast<int>(system.measured.size());
        for (const Fact& fact : system.measured) {
            entry.quantities |= bit(fact.quantity);
            facts.push_back(
                { fact.quantity, static_cast<int>(ranges.size()), static_cast<int>(fact.ranges.size()) });
            for (const Range& range : fact.ranges) {
                ranges.push_back({ range.from * (1.0 - kClockError), range.to * (1.0 + kClockError) });
                facts.back().width += log_width(ranges.back());
            }
        }
        return entry;
    }

    void index_bands()
    {
        for (const System& system : systems)
            for (const Band& band : system.bands) {
                const Range hz = widened(system, band.hz);
                edges.insert(edges.end(), { hz.from, hz.to });
            }
        std::sort(edges.begin(), edges.end());
        edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
        for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
            first.push_back(static_cast<int>(covering.size()));
            for (std::size_t s = 0; s < systems.size(); ++s)
                if (std::any_of(systems[s].bands.begin(), systems[s].bands.end(), [&](const Band& band) {
                        const Range hz = widened(systems[s], band.hz);
                        return hz.from <= edges[i] && edges[i + 1] <= hz.to;
                    }))
                    covering.push_back(static_cast<int>(s));
        }
        first.push_back(static_cast<int>(covering.size()));
    }

    /// The systems that have `hz` in a band.
    std::pair<const int*, const int*> in_band(double hz) const noexcept
    {
        const auto above = std::upper_bound(edges.begin(), edges.end(), hz);
        if (above == edges.begin() || above == edges.end())
            return { nullptr, nullptr };
        const auto i = static_cast<std::size_t>(above - edges.begin()) - 1;
        return { covering.data() + first[i], covering.data() + first[i + 1] };
    }

    Comparison compare(int index, bool is_in_band, const Observation& seen, ClassSets label) const noexcept
    {
        const System& system = systems[static_cast<std::size_t>(index)];
        const Entry& entry = entries[static_cast<std::size_t>(index)];
        Comparison result;
        result.candidate.system = index;
        for (int i = entry.first_fact; seen.measured && i < entry.first_fact + entry.fact_count; ++i) {
            const FactEntry& fact = facts[static_cast<std::size_t>(i)];
            if (const auto& found = (*seen.measured)[fact.quantity])
                compare_number(fact, &ranges[static_cast<std::size_t>(fact.first)], *found, result);
            if (result.is_excluded)
                return result;
        }
        if (is_in_band)
            result.fit(bit(Aspect::band), entry.band_information);
        else
            result.miss(bit(Aspect::band), 4.0);
        if (label.classes & entry.sets.classes)
            result.fit(bit(Aspect::label), seen.confidence * entry.label_information);
        else if (label.families & entry.sets.families)
            result.fit(bit(Aspect::family), seen.confidence * entry.family_information);
        else if (label.families)
            result.miss(bit(Aspect::label), 4.0 * seen.confidence);
        compare_width(seen, system.bandwidth_hz, entry.width_information, result);
        if (system.burst_s && seen.burst_s > 0.0) {
            if (seen.burst_s >= 0.7 * system.burst_s->from && seen.burst_s <= 1.3 * system.burst_s->to)
                result.fit(bit(Aspect::burst), 0.5);
            else
                result.miss(bit(Aspect::burst), 0.5); // bursts are cut and joined
        }
        return result;
    }

    bool is_enough(const Comparison& result) const noexcept
    {
        const std::uint32_t fits = result.candidate.fits;
        if (result.is_excluded || result.candidate.score < static_cast<float>(kMinScore))
            return false;
        const bool has_family = fits & (bit(Aspect::label) | bit(Aspect::family));
        if (!(fits & bit(Aspect::band)) || !has_family)
            return result.telling >= kTelling;
        return fits & (bit(Aspect::label) | bit(Aspect::bandwidth)) || result.telling >= kTelling;
    }
};

Matcher::Matcher(std::vector<System> systems) : compiled_(std::make_unique<Compiled>(std::move(systems))) {}
Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

const std::vector<System>& Matcher::systems() const noexcept
{
    return compiled_->systems;
}

Matcher::Candidates Matcher::candidates(const Observation& seen) const noexcept
{
    Candidates best;
    if (seen.label.empty() || seen.label == "noise")
        return best;
    const ClassSets label = seen.label == "unknown" ? ClassSets{} : class_sets(seen.label, seen.family);
    const auto consider = [&](int index, bool is_in_band) {
        const Comparison result = compiled_->compare(index, is_in_band, seen, label);
        if (!compiled_->is_enough(result))
            return;
        auto place = std::find_if(best.begin(), best.end(), [&](const Candidate& other) {
            return other.system < 0 || other.score < result.candidate.score;
        });
        if (place != best.end()) {
            std::move_backward(place, best.end() - 1, best.end());
            *place = result.candidate;
        }
    };
    auto [covering, end] = compiled_->in_band(seen.center_hz);
    std::uint32_t measured = 0;
    for (int i = 0; seen.measured && i < measure::kQuantities; ++i)
        if ((*seen.measured)[static_cast<Quantity>(i)])
            measured |= bit(static_cast<Quantity>(i));
    if (measured == 0)
        for (; covering != end; ++covering)
            consider(*covering, true);
    else
        for (int i = 0; i < static_cast<int>(compiled_->entries.size()); ++i) {
            const bool is_in_band = covering != end && *covering == i;
            covering += is_in_band;
            if (is_in_band || compiled_->entries[static_cast<std::size_t>(i)].quantities & measured)
                consider(i, is_in_band);
        }
    for (Candidate& candidate : best)
        if (candidate.score < best[0].score - static_cast<float>(kMaxBehind))
            candidate = {};
    return best;
}

} // namespace prunedamr::systems
