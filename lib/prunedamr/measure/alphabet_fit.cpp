// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/alphabet_fit.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace prunedamr::measure {
namespace {

constexpr int kModel = 1024;
constexpr int kMinSymbols = 40;
constexpr double kWorthEqualizing = 0.1;
constexpr double kWorthPolishing = 0.3; // nats per symbol below the likeliest at the first look
constexpr int kEqualizeAlways = 1200, kEqualizeUnfit = 700; // symbols
const double kGaussian = -std::log(M_PI) - 1.0; // mean ln density of complex normal symbols of power 1

} // namespace

AlphabetFit::AlphabetFit(Workspace& space)
    : space_(space), synchronizer_(space), equalizer_(std::make_unique<Equalizer>()), z_(std::make_unique<Symbols>()),
      y_(std::make_unique<Symbols>()), mean_(std::make_unique<Symbols>()), work_(std::make_unique<Symbols>()),
      work2_(std::make_unique<Symbols>()), plain_(std::make_unique<Symbols>()), source_(std::make_unique<Symbols>()),
      toward_(std::make_unique<Symbols>()), next_(std::make_unique<Symbols>()),
      kept_(std::make_unique<Kept>()), log_likelihoods_(alphabets().size() + 1),
      screened_(alphabets().size()), noise_re_(kModel), noise_im_(kModel)
{
    for (int i = 0; i < kModel; ++i) { // the points of an additive recurrence in two dimensions (Roberts, 2018)
        const double u = std::fmod(0.5 + 0.7548776662466927 * (i + 1), 1.0), v = std::fmod(0.5 + 0.5698402909980532 * (i + 1), 1.0);
        const double radius = std::sqrt(-std::log(std::max(u, 1e-9)));
        noise_re_[i] = static_cast<float>(radius * std::cos(2.0 * M_PI * v));
        noise_im_[i] = static_cast<float>(radius * std::sin(2.0 * M_PI * v));
    }
}

void AlphabetFit::keep(const Hypothesis& hypothesis, bool is_equalized) noexcept
{
    const std::size_t slot = hypothesis.is_offset ? log_likelihoods_.size() - 1 : static_cast<std::size_t>(hypothesis.row);
    log_likelihoods_[slot] = std::max(log_likelihoods_[slot], hypothesis.log_likelihood * y_->count);
    if (hypothesis.log_likelihood <= kept_->best.log_likelihood)
        return;
    kept_->best = hypothesis;
    kept_->symbols = *y_;
    kept_->is_equalized = is_equalized;
    kept_->pulse = pulse_;
    kept_->middle = synchronizer_.middle();
}

void AlphabetFit::try_filter(const Symbols& z, bool is_equalized) noexcept
{
    Best<Hypothesis, kPolished> best;
    screen(z, best);
    polished_.count = 0;
    const double worth = best.count > 0 ? best.keys[0] - kWorthPolishing : 0.0;
    int count = 0;
    for (; count < best.count && (count < 2 || best.keys[count] > worth); ++count) {
        polish(z, best.items[count]);
        keep(best.items[count], is_equalized);
        polished_.offer(best.items[count].log_likelihood, best.items[count]);
    }
    if (count == 0)
        return;
    // The others, as far behind as they were at the first look.
    const double last = best.items[count - 1].log_likelihood - best.keys[count - 1];
    for (std::size_t i = 0; i < screened_.size(); ++i)
        if (screened_[i] <= best.keys[count - 1])
            log_likelihoods_[i] = std::max(log_likelihoods_[i], (screened_[i] + last) * z.count);
}

/// Blind first, then toward the points of the likeliest alphabets.
void AlphabetFit::equalize() noexcept
{
    Equalizer& equalizer = *equalizer_;
    if (!equalizer.load(synchronizer_.half_symbols(), z_->count))
        return;
    equalizer.run_blind(30, *plain_);
    try_filter(*plain_, true);
    const Best<Hypothesis, kPolished> candidates = polished_;
    for (int i = 0; i < std::min(3, candidates.count) && candidates.keys[i] > candidates.keys[0] - kWorthEqualizing; ++i) {
        Hypothesis hypothesis = candidates.items[i];
        polish(*plain_, hypothesis);
        *source_ = *plain_; // what y_ was turned from
        const Alphabet& row = alphabets()[hypothesis.row];
        const int rounds = row.points.size() > 16 ? 12 : 3;
        for (int round = 0; round < rounds; ++round) {
            hypothesis.channel = maximize(expect(row, hypothesis.channel, *y_, 0, y_->count, *mean_), y_->count);
            turn_like(*source_, *y_, *mean_, false, *toward_); // the wanted points, where the symbols were
            equalizer.run_toward(*toward_, *next_);
            turn_like(*source_, *y_, *next_, true, *y_);
            *source_ = *next_;
        }
        rescale(hypothesis);
        align(row, hypothesis, 1);
        hypothesis.log_likelihood -= static_cast<double>(Equalizer::kTaps) / y_->count;
        keep(hypothesis, true);
    }
}

/// Turns each symbol of `in` by the angle from `from` to `to`, or back.
void AlphabetFit::turn_like(const Symbols& from, const Symbols& to, const Symbols& in, bool forward, Symbols& out) const noexcept
{
    out.count = to.count;
    const float sign = forward ? 1.0f : -1.0f;
    for (int k = 0; k < to.count; ++k) {
        const float re = to.re[k] * from.re[k] + to.im[k] * from.im[k];
        const float im = sign * (to.im[k] * from.re[k] - to.re[k] * from.im[k]);
        const float scale = 1.0f / std::sqrt(re * re + im * im + 1e-30f), x = in.re[k], y = in.im[k];
        out.re[k] = (x * re - y * im) * scale;
        out.im[k] = (x * im + y * re) * scale;
    }
}

/// Brings the kept symbols to a mean power of 1, as likelihoods of different filters are compared at.
void AlphabetFit::rescale(Hypothesis& hypothesis) noexcept
{
    double power = 0.0;
    for (int k = 0; k < y_->count; ++k)
        power += y_->re[k] * y_->re[k] + y_->im[k] * y_->im[k];
    const double scale = std::sqrt(y_->count / std::max(power, 1e-30));
    for (int k = 0; k < y_->count; ++k) {
        y_->re[k] *= static_cast<float>(scale);
        y_->im[k] *= static_cast<float>(scale);
    }
    hypothesis.channel.gain *= scale;
    hypothesis.channel.noise *= scale * scale;
}

void AlphabetFit::try_offset(const Front& front, const RateLine& line, const PulseShape& pulse, bool fold) noexcept
{
    if (fold)
        synchronizer_.fold(front, line.rate, line.carrier);
    else
        synchronizer_.match(front, line.rate, line.carrier, pulse);
    synchronizer_.sample_offset(line, line.carrier, *z_);
    if (z_->count < kMinSymbols)
        return;
    Hypothesis hypothesis;
    hypothesis.row = qpsk_row();
    hypothesis.is_offset = true;
    coarse(*z_, 1.0 + 1e-9, hypothesis);
    polish(*z_, hypothesis);
    keep(hypothesis, false);
}

AlphabetNumbers AlphabetFit::classify(const Front& front, const RateLine& line) noexcept
{
    AlphabetNumbers numbers;
    std::fill(log_likelihoods_.begin(), log_likelihoods_.end(), -1e9);
    kept_->best = {};
    kept_->symbols.count = 0;
    const PulseFit fit = fit_pulse(space_, front, line.rate, front.centroid());
    pulse_ = fit.shape;
    // The correlation's middle stays true behind echoes, but is broad where the pulse has no sharp edge.
    double carrier = fit.carrier;
    if (line.is_conjugate)
        carrier = line.carrier;
    else if (fit.shape.kind == PulseKind::root_raised_cosine && fit.shape.parameter < 0.7)
        carrier = std::fabs(line.carrier - fit.carrier) < 0.03 * line.rate ? 0.5 * (line.carrier + fit.carrier) : line.carrier;
    for (const bool fold : { false, true }) {
        if (line.is_conjugate)
            try_offset(front, line, fit.shape, fold);
        if (fold)
            synchronizer_.fold(front, line.rate, carrier);
        else
            synchronizer_.match(front, line.rate, carrier, fit.shape);
        const int symbols = synchronizer_.sample(line.timing);
        if (symbols < kMinSymbols)
            return numbers;
        z_->count = symbols;
        for (int k = 0; k < symbols; ++k) {
            z_->re[k] = synchronizer_.half_symbols()[2 * k].real();
            z_->im[k] = synchronizer_.half_symbols()[2 * k].imag();
        }
        try_filter(*z_, false);
    }
    judge(numbers);
    if (z_->count >= kEqualizeAlways || (z_->count >= kEqualizeUnfit && !numbers.is_accepted)) {
        equalize();
        judge(numbers);
    }
    numbers.carrier = kept_->best.is_offset ? line.carrier : kept_->middle + kept_->best.frequency * line.rate;
    // Bound of a phase slope known by symbols of this SNR (Rife and Boorstyn, IEEE Trans. Information Theory, 1974).
    const double n = numbers.symbols, snr = std::pow(10.0, 0.1 * numbers.snr_db);
    numbers.carrier_error = line.rate * std::sqrt(6.0 / (4.0 * M_PI * M_PI * 2.0 * snr * n * n * n)) * 2.0;
    return numbers;
}

/// Kolmogorov and Smirnov's distance of two sorted samples.
double AlphabetFit::distance(const float* sample, int count, const float* model, int model_count) const noexcept
{
    double top = 0.0;
    for (int i = 0, j = 0; i < count && j < model_count;) {
        const float at = std::min(sample[i], model[j]);
        while (i < count && sample[i] <= at)
            ++i;
        while (j < model_count && model[j] <= at)
            ++j;
        top = std::max(top, std::fabs(static_cast<double>(i) / count - static_cast<double>(j) / model_count));
    }
    return top;
}

/// Whether the kept symbols are distributed as the model's are: in |z|, and in their distance to the nearest point.
void AlphabetFit::judge(AlphabetNumbers& numbers) noexcept
{
    const Hypothesis& best = kept_->best;
    if (best.row < 0)
        return;
    const Alphabet& row = alphabets()[best.row];
    const Symbols& z = kept_->symbols;
    const auto gain = static_cast<float>(best.channel.gain), sigma = static_cast<float>(std::sqrt(best.channel.noise));
    float* modulus = space_.u.data();
    float* apart = space_.v.data();
    float* model_modulus = space_.w.data();
    float* model_apart = space_.w.data() + kModel;
    int used[256] = {}, index = 0;
    for (int k = 0; k < z.count; ++k) {
        modulus[k] = std::sqrt(z.re[k] * z.re[k] + z.im[k] * z.im[k]);
        apart[k] = nearest(row, gain, z.re[k], z.im[k], index);
        ++used[index];
    }
    const auto points = static_cast<int>(row.points.size());
    for (int i = 0; i < kModel; ++i) {
        const Complex point = row.points[i % points];
        const float re = gain * point.real() + sigma * noise_re_[i], im = gain * point.imag() + sigma * noise_im_[i];
        model_modulus[i] = std::sqrt(re * re + im * im);
        model_apart[i] = nearest(row, gain, re, im, index);
    }
    for (float* part : { modulus, apart })
        std::sort(part, part + z.count);
    for (float* part : { model_modulus, model_apart })
        std::sort(part, part + kModel);
    const double limit = 1.6 / std::sqrt(static_cast<double>(z.count)) + 0.03;
    numbers.fit = std::max(distance(modulus, z.count, model_modulus, kModel), distance(apart, z.count, model_apart, kModel)) / limit;
    numbers.symbols = z.count;
    numbers.snr_db = best.channel.snr_db();
    numbers.separation = 0.5 * row.min_distance * gain / (sigma * M_SQRT1_2);
    numbers.name = best.is_offset ? "OQPSK" : row.name;
    numbers.is_other = !best.is_offset && row.is_decoy;
    numbers.gain = (best.log_likelihood - kGaussian) * z.count;
    numbers.pulse = kept_->pulse;
    numbers.is_equalized = kept_->is_equalized;
    double second = -1e9;
    for (std::size_t i = 0; i < log_likelihoods_.size(); ++i) {
        const char* name = i < alphabets().size() ? alphabets()[i].name : "OQPSK";
        if (log_likelihoods_[i] > second && std::strcmp(name, numbers.name) != 0) {
            second = log_likelihoods_[i];
            numbers.second = name;
        }
    }
    numbers.margin = best.log_likelihood * z.count - std::max(second, kGaussian * z.count);
    const double least = *std::min_element(used, used + points) * static_cast<double>(points) / z.count;
    const bool is_apart = numbers.separation > 3.3 && least > 0.3;
    numbers.is_accepted = !numbers.is_other && (numbers.fit < 1.0 || is_apart) && numbers.gain > 8.0 && numbers.margin > 3.0;
}

} // namespace prunedamr::measure
