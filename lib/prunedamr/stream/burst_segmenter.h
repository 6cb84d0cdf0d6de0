// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <vector>

namespace prunedamr::stream {

/// Cuts a stream where its power rises and falls: bursts and the gaps between them. Power is that of short windows,
/// compared with a floor that follows the quiet ones; a burst begins `margin_db` above the floor and ends when the
/// power has been less than half of that above it for `gap_samples`, its last loud window being its end. So samples
/// leave up to that much later than they come. Nothing allocates after construction.
///
/// The floor finds back from anything that happens to it:
///  - Stretches of zeros are no noise (a squelch is shut, a driver lost samples): they are quiet and leave the
///  floor as
///    it is. Where it is not known, what comes after them is a burst: the squelch has opened.
///  - What has been loud and steady for a gap's length is the floor of what rises above it by the margin: a burst
///    within it is cut out, and the floor is known again (a step of gain). What has been so for `longest_samples`
///    is no burst, but the floor.
///  - After a step down it falls by 3 dB per window, so that 60 dB take two gaps' length.
/// So the next burst after a disturbance is cut as if there had been none, if a gap's length lies between the two;
/// without a burst the floor is known again after `longest_samples` at the latest.
class BurstSegmenter
{
public:
    /// gap_samples, in whole windows of 16 samples or more, 16 of them at most; margin_db > 0; longest_samples: of
    /// which no burst is
    BurstSegmenter(std::size_t gap_samples, double margin_db, std::size_t longest_samples);

    bool in_burst() const noexcept { return in_burst_; } ///< of what is consumed next
    std::size_t window() const noexcept { return window_; }

    /// `consume(samples, count)` takes the samples, which are finite, in order; `cut()` comes between a gap and a
    /// burst (and between two bursts), `in_burst` being that of what follows.
    template <typename Consume, typename Cut>
    void process(const std::complex<float>* samples, std::size_t count, Consume consume, Cut cut) noexcept
    {
        while (count > 0) {
            const std::size_t taken = add(samples, count);
            samples += taken;
            count -= taken;
            if (window_is_full())
                on_window(consume, cut);
        }
    }

    /// End of the stream, or of what is contiguous: what is held is consumed, as part of what it would have been
    /// part of. The floor stays.
    template <typename Consume> void flush(Consume consume) noexcept
    {
        consume(held_.data(), held_count_);
        held_count_ = 0;
        quiet_ = 0;
        filled_ = 0;
        steady_.clear();
    }

private:
    /// Powers of the last windows, if all of them were loud.
    class Steady
    {
    public:
        static constexpr int kWindows = 16;

        void clear() noexcept { count_ = lasting_ = 0; }
        void add(double power, double margin) noexcept;
        double mean() const noexcept;
        bool is_steady() const noexcept
        {
            return lasting_ > 0;
        } ///< for 16 windows they differ by less than the margin
        std::size_t lasting() const noexcept { return lasting_; } ///< windows, since then

    private:
        std::array<double, kWindows> powers_{};
        std::size_t count_ = 0; ///< all of them
        std::size_t lasting_ = 0;
    };

    enum class Level { quiet, loud, risen, lasting };

    std::size_t add(const std::complex<float>* samples, std::size_t count) noexcept;
    bool window_is_full() const noexcept { return filled_ == window_; }
    double window_power() const noexcept;
    Level judge() noexcept; ///< the window that is full; follows the floor
    Level judge_zeros() noexcept;
    bool is_loud(double power) noexcept;
    Level judge_loud(double power) noexcept;

    template <typename Consume, typename Cut> void on_window(Consume consume, Cut cut) noexcept
    {
        const Level level = judge();
        filled_ = 0;
        quiet_ = level == Level::quiet ? quiet_ + 1 : 0;
        if (!in_burst_) {
            if (level == Level::quiet)
                return release(consume, held_count_ - window_);
            in_burst_ = true; // the window before may hold the rise
            cut();
        } else if (level == Level::quiet) {
            if (quiet_ != windows_)
                return;
            in_burst_ = false;
            cut();
            return release(consume, held_count_ - window_);
        } else if (level != Level::loud) {
            release(consume, held_count_ - window_);
            in_burst_ = level == Level::risen;
            cut();
        }
        release(consume, held_count_);
    }

    template <typename Consume> void release(Consume consume, std::size_t count) noexcept
    {
        if (count > 0)
            consume(held_.data(), count);
        keep_from(count);
    }
    void keep_from(std::size_t first) noexcept;

    std::size_t window_;
    int windows_;         ///< of a gap
    std::size_t longest_; ///< windows that no burst is steady for
    double follow_;       ///< share of the way to a quiet window's power that the floor goes
    double on_, off_;     ///< times the floor
    std::vector<std::complex<float>> held_;
    std::size_t held_count_ = 0;
    std::size_t filled_ = 0; ///< samples of the last window
    int quiet_ = 0;          ///< windows since the last loud one
    int zeros_ = 0;          ///< windows of zeros up to here
    bool in_burst_ = false;
    bool squelched_ = false;    ///< there has been a gap of zeros
    bool has_contrast_ = false; ///< since the last one something was above the floor, or the floor fell and stayed
    int settling_ = 0;          ///< quiet windows since it fell; 0: it did not
    double floor_ = kUnknown, floor_before_ = kUnknown; ///< powers; now, and at the end of the last gap of zeros
    Steady steady_;

    static constexpr double kUnknown = -1.0;
};

} // namespace prunedamr::stream
