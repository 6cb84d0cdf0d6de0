// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/drift_reference.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace prunedamr::stream {
namespace {

constexpr double kRaster = 12'500.0, kPlace = 25'000.0;
constexpr int kOtherLabel = kDriftBins - 1;

struct Row {
    const char* name;
    double low, high;
};
/// In the order of `DriftQuantity`.
constexpr Row kRows[] = { { "confidence", 0.0, 1.0 },
                          { "frame_confidence", 0.0, 1.0 },
                          { "unknown_score", -48.0, 16.0 },
                          { "fit", 0.0, 4.0 },
                          { "level_dbfs", -128.0, 0.0 },
                          { "noise_dbfs_hz", -192.0, -64.0 },
                          { "snr_db", -16.0, 48.0 },
                          { "bandwidth", 4.0, 26.0 },
                          { "carrier", 0.0, kRaster },
                          { "place", 0.0, kPlace* kDriftBins },
                          { "label", 0.0, 0.0 } };
static_assert(std::size(kRows) == kDriftQuantities);
static_assert(DriftReference::kLabels < kOtherLabel);

int bin(DriftQuantity quantity, double value) noexcept
{
    if (std::isnan(value))
        return -1;
    const Row& row = kRows[static_cast<int>(quantity)];
    const double at = kDriftBins * (value - row.low) / (row.high - row.low);
    return static_cast<int>(std::clamp(at, 0.0, kDriftBins - 1.0));
}

double modulo(double value, double by) noexcept
{
    return value - by * std::floor(value / by);
}

double value_of(const LabelEvent& event, DriftQuantity quantity) noexcept
{
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    const auto& fit = event.measured[measure::Quantity::fit];
    const auto& carrier = event.measured[measure::Quantity::carrier_hz];
    switch (quantity) {
    case DriftQuantity::confidence:
        return static_cast<double>(event.confidence);
    case DriftQuantity::frame_confidence:
        return static_cast<double>(event.frame_confidence);
    case DriftQuantity::unknown_score:
        return static_cast<double>(event.unknown_score);
    case DriftQuantity::fit:
        return fit ? fit->value : none;
    case DriftQuantity::level_dbfs:
        return static_cast<double>(event.power_dbfs);
    case DriftQuantity::noise_dbfs_hz:
        return event.bandwidth_hz > 0.0
                   ? static_cast<double>(event.power_dbfs - event.snr_db) - 10.0 * std::log10(event.bandwidth_hz)
                   : none;
    case DriftQuantity::snr_db:
        return static_cast<double>(event.snr_db);
    case DriftQuantity::bandwidth:
        return event.bandwidth_hz > 0.0 ? std::log2(event.bandwidth_hz) : none;
    case DriftQuantity::carrier:
        return modulo(carrier ? carrier->value : event.center_freq_hz, kRaster);
    case DriftQuantity::place:
        return modulo(event.center_freq_hz, kPlace * kDriftBins);
    case DriftQuantity::label:
        break;
    }
    return none;
}

} // namespace

const char* to_string(DriftQuantity quantity) noexcept
{
    return kRows[static_cast<int>(quantity)].name;
}

struct DriftReference::Impl {
    std::array<FixedString<24>, kLabels> labels;
    std::size_t label_count = 0;
    std::array<std::array<Histogram, kDriftQuantities>, kLabels + 1> counts{};
    bool is_of_site = true;
    std::uint64_t decisions = 0;
    std::int64_t first_ns = 0, last_ns = 0;
    FixedString<48> model;

    std::size_t find(std::string_view label) const noexcept
    {
        for (std::size_t i = 0; i < label_count; ++i)
            if (labels[i].view() == label)
                return i;
        return kAll;
    }

    std::size_t find_or_add(std::string_view label) noexcept
    {
        const std::size_t place = find(label);
        if (place != kAll || label_count == kLabels)
            return place;
        labels[label_count].assign(label);
        return label_count++;
    }

    std::uint32_t& count(std::size_t place, DriftQuantity quantity, int at) noexcept
    {
        return counts[place][static_cast<std::size_t>(quantity)][static_cast<std::size_t>(at)];
    }
};

DriftReference::DriftReference() : impl_(std::make_unique<Impl>()) {}
DriftReference::DriftReference(const DriftReference& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}
DriftReference& DriftReference::operator=(const DriftReference& other)
{
    *impl_ = *other.impl_;
    return *this;
}
DriftReference::DriftReference(DriftReference&&) noexcept = default;
DriftReference& DriftReference::operator=(DriftReference&&) noexcept = default;
DriftReference::~DriftReference() = default;

void DriftReference::add(const LabelEvent& event) noexcept
{
    Impl& all = *impl_;
    const std::size_t place = event.state == State::unknown ? kAll : all.find_or_add(event.label.view());
    for (int q = 0; q < kDriftQuantities; ++q) {
        const auto quantity = static_cast<DriftQuantity>(q);
        const int at = bin_of(event, quantity);
        if (at < 0)
            continue;
        ++all.count(kAll, quantity, at);
        if (place != kAll)
            ++all.count(place, quantity, at);
    }
    all.first_ns = all.decisions == 0 ? event.time_ns : std::min(all.first_ns, event.time_ns);
    all.last_ns = all.decisions == 0 ? event.time_ns : std::max(all.last_ns, event.time_ns);
    all.model = event.model;
    ++all.decisions;
}

void DriftReference::add_frame(std::string_view label, double confidence, double unknown_score) noexcept
{
    impl_->is_of_site = false;
    ++impl_->decisions;
    const std::size_t place = impl_->find_or_add(label);
    if (place == kAll)
        return;
    for (const auto& [quantity, value] : { std::pair(DriftQuantity::frame_confidence, confidence),
                                           std::pair(DriftQuantity::unknown_score, unknown_score) })
        if (const int at = bin(quantity, value); at >= 0)
            ++impl_->count(place, quantity, at);
}

int DriftReference::bin_of(const LabelEvent& event, DriftQuantity quantity) const noexcept
{
    if (quantity != DriftQuantity::label)
        return bin(quantity, value_of(event, quantity));
    if (event.state == State::unknown)
        return 0;
    const std::size_t place = impl_->find(event.label.view());
    return place == kAll ? kOtherLabel : static_cast<int>(place) + 1;
}

std::size_t DriftReference::place_of(std::string_view label) const noexcept
{
    return impl_->find(label);
}

std::string_view DriftReference::label(std::size_t place) const noexcept
{
    return place < impl_->label_count ? impl_->labels[place].view() : std::string_view();
}

const DriftReference::Histogram& DriftReference::histogram(std::size_t place, DriftQuantity quantity) const noexcept
{
    return impl_->counts[place][static_cast<std::size_t>(quantity)];
}

bool DriftReference::is_of_site() const noexcept
{
    return impl_->is_of_site;
}

std::uint64_t DriftReference::decisions() const noexcept
{
    return impl_->decisions;
}

double DriftReference::seconds() const noexcept
{
    return 1e-9 * static_cast<double>(impl_->last_ns - impl_->first_ns);
}

std::string_view DriftReference::model() const noexcept
{
    return impl_->model.view();
}

std::string DriftReference::to_json() const
{
    nlohmann::ordered_json json{ { "v", 1 },
                                 { "of", impl_->is_of_site ? "site" : "calibration" },
                                 { "model", model() },
                                 { "decisions", impl_->decisions },
                                 { "seconds", seconds() },
                                 { "labels", nlohmann::ordered_json::object() } };
    const auto write = [&](std::size_t place) {
        auto& of_label = json["labels"][std::string(label(place))] = nlohmann::ordered_json::object();
        for (int q = 0; q < kDriftQuantities; ++q) {
            const Histogram& counts = histogram(place, static_cast<DriftQuantity>(q));
            for (int at = 0; at < kDriftBins; ++at)
                if (const std::uint32_t count = counts[static_cast<std::size_t>(at)])
                    of_label[kRows[q].name][std::to_string(at)] = count;
        }
    };
    if (impl_->is_of_site)
        write(kAll);
    for (std::size_t place = 0; place < impl_->label_count; ++place)
        write(place);
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

DriftReference DriftReference::from_json(const std::string& text, const std::string& where)
{
    constexpr double kMost = std::numeric_limits<std::uint32_t>::max();
    const auto json =
        nlohmann::ordered_json::parse(text, nullptr, false); // labels in their order: bins have it, too
    const nlohmann::json plain = parse_json(text, where, "a reference of drift");
    JsonObject fields(plain, where);
    DriftReference result;
    Impl& impl = *result.impl_;
    fields.integer("v", 1, 1);
    impl.is_of_site = fields.one_of("of", { "calibration", "site" }) == 1;
    impl.model.assign(fields.string("model"));
    impl.decisions = static_cast<std::uint64_t>(fields.integer("decisions", 0));
    impl.last_ns = std::llround(1e9 * fields.number("seconds", 0.0, 9e9));
    JsonObject(fields.at("labels"), where + ": labels");
    fields.finish();
    for (const auto& [label, unused] : json["labels"].items()) {
        const std::string at = where + ": labels: '" + label + "'";
        const std::size_t place = label.empty() ? kAll : impl.find_or_add(label);
        if (!label.empty() && place == kAll)
            throw Error({ "too many labels", at, "", std::to_string(kLabels) + " at most" });
        JsonObject of_label(plain["labels"][label], at);
        for (int q = 0; q < kDriftQuantities; ++q) {
            const nlohmann::json* found = of_label.find(kRows[q].name);
            if (!found)
                continue;
            JsonObject counts(*found, at + ": " + kRows[q].name);
            for (int i = 0; i < kDriftBins; ++i)
                impl.count(place, static_cast<DriftQuantity>(q), i) =
                    static_cast<std::uint32_t>(counts.number_or(std::to_string(i), 0.0, 0.0, kMost));
            counts.finish();
        }
        of_label.finish();
    }
    return result;
}

} // namespace prunedamr::stream
