// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/measure/signals.h"

#include "prunedamr/dsp/fft.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace prunedamr::test {
namespace {

using Cd = std::complex<double>;

double root_raised_cosine(double t, double b)
{
    const double d = 1.0 - 16.0 * b * b * t * t;
    if (std::fabs(t) < 1e-9)
        return 1.0 - b + 4.0 * b / M_PI;
    if (std::fabs(d) < 1e-6)
        return b / M_SQRT2 * ((1 + 2 / M_PI) * std::sin(M_PI / 4 / b) + (1 - 2 / M_PI) * std::cos(M_PI / 4 / b));
    return (std::sin(M_PI * t * (1 - b)) + 4 * b * t * std::cos(M_PI * t * (1 + b))) / (M_PI * t * d);
}

double gaussian(double t, double bt) // of a rectangle of one symbol
{
    const double s = std::sqrt(std::log(2.0)) / (2 * M_PI * bt) * M_SQRT2;
    return 0.5 * (std::erf((t + 0.5) / s) - std::erf((t - 0.5) / s));
}

/// A pulse by table, 512 values a symbol.
struct Table {
    int span;
    std::vector<double> values;
    Table(int symbols, const std::function<double(double)>& pulse) : span(symbols), values(1024 * symbols + 2)
    {
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = pulse(static_cast<double>(i) / 512 - symbols);
    }
    double operator()(double t) const
    {
        const double at = (t + span) * 512;
        if (at < 0 || at >= values.size() - 1)
            return 0.0;
        const auto i = static_cast<std::size_t>(at);
        return values[i] + (at - i) * (values[i + 1] - values[i]);
    }
};

Points draw(const std::string& name, int count, Rng& rng)
{
    Points a(count);
    if (name == "pi/4-DQPSK" || name == "pi/2-BPSK") {
        int turn = 0; // eighths
        for (auto& v : a) {
            turn += name == "pi/2-BPSK" ? 2 + 4 * static_cast<int>(rng.integer(0, 1)) : 2 * static_cast<int>(rng.integer(0, 3)) + 1;
            v = std::polar(1.0, M_PI / 4 * (turn % 8));
        }
        return a;
    }
    const Points p = alphabet_points(name == "OQPSK" ? "QPSK" : name);
    for (auto& v : a)
        v = p[rng.integer(0, static_cast<int>(p.size()) - 1)];
    return a;
}

Samples spectrum_of(const Samples& x)
{
    Samples out(x.size());
    dsp::Fft(static_cast<int>(x.size()), dsp::FftDirection::forward).run(x.data(), out.data());
    return out;
}

/// The inner `count` bins of a spectrum, or that spectrum with zeros around, as samples at the other rate.
Samples samples_of(const Samples& spectrum, int count)
{
    const int n = static_cast<int>(spectrum.size()), half = std::min(n, count) / 2;
    Samples in(count), out(count);
    for (int k = 0; k < half; ++k) {
        in[k] = spectrum[k] / static_cast<float>(n);
        in[count - 1 - k] = spectrum[n - 1 - k] / static_cast<float>(n);
    }
    dsp::Fft(count, dsp::FftDirection::backward).run(in.data(), out.data());
    return out;
}

void shift(Samples& x, double frequency, double phase)
{
    for (std::size_t n = 0; n < x.size(); ++n)
        x[n] *= std::complex<float>(std::polar(1.0, 2 * M_PI * (std::fmod(frequency * n, 1.0) + phase)));
}

double power(const Samples& x)
{
    double sum = 0;
    for (const auto& v : x)
        sum += static_cast<double>(std::norm(v));
    return sum / x.size();
}

double db(double x) { return std::pow(10.0, x / 10.0); }

} // namespace

void add_noise(Samples& x, double n0, Rng& rng)
{
    const auto sigma = static_cast<float>(std::sqrt(n0));
    for (auto& v : x)
        v += sigma * rng.complex_normal();
}

Made make(const LinearSignal& s, Rng& rng)
{
    // Pulses that have no edge in frequency are made at four times the rate.
    const int over = s.pulse == Pulse::root_raised_cosine ? 1 : 4;
    const int count = over * (s.count + (over > 1 ? 64 : 0));
    const double sps = s.samples_per_symbol * over, b = s.shape;
    const int span = s.pulse == Pulse::root_raised_cosine ? (b < 0.2 ? 28 : 14) : s.pulse == Pulse::gaussian ? 3 : 1;
    const Table pulse(span, [&](double t) {
        switch (s.pulse) {
        case Pulse::root_raised_cosine: return root_raised_cosine(t, b);
        case Pulse::gaussian: return gaussian(t, b);
        case Pulse::half_sine: return std::fabs(t) < 0.5 ? std::cos(M_PI * t) : 0.0;
        default: return t >= -0.5 && t < 0.5 ? 1.0 : 0.0;
        }
    });
    const int symbols = static_cast<int>(count / sps) + 8 + 2 * span;
    const Points a = draw(s.alphabet, symbols, rng);
    const bool offset = s.alphabet == "OQPSK";
    const double start = rng.uniform(), echo_delay = rng.uniform(0.3, 1.5);
    const Cd echo = std::polar(s.echo, 2 * M_PI * rng.uniform());
    const auto value = [&](double t) {
        Cd sum;
        const int k0 = static_cast<int>(std::floor(t));
        for (int k = k0 - span; k <= k0 + span + 1; ++k) {
            const int i = std::clamp(k + span + 2, 0, symbols - 1);
            if (offset)
                sum += Cd(a[i].real() * pulse(t - k), a[i].imag() * pulse(t - k - 0.5));
            else
                sum += a[i] * pulse(t - k);
        }
        return sum;
    };
    Samples x(count);
    for (int n = 0; n < count; ++n) {
        const double t = n / sps + start;
        x[n] = std::complex<float>(s.echo > 0 ? value(t) + echo * value(t - echo_delay) : value(t));
    }
    if (over > 1) {
        x = samples_of(spectrum_of(x), count / over);
        x = Samples(x.begin() + 32, x.begin() + 32 + s.count);
    }
    Made made;
    made.rate = 1.0 / s.samples_per_symbol;
    made.center = (s.offset > 1e8 ? rng.uniform(-0.08, 0.08) : s.offset) * made.rate;
    const double width = s.pulse == Pulse::root_raised_cosine ? 1 + b : s.pulse == Pulse::gaussian ? 1.4 : s.pulse == Pulse::half_sine ? 2.0 : 1.8;
    made.bandwidth = std::min(0.95, width * made.rate);
    const double n0 = power(x) * s.samples_per_symbol / db(s.es_n0_db);
    shift(x, made.center, rng.uniform());
    add_noise(x, n0, rng);
    made.samples = std::move(x);
    return made;
}

Made make(const FskSignal& s, Rng& rng)
{
    const int over = std::max(1, static_cast<int>(std::ceil(16 / s.samples_per_symbol)));
    const double sps = s.samples_per_symbol * over;
    std::vector<double> level(static_cast<std::size_t>(s.count / s.samples_per_symbol) + 16);
    for (auto& v : level)
        v = 2.0 * rng.integer(0, s.tones - 1) - s.tones + 1;
    const double start = 4 + rng.uniform();
    const double bt = s.bandwidth_time;
    const Table pulse(4, [&](double t) { return bt > 0 ? gaussian(t, bt) : 0.0; });
    Made made;
    made.rate = 1 / s.samples_per_symbol;
    made.index = s.index;
    made.bandwidth = std::min(0.95, ((s.tones - 1) * s.index + (bt > 0 ? 1.0 : 1.2)) * made.rate);
    made.center = rng.uniform(-0.08, 0.08) * made.bandwidth;
    double phase = rng.uniform();
    made.samples.resize(s.count);
    for (int n = 0; n < s.count * over; ++n) {
        const double t = n / sps + start;
        const int k = static_cast<int>(t);
        double f = level[k];
        if (bt > 0) {
            f = 0;
            for (int j = -3; j <= 3; ++j)
                f += level[k + j] * pulse(t - (k + j) - 0.5);
        }
        if (n % over == 0)
            made.samples[n / over] = std::complex<float>(std::polar(1.0, 2 * M_PI * phase));
        phase += f * s.index / 2 / sps + made.center / over;
        phase -= std::floor(phase);
    }
    add_noise(made.samples, 1 / (made.bandwidth * db(s.snr_db)), rng);
    return made;
}

Made make(const OfdmSignal& s, Rng& rng)
{
    const int length = s.transform + s.guard, symbols = static_cast<int>(s.count / s.resample / length) + 3;
    const dsp::Fft backward(s.transform, dsp::FftDirection::backward);
    const Points qpsk = alphabet_points("QPSK");
    std::vector<double> sign(s.active);
    for (auto& v : sign)
        v = rng.chance(0.5) ? 4.0 / 3 : -4.0 / 3;
    Samples x, in(s.transform), out(s.transform);
    for (int q = 0; q < symbols; ++q) {
        std::fill(in.begin(), in.end(), 0);
        for (int k = 0; k < s.active; ++k) {
            Cd value = qpsk[rng.integer(0, 3)];
            if (s.pilots == 12 && k % 12 == 3 * (q % 4))
                value = sign[k];
            if (s.pilots == 6 && (q % 7 == 0 || q % 7 == 4) && k % 6 == (q % 7 == 4 ? 3 : 0))
                value *= 1.4;
            const int carrier = k < s.active / 2 ? k + 1 : k - s.active;
            in[(carrier + s.transform) % s.transform] = std::complex<float>(value);
        }
        backward.run(in.data(), out.data());
        x.insert(x.end(), out.end() - s.guard, out.end());
        x.insert(x.end(), out.begin(), out.end());
    }
    double factor = 1.0;
    if (s.resample != 1.0) {
        const int n = static_cast<int>(std::lround(x.size() * s.resample));
        factor = static_cast<double>(n) / x.size();
        x = samples_of(spectrum_of(x), n);
    }
    Made made;
    const auto first = rng.integer(0, static_cast<int>(length * factor) - 1);
    made.samples.assign(x.begin() + first, x.begin() + std::min<std::int64_t>(first + s.count, x.size()));
    made.useful = s.transform * factor;
    made.period = length * factor;
    made.bandwidth = s.active / (s.transform * factor);
    made.center = rng.uniform(-0.05, 0.05) * made.bandwidth;
    const auto gain = static_cast<float>(1 / std::sqrt(power(made.samples)));
    for (auto& v : made.samples)
        v *= gain;
    shift(made.samples, made.center, rng.uniform());
    add_noise(made.samples, 1 / (made.bandwidth * db(s.snr_db)), rng);
    return made;
}

Made make(const ChirpSignal& s, Rng& rng)
{
    const int chips = 1 << s.spreading_factor;
    const double period = chips * s.samples_per_chip;
    const auto first = rng.integer(0, static_cast<int>(period) - 1);
    std::vector<int> symbol(static_cast<std::size_t>(s.count / period) + 3);
    for (auto& v : symbol)
        v = static_cast<int>(rng.integer(0, chips - 1));
    if (rng.chance(0.5))
        for (std::size_t i = 0; i < std::min<std::size_t>(4, symbol.size()); ++i)
            symbol[i] = 0;
    Made made;
    made.bandwidth = 1 / s.samples_per_chip;
    made.center = rng.uniform(-0.1, 0.1) * made.bandwidth;
    made.slope = 1 / (s.samples_per_chip * period);
    made.rate = 1 / period;
    double phase = 0;
    for (int n = 0; n < s.count; ++n) {
        const double u = (n + first) / period;
        const int k = static_cast<int>(u);
        const double f = std::fmod(u - k + static_cast<double>(symbol[k]) / chips, 1.0) - 0.5;
        phase += f / s.samples_per_chip + made.center;
        phase -= std::floor(phase);
        made.samples.push_back(std::complex<float>(std::polar(1.0, 2 * M_PI * phase)));
    }
    add_noise(made.samples, 1 / (made.bandwidth * db(s.snr_db)), rng);
    return made;
}

std::vector<double> audio(int count, double width, Rng& rng)
{
    Samples spectrum(count), out(count);
    for (int k = 1; k < width * count; ++k) {
        spectrum[k] = rng.complex_normal();
        spectrum[count - k] = std::conj(spectrum[k]);
    }
    dsp::Fft(count, dsp::FftDirection::backward).run(spectrum.data(), out.data());
    std::vector<double> a(count);
    const double scale = 1 / std::sqrt(power(out));
    for (int n = 0; n < count; ++n)
        a[n] = out[n].real() * scale;
    return a;
}

Made make_am(int count, double depth_rms, double width, double snr_db, Rng& rng)
{
    Made made;
    made.bandwidth = 2 * width;
    made.center = rng.uniform(-0.05, 0.05) * made.bandwidth;
    for (const double v : audio(count, width, rng))
        made.samples.push_back(static_cast<float>(1 + depth_rms * v));
    shift(made.samples, made.center, rng.uniform());
    add_noise(made.samples, power(made.samples) / (made.bandwidth * db(snr_db)), rng);
    return made;
}

Made make_fm(int count, double deviation, double width, bool tone, double snr_db, Rng& rng)
{
    Made made;
    made.bandwidth = std::min(0.9, 2 * (deviation * (tone ? 1 : 2.5) + width));
    made.center = rng.uniform(-0.05, 0.05) * made.bandwidth;
    std::vector<double> a = audio(count, width, rng);
    const double start = rng.uniform();
    double phase = rng.uniform();
    for (int n = 0; n < count; ++n) {
        phase += made.center + deviation * (tone ? std::cos(2 * M_PI * (width * n + start)) : a[n]);
        phase -= std::floor(phase);
        made.samples.push_back(std::complex<float>(std::polar(1.0, 2 * M_PI * phase)));
    }
    add_noise(made.samples, 1 / (made.bandwidth * db(snr_db)), rng);
    return made;
}

Made make_carrier(int count, double snr_db, Rng& rng)
{
    Made made;
    made.samples.assign(count, 1.0f);
    made.bandwidth = 0.02;
    made.center = rng.uniform(-0.2, 0.2);
    shift(made.samples, made.center, rng.uniform());
    add_noise(made.samples, 1 / (made.bandwidth * db(snr_db)), rng);
    return made;
}

Made make_noise(int count, double bandwidth, Rng& rng)
{
    Made made;
    made.samples.resize(count);
    add_noise(made.samples, 1.0, rng);
    made.bandwidth = bandwidth;
    if (bandwidth >= 1.0)
        return made;
    Samples spectrum = spectrum_of(made.samples);
    for (int k = 0; k < count; ++k)
        if (std::min(k, count - k) > bandwidth / 2 * count)
            spectrum[k] = 0;
    made.samples = samples_of(spectrum, count);
    add_noise(made.samples, 0.03, rng);
    return made;
}

} // namespace prunedamr::test
