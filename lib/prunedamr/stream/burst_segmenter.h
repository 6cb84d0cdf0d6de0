// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstddef>
#include <vector>

namespace prunedamr::stream {

/// Cuts a stream where its power rises and falls: bursts and the gaps between them. Power is that of short windows,
/// compared with a floor that follows the quiet ones; a burst begins `margin_db` above the floor and ends when the
/// power has been less than half of that above it for `gap_samples`, its last loud window being its end. So samples
/// leave up to that much later than they come. Nothing allocates after construction.
class BurstSegmenter
{
public:
    /// gap_samples, in whole windows of 16 samples or more, 16 of them at most; margin_db > 0
    BurstSegmenter(std::size_t gap_samples, double margin_db);

    bool in_burst() const noexcept { return in_burst_; } ///< of what is consumed next
    std::size_t window() const noexcept { return window_; }

    /// `consume(samples, count)` takes the samples in order, `cut()` comes between a gap and a burst, `in_burst`
    /// being that of what follows.
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

    /// End of the stream: what is held is consumed, as part of what it would have been part of.
    template <typename Consume> void flush(Consume consume) noexcept
    {
        consume(held_.data(), held_count_);
        held_count_ = 0;
        quiet_ = 0;
        filled_ = 0;
    }

private:
    std::size_t add(const std::complex<float>* samples, std::size_t count) noexcept;
    bool window_is_full() const noexcept { return filled_ == window_; }
    bool is_loud() noexcept; ///< the window that is full; follows the floor

    template <typename Consume, typename Cut> void on_window(Consume consume, Cut cut) noexcept
    {
        const bool loud = is_loud();
        filled_ = 0;
        quiet_ = loud ? 0 : quiet_ + 1;
        if (!in_burst_) {
            if (loud) { // the window before may hold the rise
                in_burst_ = true;
                cut();
                release(consume, held_count_);
            } else {
                release(consume, held_count_ - window_);
            }
        } else if (loud) {
            release(consume, held_count_);
        } else if (quiet_ == windows_) {
            in_burst_ = false;
            cut();
            release(consume, held_count_ - window_);
        }
    }

    template <typename Consume> void release(Consume consume, std::size_t count) noexcept
    {
        if (count > 0)
            consume(held_.data(), count);
        keep_from(count);
    }
    void keep_from(std::size_t first) noexcept;

    std::size_t window_;
    int windows_;     ///< of a gap
    double follow_;   ///< share of the way to a quiet window's power that the floor goes
    double on_, off_; ///< times the floor
    std::vector<std::complex<float>> held_;
    std::size_t held_count_ = 0;
    std::size_t filled_ = 0; ///< samples of the last window
    int quiet_ = 0;          ///< windows since the last loud one
    bool in_burst_ = false;
    double floor_ = -1.0; ///< power; below 0: not known yet
};

} // namespace prunedamr::stream
