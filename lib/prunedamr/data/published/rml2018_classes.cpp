// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/data/published/rml2018_classes.h"

#include "prunedamr/base/modulation.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <set>

namespace prunedamr::data {
namespace {

constexpr double kMaxOffset = 1.0 / 64.0; // cycles per sample, of the square; a symbol rate is 1/8

bool on_a_line(const std::string& name)
{
    static const std::set<std::string> names = { "OOK", "4ASK", "8ASK", "BPSK" };
    return names.count(name) > 0;
}

bool analogue(const std::string& name)
{
    const std::string family = family_of(name);
    return family == "AM" || family == "FM";
}

} // namespace

const Rml2018Table& rml2018_classes()
{
    static const Rml2018Table table = { "OOK",       "4ASK",      "8ASK",      "BPSK",   "QPSK",   "8PSK",
                                        "16PSK",     "32PSK",     "16APSK",    "32APSK", "64APSK", "128APSK",
                                        "16QAM",     "32QAM",     "64QAM",     "128QAM", "256QAM", "AM-SSB-WC",
                                        "AM-SSB-SC", "AM-DSB-WC", "AM-DSB-SC", "FM",     "GMSK",   "OQPSK" };
    return table;
}

const Rml2018Table& rml2018_printed_classes()
{
    static const Rml2018Table table = { "32PSK", "16APSK", "32QAM",  "FM",        "GMSK",      "32APSK",
                                        "OQPSK", "8ASK",   "BPSK",   "8PSK",      "AM-SSB-SC", "4ASK",
                                        "16PSK", "64APSK", "128QAM", "128APSK",   "AM-DSB-SC", "AM-SSB-WC",
                                        "64QAM", "QPSK",   "256QAM", "AM-DSB-WC", "OOK",       "16QAM" };
    return table;
}

double square_line(const float* frame, int length)
{
    const double pi = std::acos(-1.0);
    double energy = 0.0;
    for (int k = 0; k < 2 * length; ++k)
        energy += static_cast<double>(frame[k]) * frame[k];
    if (energy == 0.0)
        return 0.0;
    double strongest = 0.0;
    // Steps of half a bin: a line between two of them loses a tenth at most.
    const int steps = static_cast<int>(kMaxOffset * 2 * length);
    for (int step = -steps; step <= steps; ++step) {
        const std::complex<double> turn = std::polar(1.0, -pi * step / length);
        std::complex<double> phasor = 1.0, sum = 0.0;
        for (int k = 0; k < length; ++k) {
            const std::complex<double> x(frame[k], frame[length + k]);
            sum += x * x * phasor;
            phasor *= turn;
        }
        strongest = std::max(strongest, std::abs(sum));
    }
    return strongest / energy;
}

bool Rml2018Check::decisive(std::size_t column)
{
    const std::string ours = rml2018_classes()[column], printed = rml2018_printed_classes()[column];
    return !analogue(ours) && !analogue(printed) && on_a_line(ours) != on_a_line(printed);
}

void Rml2018Check::add(std::size_t column, double line)
{
    sums_[column] += line;
    ++counts_[column];
}

double Rml2018Check::contrast() const
{
    double means[2] = {};
    int columns[2] = {};
    for (std::size_t column = 0; column < kRml2018Classes; ++column)
        if (decisive(column) && counts_[column] > 0) {
            const bool line = on_a_line(rml2018_classes()[column]);
            means[line] += sums_[column] / static_cast<double>(counts_[column]);
            ++columns[line];
        }
    return columns[0] == 0 || columns[1] == 0 ? 0.0 : means[1] / columns[1] - means[0] / columns[0];
}

} // namespace prunedamr::data
