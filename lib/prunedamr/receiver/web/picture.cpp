// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/web/picture.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace prunedamr::receiver {
namespace {

constexpr int kGroup = 8;        ///< segments whose mean is one look; a row is the strongest of its looks
constexpr int kSmallBins = 256;  ///< of a decision's spectrum
constexpr int kShown = 512;      ///< samples of a decision that are shown one by one

/// J. von Hann's, of which a tone of full scale has 0 dB.
std::vector<float> hann(int size)
{
    std::vector<float> window(static_cast<std::size_t>(size));
    for (int i = 0; i < size; ++i)
        window[static_cast<std::size_t>(i)] =
            static_cast<float>((1.0 - std::cos(2.0 * M_PI * (i + 0.5) / size)) / size);
    return window;
}

float to_db(float power)
{
    return 10.0f * std::log10(std::max(power, 1e-20f));
}

template <typename Value> void append(std::string& bytes, Value value)
{
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value); // Debian's machines that run this are little endian
    bytes.append(raw, sizeof raw);
}

} // namespace

Picture::Picture()
    : fft_(kBins, dsp::FftDirection::forward), small_fft_(kSmallBins, dsp::FftDirection::forward),
      window_(hann(kBins)), small_window_(hann(kSmallBins)), windowed_(kBins), transformed_(kBins), group_(kBins),
      row_(kBins)
{
}

void Picture::begin_run(double sample_rate_hz)
{
    ++run_;
    rate_hz_ = sample_rate_hz;
    stride_ = kBins * static_cast<std::uint64_t>(std::max(1.0, std::ceil(sample_rate_hz / kBins / kMaxSegmentsPerS)));
    next_ = 0;
    fill_ = 0;
}

void Picture::take(const Tapped& tapped) noexcept
{
    if (!is_watched_.load(std::memory_order_relaxed)) {
        fill_ = 0;
        next_ = tapped.first_sample + tapped.count;
        return;
    }
    for (std::size_t i = 0; i < tapped.count;) {
        const std::uint64_t at = tapped.first_sample + i;
        if (at < next_) {
            i += static_cast<std::size_t>(std::min<std::uint64_t>(next_ - at, tapped.count - i));
            continue;
        }
        std::size_t index = 0;
        if (!segment_ && segments_.empty.pop(index))
            segment_ = index;
        if (!segment_) { // nobody has drawn what is there
            next_ = at + stride_;
            continue;
        }
        Segment& segment = segments_.items[*segment_];
        if (fill_ > 0 && (segment.center_freq_hz != tapped.center_freq_hz || segment.first_sample + fill_ != at))
            fill_ = 0;
        if (fill_ == 0) {
            segment.run = run_;
            segment.first_sample = at;
            segment.time_ns = tapped.time_ns + std::llround(1e9 * static_cast<double>(i) / rate_hz_);
            segment.center_freq_hz = tapped.center_freq_hz;
            segment.rate_hz = rate_hz_;
        }
        const std::size_t taken = std::min(tapped.count - i, kBins - fill_);
        std::copy_n(tapped.samples + i, taken, segment.samples.begin() + static_cast<std::ptrdiff_t>(fill_));
        fill_ += taken;
        i += taken;
        if (fill_ < kBins)
            continue;
        next_ = segment.first_sample + stride_;
        fill_ = 0;
        segments_.filled.push(*segment_);
        segment_.reset();
    }
}

void Picture::see(const stream::LabelEvent& event, const stream::DecisionSamples& samples,
                  const measure::Measurement* found) noexcept
{
    std::size_t index = 0;
    if (!decision_ && decisions_.empty.pop(index))
        decision_ = index;
    if (!decision_)
        return;
    Decision& decision = decisions_.items[*decision_];
    const measure::Piece* longest = samples.pieces;
    for (std::size_t i = 1; i < samples.piece_count; ++i)
        if (samples.pieces[i].count > longest->count)
            longest = &samples.pieces[i];
    decision.count = std::min(longest->count, kDecisionSamples);
    std::copy_n(longest->samples + (longest->count - decision.count) / 2, decision.count, decision.samples.begin());
    decision.rate_hz = samples.sample_rate_hz;
    decision.zero_hz = samples.zero_hz;
    decision.center_hz = event.center_freq_hz;
    decision.has_measurement = found && found->method != measure::Method::none;
    if (decision.has_measurement)
        decision.measurement = *found;
}

void Picture::name(std::uint64_t seq) noexcept
{
    if (!decision_)
        return;
    decisions_.items[*decision_].seq = seq;
    decisions_.filled.push(*decision_);
    decision_.reset();
}

void Picture::add_power(const Segment& segment)
{
    for (std::size_t i = 0; i < kBins; ++i)
        windowed_[i] = segment.samples[i] * window_[i];
    fft_.run(windowed_.data(), transformed_.data());
    for (std::size_t i = 0; i < kBins; ++i)
        group_[i] += std::norm(transformed_[i]);
    if (++in_group_ == kGroup)
        end_group();
}

void Picture::end_group()
{
    const float scale = 1.0f / static_cast<float>(std::max(1, in_group_));
    for (std::size_t i = 0; i < kBins; ++i)
        row_[i] = std::max(row_[i], group_[i] * scale);
    std::fill(group_.begin(), group_.end(), 0.0f);
    in_group_ = 0;
}

std::optional<std::string> Picture::next_row()
{
    Segment first;
    std::uint64_t end = 0;
    int count = 0;
    while (segments_.filled.read_available() > 0) {
        const std::size_t index = segments_.filled.front();
        const Segment& segment = segments_.items[index];
        if (count > 0 && (segment.run != first.run || segment.center_freq_hz != first.center_freq_hz))
            break; // the next row's
        if (count++ == 0)
            first = segment;
        end = segment.first_sample + kBins;
        add_power(segment);
        segments_.filled.pop();
        segments_.empty.push(index);
    }
    if (count == 0)
        return std::nullopt;
    if (count < kGroup || 2 * in_group_ >= kGroup) // a few more segments would only be noisy
        end_group();
    std::fill(group_.begin(), group_.end(), 0.0f);
    in_group_ = 0;
    std::string bytes("\x01\x00", 2);
    append(bytes, static_cast<std::uint16_t>(kBins));
    append(bytes, first.run);
    append(bytes, first.center_freq_hz);
    append(bytes, first.rate_hz);
    append(bytes, first.first_sample);
    append(bytes, end);
    append(bytes, first.time_ns);
    row_time_ns_ = first.time_ns;
    append(bytes, static_cast<float>(kLowestDb));
    append(bytes, static_cast<float>(kStepDb));
    for (std::size_t i = 0; i < kBins; ++i) {
        const float db = to_db(row_[(i + kBins / 2) % kBins]);
        bytes += static_cast<char>(
            static_cast<unsigned char>(std::clamp(std::lround((db - kLowestDb) / kStepDb), 0l, 255l)));
    }
    std::fill(row_.begin(), row_.end(), 0.0f);
    return bytes;
}

DecisionPicture Picture::draw(const Decision& decision)
{
    DecisionPicture picture;
    picture.seq = decision.seq;
    picture.rate_hz = decision.rate_hz;
    picture.zero_hz = decision.zero_hz;
    std::vector<float> power(kSmallBins);
    int count = 0;
    for (std::size_t at = 0; at + kSmallBins <= decision.count; at += kSmallBins / 2, ++count) {
        for (std::size_t i = 0; i < kSmallBins; ++i)
            windowed_[i] = decision.samples[at + i] * small_window_[i];
        small_fft_.run(windowed_.data(), transformed_.data());
        for (std::size_t i = 0; i < kSmallBins; ++i)
            power[(i + kSmallBins / 2) % kSmallBins] += std::norm(transformed_[i]);
    }
    for (std::size_t i = 0; count > 0 && i < kSmallBins; ++i)
        picture.spectrum_db.push_back(to_db(power[i] / static_cast<float>(count)));
    const std::size_t shown = std::min<std::size_t>(kShown, decision.count);
    const auto* x = decision.samples.data() + (decision.count - shown) / 2;
    float peak = 1e-12f;
    for (std::size_t i = 0; i < shown; ++i)
        peak = std::max(peak, std::abs(x[i]));
    const double shift_hz = decision.center_hz - decision.zero_hz;
    for (std::size_t i = 0; i < shown; ++i) {
        picture.envelope.push_back(std::abs(x[i]) / peak);
        if (i > 0)
            picture.discriminator_hz.push_back(static_cast<float>(
                static_cast<double>(std::arg(x[i] * std::conj(x[i - 1]))) / (2.0 * M_PI) * decision.rate_hz - shift_hz));
    }
    if (!decision.has_measurement)
        return picture;
    const measure::Measurement& found = decision.measurement;
    picture.method = found.method;
    picture.symbols.assign(found.symbols.begin(), found.symbols.begin() + found.symbol_count);
    for (int i = 0; i < found.score_count; ++i)
        if (!found.scores[static_cast<std::size_t>(i)].is_decoy)
            picture.alphabets.push_back({ found.scores[static_cast<std::size_t>(i)].name,
                                          found.scores[static_cast<std::size_t>(i)].log_likelihood });
    return picture;
}

void Picture::for_each_decision(const std::function<void(DecisionPicture)>& visit)
{
    std::size_t index = 0;
    while (decisions_.filled.pop(index)) {
        DecisionPicture picture = draw(decisions_.items[index]);
        decisions_.empty.push(index);
        visit(std::move(picture));
    }
}

} // namespace prunedamr::receiver
