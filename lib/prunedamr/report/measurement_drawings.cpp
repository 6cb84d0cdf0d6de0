// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/measurement_page.h"

#include "prunedamr/dsp/fft.h"
#include "prunedamr/report/axes.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::report {
namespace {

using measure::Method;
using measure::Quantity;
using Samples = std::vector<std::complex<float>>;

constexpr double kWidth = 420.0, kHeight = 240.0;
constexpr int kSpectrum = 512;   // bins
constexpr int kPerSymbol = 16;   // points of an eye in each symbol, at least
constexpr int kEyeSymbols = 240; // what a carrier's error turns by little
constexpr double kAir = 0.1;     // of a band, to either side of what is drawn

/// One pair of axes that fills a drawing.
struct Drawing {
    Svg svg;
    Axes axes;

    Drawing(Interval x, Interval y, const std::string& title, const std::string& x_name, double width = kWidth)
        : svg(width, kHeight),
          axes(svg, { { AxesMargins::kLeft + 8.0, AxesMargins::kTop, width - AxesMargins::kLeft - 16.0,
                        kHeight - AxesMargins::kTop - AxesMargins::kBottom },
                      x,
                      y,
                      title,
                      x_name,
                      5,
                      5 })
    {
    }
};

std::vector<double> steps(std::size_t count, double first, double step)
{
    std::vector<double> all(count);
    for (std::size_t i = 0; i < count; ++i)
        all[i] = first + step * static_cast<double>(i);
    return all;
}

/// Mean of windowed power spectra, in dBFS by rising frequency.
std::vector<double> spectrum_db(const Samples& samples)
{
    const dsp::Fft fft(kSpectrum, dsp::FftDirection::forward);
    Samples in(kSpectrum), out(kSpectrum);
    std::vector<double> power(kSpectrum, 0.0);
    int count = 0;
    for (std::size_t at = 0; at == 0 || at + kSpectrum <= samples.size(); at += kSpectrum / 2, ++count) {
        for (std::size_t i = 0; i < kSpectrum; ++i) {
            const double window = 1.0 - std::cos(2.0 * M_PI * (static_cast<double>(i) + 0.5) / kSpectrum);
            in[i] = at + i < samples.size() ? samples[at + i] * static_cast<float>(window / kSpectrum) : 0.0f;
        }
        fft.run(in.data(), out.data());
        for (std::size_t i = 0; i < kSpectrum; ++i)
            power[(i + kSpectrum / 2) % kSpectrum] += std::norm(out[i]);
    }
    for (double& one : power)
        one = 10.0 * std::log10(one / count + 1e-20);
    return power;
}

Svg spectrum(const MeasuredDecision& decision, double rate_hz)
{
    const auto db = spectrum_db(decision.samples);
    const auto khz = steps(kSpectrum, -rate_hz / 2e3, rate_hz / 1e3 / kSpectrum);
    const Interval y = fitted(db, 5);
    Drawing drawing({ khz.front(), -khz.front() }, y,
                    "Spectrum, dBFS in a bin of " + frequency_text(rate_hz / kSpectrum),
                    "kHz from the center of the capture");
    for (const double side : { -0.5, 0.5 }) {
        const double edge = (decision.center_hz + side * decision.bandwidth_hz) / 1e3;
        drawing.axes.line({ edge, edge }, { y.low, y.high }, mark::context);
    }
    drawing.axes.line(khz, db, mark::series);
    return drawing.svg;
}

/// What a receiver of the signal sees: its band around zero, filtered, several times as many samples.
struct Received {
    Samples samples;
    double rate_hz = 0.0;
};

/// Root raised cosine around zero of symbols at `symbol_hz`; without them a band of `width_hz` with sharp edges.
double gain(double hz, double symbol_hz, double roll_off, double width_hz)
{
    if (symbol_hz <= 0.0)
        return std::fabs(hz) <= width_hz / 2.0 ? 1.0 : 0.0;
    const double edge = std::fabs(hz) / symbol_hz;
    if (edge <= (1.0 - roll_off) / 2.0)
        return 1.0;
    return edge >= (1.0 + roll_off) / 2.0 ? 0.0 : std::cos(M_PI / 2.0 / roll_off * (edge - (1.0 - roll_off) / 2.0));
}

Received receive(const MeasuredDecision& decision, double rate_hz, double center_hz, double symbol_hz,
                 double roll_off, int times)
{
    const std::size_t size = decision.samples.size(), more = size * static_cast<std::size_t>(times);
    Samples in(size), bins(size), wide(more), out(more);
    for (std::size_t n = 0; n < size; ++n)
        in[n] = decision.samples[n] *
                std::complex<float>(
                    std::polar(1.0, -2.0 * M_PI * std::fmod(center_hz / rate_hz * static_cast<double>(n), 1.0)));
    dsp::Fft(static_cast<int>(size), dsp::FftDirection::forward).run(in.data(), bins.data());
    for (std::size_t k = 0; k < size; ++k) {
        const bool is_low = 2 * k < size;
        const double hz = (static_cast<double>(k) - (is_low ? 0.0 : static_cast<double>(size))) * rate_hz /
                          static_cast<double>(size);
        wide[is_low ? k : more - size + k] =
            bins[k] * static_cast<float>(gain(hz, symbol_hz, roll_off, decision.bandwidth_hz * (1.0 + 2.0 * kAir)) /
                                         static_cast<double>(size));
    }
    dsp::Fft(static_cast<int>(more), dsp::FftDirection::backward).run(wide.data(), out.data());
    return { std::move(out), rate_hz * times };
}

/// Instantaneous frequency [kHz].
std::vector<double> discriminator_khz(const Received& signal)
{
    std::vector<double> khz;
    for (std::size_t n = 1; n < signal.samples.size(); ++n)
        khz.push_back(std::arg(signal.samples[n] * std::conj(signal.samples[n - 1])) / (2.0 * M_PI) *
                      signal.rate_hz / 1e3);
    return khz;
}

/// Where all but the farthest hundredth of them are, with some air.
Interval most_of(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    const auto rank = [&](double part) {
        return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
    };
    const double low = rank(0.005), high = rank(0.995), air = kAir * std::max(high - low, 1e-9);
    return { low - air, high + air };
}

/// The symbols of a real signal over one another, two of their times wide: in the middle they are decided.
Svg eye(const std::vector<double>& values, double rate_hz, double symbol_hz, const std::string& title)
{
    const double period = rate_hz / symbol_hz; // points in a symbol
    const auto count = std::min(values.size(), static_cast<std::size_t>(kEyeSymbols * period));
    double best = 0.0, most = -1.0;
    for (int phase = 0; phase < 2 * kPerSymbol;
         ++phase) { // symbols change half of their time before they are decided
        const double change = phase * period / (2 * kPerSymbol);
        double power = 0.0;
        for (double at = change; at + 1.0 < static_cast<double>(count); at += period)
            power += std::pow(values[static_cast<std::size_t>(at) + 1] - values[static_cast<std::size_t>(at)], 2);
        if (power > most) {
            most = power;
            best = change + period / 2.0;
        }
    }
    const std::vector<double> shown(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count));
    const Interval y = most_of(shown);
    Drawing drawing({ -1.0, 1.0 }, y, title, "symbols");
    for (double middle = best + period; middle + period < static_cast<double>(count); middle += 2.0 * period) {
        std::vector<double> x, y;
        for (auto n = static_cast<std::size_t>(std::ceil(middle - period));
             n <= static_cast<std::size_t>(middle + period); ++n) {
            x.push_back((static_cast<double>(n) - middle) / period);
            y.push_back(shown[n]);
        }
        drawing.axes.line(x, y, mark::series);
    }
    return drawing.svg;
}

/// The in-phase part, turned so that a constellation with that many equal sides stands upright.
std::vector<double> in_phase(const Received& signal, std::size_t count, int sides)
{
    std::complex<double> sum = 0.0;
    double power = 0.0;
    count = std::min(count, signal.samples.size());
    for (std::size_t n = 0; n < count; ++n) {
        const std::complex<double> z = signal.samples[n];
        sum += sides == 4 ? -z * z * z * z : z * z;
        power += std::norm(z) / static_cast<double>(count);
    }
    const auto turn = std::polar(1.0 / std::sqrt(std::max(power, 1e-30)), -std::arg(sum) / sides);
    std::vector<double> values;
    for (std::size_t n = 0; n < count; ++n)
        values.push_back((std::complex<double>(signal.samples[n]) * turn).real());
    return values;
}

Svg constellation(const measure::Measurement& found)
{
    std::vector<double> i, q;
    double most = 1.0;
    for (int k = 0; k < found.symbol_count; ++k) {
        i.push_back(found.symbols[static_cast<std::size_t>(k)].real());
        q.push_back(found.symbols[static_cast<std::size_t>(k)].imag());
        most = std::max({ most, std::fabs(i.back()), std::fabs(q.back()) });
    }
    most *= 1.0 + kAir;
    Drawing drawing({ -most, most }, { -most, most }, "Symbols, Q", "I", kHeight);
    drawing.axes.dots(i, q, mark::dots);
    return drawing.svg;
}

Svg phase_advances(const measure::Measurement& found)
{
    constexpr int kBins = 48;
    std::vector<double> cycles;
    for (int k = 0; k < found.symbol_count; ++k)
        cycles.push_back(found.symbols[static_cast<std::size_t>(k)].real());
    const Interval x = fitted(cycles, 5);
    std::vector<double> counts(kBins, 0.0), edges, heights;
    for (const double one : cycles)
        counts[static_cast<std::size_t>(std::clamp((one - x.low) / (x.high - x.low), 0.0, 0.999) * kBins)] += 1.0;
    for (int k = 0; k < 2 * kBins; ++k) {
        edges.push_back(x.low + (x.high - x.low) * ((k + 1) / 2) / kBins);
        heights.push_back(counts[static_cast<std::size_t>(k / 2)]);
    }
    Drawing drawing(x, fitted({ 0.0, *std::max_element(counts.begin(), counts.end()) }, 4),
                    "Phase advances in a symbol, count", "cycles");
    drawing.axes.line(edges, heights, mark::series);
    return drawing.svg;
}

} // namespace

std::vector<std::pair<std::string, Svg>> measurement_drawings(const MeasuredDecision& measured, double rate_hz)
{
    std::vector<std::pair<std::string, Svg>> drawings;
    if (measured.samples.empty())
        return drawings;
    MeasuredDecision decision = measured;
    for (auto& sample : decision.samples)
        if (!std::isfinite(sample.real()) || !std::isfinite(sample.imag()))
            sample = 0.0f;
    const measure::Measurement& found = decision.found;
    drawings.emplace_back("spectrum", spectrum(decision, rate_hz));
    const auto value = [&](Quantity quantity) { return found[quantity] ? found[quantity]->value : 0.0; };
    const double center_hz = found[Quantity::carrier_hz] ? value(Quantity::carrier_hz) : decision.center_hz;
    const double symbol_hz = value(Quantity::symbol_rate_hz);
    const bool is_fsk = found.method == Method::fsk, is_linear = found.method == Method::linear;
    const int times =
        symbol_hz > 0.0 ? std::clamp(static_cast<int>(std::ceil(kPerSymbol * symbol_hz / rate_hz)), 1, 16) : 1;
    const Received band = receive(decision, rate_hz, center_hz, 0.0, 0.0, is_fsk ? times : 1);
    if (found.symbol_count > 0)
        drawings.emplace_back(is_fsk ? "phase advances" : "constellation",
                              is_fsk ? phase_advances(found) : constellation(found));
    const auto khz = discriminator_khz(band);
    if (is_fsk && symbol_hz > 0.0)
        drawings.emplace_back("eye", eye(khz, band.rate_hz, symbol_hz, "Eye of the discriminator, kHz"));
    if (is_linear && symbol_hz > 0.0) {
        const double roll_off = std::clamp(found[Quantity::roll_off] ? value(Quantity::roll_off) : 0.3, 0.05, 1.0);
        const Received matched = receive(decision, rate_hz, center_hz, symbol_hz, roll_off, times);
        const bool has_two_sides =
            std::string_view(found.alphabet) == "BPSK" || std::string_view(found.alphabet).find("ASK") == 1;
        const auto shown = static_cast<std::size_t>(kEyeSymbols * matched.rate_hz / symbol_hz);
        drawings.emplace_back(
            "eye", eye(in_phase(matched, shown, has_two_sides ? 2 : 4), matched.rate_hz, symbol_hz, "Eye, I"));
    }
    // As much of it as can be told apart on its axis.
    const double span = symbol_hz > 0.0 ? 48.0 * band.rate_hz / symbol_hz : 2048.0;
    const auto part = static_cast<std::ptrdiff_t>(std::min<double>(static_cast<double>(khz.size()), span));
    const std::vector<double> first(khz.begin(), khz.begin() + part);
    if (part > 1) {
        Drawing drawing({ 0.0, static_cast<double>(part) * 1e3 / band.rate_hz }, most_of(first),
                        "Discriminator, kHz", "ms");
        drawing.axes.line(steps(first.size(), 0.0, 1e3 / band.rate_hz), first, mark::series);
        drawings.emplace_back("discriminator", drawing.svg);
    }
    std::vector<double> envelope;
    for (const auto& sample : band.samples)
        envelope.push_back(20.0 * std::log10(std::max(std::abs(sample), 1e-6f)));
    Drawing drawing({ 0.0, static_cast<double>(envelope.size()) * 1e3 / band.rate_hz }, fitted(envelope, 5),
                    "Envelope, dBFS", "ms");
    drawing.axes.line(steps(envelope.size(), 0.0, 1e3 / band.rate_hz), envelope, mark::series);
    drawings.emplace_back("envelope", drawing.svg);
    return drawings;
}

} // namespace prunedamr::report
