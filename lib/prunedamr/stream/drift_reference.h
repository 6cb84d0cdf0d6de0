// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/label_event.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace prunedamr::stream {

/// What is watched of a decision. Each has `kDriftBins` bins of one width; what lies outside its range counts in
/// the first or the last one, and what is not a number in none.
enum class DriftQuantity : std::uint8_t {
    confidence,       ///< of the event, 0..1
    frame_confidence, ///< highest probability that the network gives to a class, of one frame
    unknown_score,    ///< `model::LogitReader::unknown_score` of that frame, -48..16
    fit,              ///< `measure::Quantity::fit`, 0..4
    level_dbfs,       ///< power of the signal, -128..0
    noise_dbfs_hz,    ///< noise beside it in dBFS per Hz: level - SNR - 10 lg bandwidth, -192..-64
    snr_db,           ///< -16..48
    bandwidth,        ///< log2 of the Hz, 4..26
    carrier, ///< Hz modulo 12.5 kHz: rasters of channels are multiples of it, or parts; a clock's error moves it
    place,   ///< Hz modulo 1.6 MHz, in parts of 25 kHz: who is a neighbor
    label,   ///< which one of the labels of the reference: bin 0 is unknown, the last one is any other
};
inline constexpr int kDriftQuantities = static_cast<int>(DriftQuantity::label) + 1;
inline constexpr int kDriftBins = 64;

const char* to_string(DriftQuantity quantity) noexcept; ///< "level_dbfs"

/// Histograms of what decisions are usually like: of all together, and of each label. Of a site they are learned by
/// the receiver; in a model they are what `prunedamr calibrate` has seen, which knows frames of its data only: of
/// each class the two numbers of single frames. Fixed size (70 KB); nothing but the constructor allocates, and
/// `from_json`.
class DriftReference
{
public:
    static constexpr std::size_t kLabels =
        24; ///< that are kept apart, as they come; more have no histograms of their own
    static constexpr std::size_t kAll = kLabels; ///< place of all labels together
    using Histogram = std::array<std::uint32_t, kDriftBins>;

    DriftReference();
    DriftReference(const DriftReference& other);
    DriftReference& operator=(const DriftReference& other);
    DriftReference(DriftReference&&) noexcept;
    DriftReference& operator=(DriftReference&&) noexcept;
    ~DriftReference();

    /// A decision of a site.
    void add(const LabelEvent& event) noexcept;

    /// A frame of a data set whose class is known.
    void add_frame(std::string_view label, double confidence, double unknown_score) noexcept;

    /// Bin of what an event has of a quantity; -1 where it has nothing.
    int bin_of(const LabelEvent& event, DriftQuantity quantity) const noexcept;

    /// Place of a label's histograms; `kAll` for one that has none.
    std::size_t place_of(std::string_view label) const noexcept;

    std::string_view label(std::size_t place) const noexcept; ///< empty: of `kAll`, and where there is none
    const Histogram& histogram(std::size_t place, DriftQuantity quantity) const noexcept;

    bool is_of_site() const noexcept;
    std::uint64_t decisions() const noexcept; ///< or frames
    double seconds() const noexcept;          ///< of the site's time, from the first decision to the last
    std::string_view model() const noexcept;  ///< name of that which decided

    /// Of bins that hold nothing, nothing is written: {"v": 1, "of": "site", "model": "onair-s", "decisions": 2000,
    /// "seconds": 3600.5, "labels": {"": {"level_dbfs": {"27": 12, ...}, ...}, "2FSK": {...}}}.
    std::string to_json() const;

    /// Throws `Error` naming `where` and the key.
    static DriftReference from_json(const std::string& text, const std::string& where);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::stream
