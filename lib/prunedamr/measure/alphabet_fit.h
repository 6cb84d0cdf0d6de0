// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/equalizer.h"
#include "prunedamr/measure/numerics.h"
#include "prunedamr/measure/synchronizer.h"

#include <memory>

namespace prunedamr::measure {

/// What the symbols of a linear modulation say about its alphabet.
struct AlphabetNumbers {
    bool is_accepted = false; ///< it fits, well above the next and above noise
    bool is_other = false;    ///< a decoy fits best: none of the alphabets that have a name
    const char* name = "";    ///< the likeliest, "" when there were too few symbols
    const char* second = "";  ///< the next of another name
    double margin = 0.0;      ///< ln of the likelihood over the next of another name
    double gain = 0.0;        ///< ln of the likelihood over complex normal symbols
    double fit = 9.0;         ///< distance to the model's distributions over its limit: below 1 fits
    double separation = 0.0;  ///< half the distance of two points over sigma per dimension
    double snr_db = 0.0;      ///< of the symbols, after the filter: - EVM
    double carrier = 0.0, carrier_error = 0.0; ///< from the front's center, cycles per sample
    PulseShape pulse;
    bool is_equalized = false;
    int symbols = 0;
};

/// One alphabet's carrier and channel, and how well it explains the symbols.
struct Hypothesis {
    int row = -1; ///< of `alphabets()`
    bool is_offset = false; ///< as OQPSK
    double frequency = 0.0, phase = 0.0; ///< cycles per symbol, rad at the first symbol
    Channel channel;
    double log_likelihood = -1e9; ///< mean per symbol
};

/// Names the alphabet of a linear modulation whose symbol rate is known.
class AlphabetFit
{
public:
    explicit AlphabetFit(Workspace& space);

    AlphabetNumbers classify(const Front& front, const RateLine& line) noexcept; ///< uses all of the workspace

    /// Of the last call: the likeliest's symbols, carrier and phase taken out, gain 1 / sqrt(1 + 1 / snr).
    const Symbols& symbols() const noexcept { return kept_->symbols; }
    /// Of the last call: ln of the likelihood of all symbols for each row of `alphabets()`, and for OQPSK last;
    /// -1e9 where it was not tried.
    const std::vector<double>& log_likelihoods() const noexcept { return log_likelihoods_; }

private:
    static constexpr int kPolished = 6;
    struct Kept {
        Hypothesis best;
        Symbols symbols;
        bool is_equalized = false;
        PulseShape pulse;
        double middle = 0.0;
    };

    void screen(const Symbols& z, Best<Hypothesis, kPolished>& best) noexcept;
    void find_lines(const Symbols& z, int power, const std::vector<float>& weight) noexcept;
    int peaks(const Symbols& z, const Alphabet& row, int wanted, Hypothesis* found) noexcept;
    void coarse(const Symbols& z, double fourth, Hypothesis& hypothesis) noexcept;
    void turn(const Symbols& z, const Hypothesis& hypothesis, int first, int count, Symbols& out) const noexcept;
    void polish(const Symbols& z, Hypothesis& hypothesis) noexcept;
    void align(const Alphabet& row, Hypothesis& hypothesis, int rounds) noexcept;
    void follow_line() noexcept;
    void follow_mean(int length) noexcept;
    void keep(const Hypothesis& hypothesis, bool is_equalized) noexcept;
    void try_filter(const Symbols& z, bool is_equalized) noexcept;
    void equalize() noexcept;
    void turn_like(const Symbols& from, const Symbols& to, const Symbols& in, bool forward, Symbols& out) const noexcept;
    void rescale(Hypothesis& hypothesis) noexcept;
    void try_offset(const Front& front, const RateLine& line, const PulseShape& pulse, bool fold) noexcept;
    void judge(AlphabetNumbers& numbers) noexcept;
    double distance(const float* sample, int count, const float* model, int model_count) const noexcept;

    Workspace& space_;
    Synchronizer synchronizer_;
    std::unique_ptr<Equalizer> equalizer_;
    std::unique_ptr<Symbols> z_, y_, mean_, work_, work2_, plain_, source_, toward_, next_;
    std::unique_ptr<Kept> kept_;
    Best<Hypothesis, kPolished> polished_; ///< of the last filter tried
    std::vector<double> log_likelihoods_, screened_;
    std::vector<float> noise_re_, noise_im_; ///< of a model's symbols, evenly spread
    PulseShape pulse_;
};

} // namespace prunedamr::measure
