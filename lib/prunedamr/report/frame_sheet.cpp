// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/model/class_table.h"
#include "prunedamr/report/frame_cells.h"
#include "prunedamr/report/svg.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace prunedamr::report {
namespace {

constexpr double kMinDb = -120.0;
constexpr int kSteps = 8; // between two samples of a trajectory
constexpr int kReach = 8; // samples either side that interpolation sees
constexpr int kSpectrogramColumns = 120;
constexpr float kLineProminence = 30.0f; // over the spectrum's mean; the largest of 1024 noise bins has about 7

/// The largest power of two <= value, at least 4.
int power_of_two(int value)
{
    int n = 4;
    while (2 * n <= value)
        n *= 2;
    return n;
}

double to_db(double power)
{
    return std::max(kMinDb, 10.0 * std::log10(std::max(power, 1e-30)));
}

double turns(std::complex<float> x)
{
    return std::arg(x) / (2.0 * M_PI);
}

/// The value `step` / kSteps of the way from sample `at` to the next.
std::complex<float> between(const Samples& samples, int at, int step)
{
    static const std::vector<float> taps = [] {
        std::vector<float> h;
        for (int s = 0; s < kSteps; ++s)
            for (int k = 1 - kReach; k <= kReach; ++k) {
                const double t = static_cast<double>(s) / kSteps - k;
                const double window = 0.5 + 0.5 * std::cos(M_PI * t / kReach);
                h.push_back(static_cast<float>(t == 0.0 ? 1.0 : window * std::sin(M_PI * t) / (M_PI * t)));
            }
        return h;
    }();
    std::complex<float> sum;
    for (int k = 1 - kReach; k <= kReach; ++k)
        if (at + k >= 0 && at + k < static_cast<int>(samples.size()))
            sum += samples[at + k] * taps[step * 2 * kReach + k + kReach - 1];
    return sum;
}

} // namespace

Samples unit_power(const float* frame, int length)
{
    double power = 0.0;
    for (int i = 0; i < 2 * length; ++i)
        power += static_cast<double>(frame[i]) * frame[i];
    const double scale = power > 0.0 ? std::sqrt(length / power) : 0.0;
    Samples samples(static_cast<std::size_t>(length));
    for (int i = 0; i < length; ++i)
        samples[i] = { static_cast<float>(scale * frame[i]), static_cast<float>(scale * frame[length + i]) };
    return samples;
}

std::vector<double> unwrapped_turns(const Samples& samples)
{
    std::vector<double> result;
    double last = 0.0;
    for (const auto& x : samples) {
        if (x != std::complex<float>{}) {
            const double step = turns(x) - last;
            last += step - std::round(step);
        }
        result.push_back(last);
    }
    return result;
}

std::vector<double> instantaneous_frequency(const Samples& samples)
{
    std::vector<double> result;
    for (std::size_t i = 1; i < samples.size(); ++i) {
        const auto step = samples[i] * std::conj(samples[i - 1]);
        result.push_back(step == std::complex<float>{} ? std::numeric_limits<double>::quiet_NaN() : turns(step));
    }
    return result;
}

bool remove_carrier(Samples& samples, int order)
{
    Samples power = samples;
    for (int k = 1; k < order; ++k)
        std::transform(power.begin(), power.end(), samples.begin(), power.begin(), std::multiplies<>());
    dsp::HannTransform transform(power_of_two(static_cast<int>(samples.size())));
    const int nfft = transform.nfft();
    std::vector<float> psd(static_cast<std::size_t>(nfft));
    transform.center(transform.power(power.data()), 1, psd.data());
    const int peak = static_cast<int>(std::max_element(psd.begin(), psd.end()) - psd.begin());
    float mean = 0.0f;
    for (const float value : psd)
        mean += value / static_cast<float>(nfft);
    if (!(psd[peak] > kLineProminence * mean) || peak == 0 || peak == nfft - 1)
        return false;
    // Between two bins of a Hann window the ratio of amplitudes r tells the place: (2 r - 1) / (1 + r).
    const int side = psd[peak + 1] > psd[peak - 1] ? 1 : -1;
    const double ratio = std::sqrt(psd[peak + side] / psd[peak]);
    const double bin = peak - nfft / 2 + side * (2.0 * ratio - 1.0) / (1.0 + ratio);
    const double turn = -2.0 * M_PI * bin / nfft; // per sample, of the power
    std::complex<double> rest;
    for (std::size_t n = 0; n < power.size(); ++n)
        rest += std::complex<double>(power[n]) * std::polar(1.0, turn * static_cast<double>(n));
    const double phase = std::arg(order == 4 ? -rest : rest);
    for (std::size_t n = 0; n < samples.size(); ++n)
        samples[n] *= std::complex<float>(std::polar(1.0, (turn * static_cast<double>(n) - phase) / order));
    return true;
}

HeatMap trajectory_density(const Samples& samples, double extent, int size)
{
    HeatMap map{ size, size, std::vector<float>(static_cast<std::size_t>(size) * size) };
    const auto cell = [&](double value) {
        return static_cast<int>(std::floor((value / extent + 1.0) / 2.0 * size));
    };
    for (int i = 0; i + 1 < static_cast<int>(samples.size()); ++i)
        for (int step = 0; step < kSteps; ++step) {
            const auto x = between(samples, i, step);
            const int column = cell(x.real()), row = size - 1 - cell(x.imag());
            if (column >= 0 && column < size && row >= 0 && row < size)
                map.values[row * size + column] += 1.0f;
        }
    for (float& value : map.values)
        value = std::sqrt(value);
    return map;
}

HeatMap spectrogram_db(const Samples& samples)
{
    const int length = static_cast<int>(samples.size());
    const int nfft = power_of_two(std::clamp(length / 16, std::min(length / 4, 64), 256));
    PRUNEDAMR_CHECK(length >= nfft, "a spectrogram has samples");
    const int hop = std::max(1, (length - nfft) / kSpectrogramColumns);
    dsp::HannTransform transform(nfft);
    HeatMap map{ (length - nfft) / hop + 1, nfft, {} };
    map.values.resize(static_cast<std::size_t>(map.columns) * nfft);
    std::vector<float> psd(nfft);
    for (int column = 0; column < map.columns; ++column) {
        transform.center(transform.power(samples.data() + column * hop), 1, psd.data());
        for (int row = 0; row < nfft; ++row)
            map.values[row * map.columns + column] = static_cast<float>(to_db(nfft * psd[nfft - 1 - row]));
    }
    return map;
}

MeanSpectrum::MeanSpectrum(int frame_length)
    : transform_(power_of_two(std::min(frame_length / 2, std::max(64, frame_length / 4)))),
      sum_(static_cast<std::size_t>(transform_.nfft()))
{
}

void MeanSpectrum::add(const Samples& frame)
{
    const int nfft = transform_.nfft();
    for (int at = 0; at + nfft <= static_cast<int>(frame.size()); at += nfft / 2, ++segments_) {
        const float* power = transform_.power(frame.data() + at);
        std::transform(sum_.begin(), sum_.end(), power, sum_.begin(), std::plus<>());
    }
}

std::vector<double> MeanSpectrum::frequency() const
{
    std::vector<double> result;
    for (int b = 0; b < transform_.nfft(); ++b)
        result.push_back(static_cast<double>(b) / transform_.nfft() - 0.5);
    return result;
}

std::vector<double> MeanSpectrum::db() const
{
    std::vector<float> psd(sum_.size());
    transform_.center(sum_.data(), std::max(1, segments_), psd.data());
    std::vector<double> result;
    for (const float value : psd)
        result.push_back(to_db(static_cast<double>(value) * transform_.nfft()));
    return result;
}

namespace {

constexpr double kGap = 24.0;

/// Empty for a class that the table does not know.
std::string definition_of(const std::string& label)
{
    const model::Modulation* row = model::find_modulation(label);
    return row ? std::string(row->definition) : "";
}

/// Drawings of one class, in order.
struct ClassDrawings {
    std::string label;
    std::vector<Svg> drawings;
};

std::vector<ClassDrawings> draw_classes(const std::vector<FrameCell>& cells)
{
    std::vector<ClassDrawings> classes;
    for (const auto& cell : cells) {
        if (classes.empty() || classes.back().label != cell.label)
            classes.push_back({ cell.label, {} });
        for (std::size_t i = 0; i < cell.examples.size(); ++i)
            classes.back().drawings.push_back(draw_frame(cell, i));
    }
    return classes;
}

std::string page_style(const SheetConfig& config)
{
    return "body{max-width:" + std::to_string(1304 * config.columns) + "px}.sheet{display:grid;gap:10px " +
           std::to_string(static_cast<int>(kGap)) + "px;grid-template-columns:repeat(" +
           std::to_string(config.columns) + ",minmax(0,1fr))}svg{width:100%;height:auto}";
}

} // namespace

std::string sheet_html(const SheetConfig& config, const std::vector<FrameCell>& cells)
{
    const auto classes = draw_classes(cells);
    std::string contents, sections;
    for (std::size_t i = 0; i < classes.size(); ++i) {
        const std::string anchor = "class-" + std::to_string(i + 1), label = escape(classes[i].label);
        contents += "<a href=\"#" + anchor + "\">" + label + "</a>\n";
        sections += "<section id=\"" + anchor + "\">\n<h2>" + label + "</h2>\n<p>" +
                    escape(definition_of(classes[i].label)) + "</p>\n<div class=\"sheet\">\n";
        for (const Svg& drawing : classes[i].drawings)
            sections += drawing.element(classes[i].label);
        sections += "</div>\n</section>\n";
    }
    return html_page(config.title, page_style(config),
                     html_element("p", config.note) + "\n<nav>\n" + contents + "</nav>\n" + sections);
}

std::string sheet_svg(const SheetConfig& config, const std::vector<FrameCell>& cells)
{
    const auto classes = draw_classes(cells);
    const double block_width = classes.at(0).drawings.at(0).width(), block_height = classes[0].drawings[0].height();
    constexpr double kMargin = 24.0, kHead = 64.0, kClassHead = 56.0;
    const auto columns = static_cast<std::size_t>(config.columns);
    double height = kMargin + kHead;
    for (const auto& one : classes)
        height += kClassHead + block_height * static_cast<double>((one.drawings.size() + columns - 1) / columns);
    Svg svg(2 * kMargin + config.columns * (block_width + kGap) - kGap, height + kMargin);
    svg.text({ kMargin, kMargin + 18.0 }, config.title, mark::heading);
    svg.text({ kMargin, kMargin + 40.0 }, config.note, mark::note);
    double y = kMargin + kHead;
    for (const auto& one : classes) {
        svg.text({ kMargin, y + 26.0 }, one.label, mark::heading);
        svg.text({ kMargin, y + 45.0 }, definition_of(one.label), mark::note);
        y += kClassHead;
        for (std::size_t i = 0; i < one.drawings.size(); ++i) {
            svg.place(one.drawings[i], { kMargin + static_cast<double>(i % columns) * (block_width + kGap), y });
            if (i % columns + 1 == columns || i + 1 == one.drawings.size())
                y += block_height;
        }
    }
    return svg.document(config.title);
}

} // namespace prunedamr::report
