// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/front.h"
#include "prunedamr/measure/numerics.h"

namespace prunedamr::measure {

/// Power that Gaussian noise of a given density has at each frequency of its square: what a line stands against.
class LineNoise
{
public:
    /// Adds `power` to the density at bin `k` of `size`, counted from frequency zero, of either sign.
    void clear() noexcept;
    void add(int k, int size, float power) noexcept;

    enum class Square { envelope, square, real }; ///< |y|^2; y^2 of a complex y; y^2 of a real one

    /// E|transform of the square|^2, of `count` samples whose transform of `bins` points was added (its squared
    /// magnitude per sample); at least 2 % of its top.
    void expect(const Workspace& space, Square square, int count, int bins) noexcept;
    double at(double frequency) const noexcept; ///< cycles per sample

    static constexpr int kCells = 512; ///< the finest that a density is kept

private:
    alignas(64) Complex density_[kCells], scratch_[kCells];
    float expected_[kCells];
};

/// A symbol rate of linear modulation, all in cycles per sample.
struct RateLine {
    bool is_conjugate = false; ///< found as the pair of lines of the squared signal, as of OQPSK and MSK
    double rate = 0.0;
    double rate_error = 0.0; ///< one standard error
    double carrier = 0.0;    ///< from the front's center: of conjugate lines, else the middle of the spectral correlation
    double strength = 0.0;   ///< of the line; exponentially distributed with mean 1 in noise
    double score = -9.0;     ///< strength - ln(places searched) + ln(prior of the rate in this band)
    double timing = 0.0;     ///< of a symbol's center, 0..1 symbols from sample 0, by the envelope
    double offset_timing = 0.0; ///< of one rail of OQPSK; of conjugate lines only
    double phase = 0.0;      ///< of the carrier at sample 0, modulo a quarter turn [rad]; of conjugate lines only
};

/// Spectrum of the line strengths of one decision, for evidence and for sums over decisions.
struct LineSpectrum {
    const float* strength = nullptr; ///< [count]
    int count = 0;
    double first = 0.0, step = 0.0; ///< cycles per sample
};

/// Symbol rate of linear modulations as a line of the squared envelope after the locally optimal filter
/// sqrt(signal) / (signal + noise), and as a pair of conjugate lines 2 fc +- rate of the squared signal (Gardner,
/// "Exploitation of spectral redundancy in cyclostationary signals", IEEE SP Magazine, 1991). A line is a rate, not a
/// family: FSK has one too.
class SymbolRate
{
public:
    explicit SymbolRate(Workspace& space) : space_(space), filter_(space.a.size()) {}

    /// The best line, however weak; uses `a, b, c, u, v` of the workspace.
    RateLine find(const Front& front) noexcept;

    /// The envelope's line at a rate known from elsewhere; after `find` with the same front. Uses `a, b, v`.
    RateLine at(const Front& front, double rate) noexcept;

    /// Of the last call, envelope lines; until the next use of the workspace's `u`.
    const LineSpectrum& lines() const noexcept { return lines_; }

    /// ln of the prior of rate / half-power width: half the mass within 5 % of 1 (any root raised cosine), the rest
    /// broad (rectangular 0.89, half sine 0.85, Gaussian 1.0 .. 1.4).
    static double log_prior(double ratio) noexcept;

private:
    struct Candidate {
        bool is_conjugate;
        double rate, low, high; ///< cycles per sample of the filtered signal; the two lines of a conjugate pair
        double strength, score;
    };

    void filter(const Front& front) noexcept;
    void search_envelope(int count, int padded) noexcept;
    void search_conjugate(int count, int padded) noexcept;
    double correlation_center(const Front& front, double rate) const noexcept;
    RateLine refined(const Front& front, const Candidate& best, int count) noexcept;

    Workspace& space_;
    std::vector<float> filter_; ///< of each bin of the front
    LineNoise noise_;
    double width_ = 0.0, ratio_ = 1.0;            ///< half-power width and rate of the filtered signal
    LineSpectrum lines_;
    Candidate best_{};
};

/// The symbol-rate lines of successive decisions of one signal, added up incoherently: a line too weak for one decision
/// grows with their number while noise stays even. Allocates at construction only.
class LineTrack
{
public:
    explicit LineTrack(int max_samples);

    void clear() noexcept;
    /// Adds one decision's lines; `samples` and `half_width` (cycles per sample) are those of its front. Starts afresh
    /// when the band's width changes by more than a fifth.
    void add(const LineSpectrum& lines, int samples, double half_width) noexcept;
    int decisions() const noexcept { return decisions_; }

    struct Line {
        double rate = 0.0, rate_error = 0.0, score = -9.0;
    };
    Line best() const noexcept;

private:
    std::vector<float> sum_;
    int cells_ = 0, decisions_ = 0;
    double first_ = 0.0, step_ = 0.0, half_width_ = 0.0;
};

} // namespace prunedamr::measure
