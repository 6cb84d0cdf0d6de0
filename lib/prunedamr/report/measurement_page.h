// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/measurement.h"
#include "prunedamr/report/svg.h"

#include <complex>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::report {

/// What was measured of one decision on a capture, and the samples that it was made of.
struct MeasuredDecision {
    double start_s = 0.0, duration_s = 0.0;
    std::string label;                          ///< of the capture's annotation; "" without one
    double center_hz = 0.0, bandwidth_hz = 0.0; ///< of the signal's band, from the capture's center
    measure::Measurement found;
    std::vector<std::complex<float>> samples; ///< at the capture's rate; none: a line of the table, no drawings
};

struct MeasuredCapture {
    std::string name;
    double sample_rate_hz = 0.0;          ///< > 0
    std::optional<double> center_freq_hz; ///< where it was received
    std::vector<MeasuredDecision> decisions;
};

/// One HTML page without outside resources or scripts: a table of all decisions; then for each that has samples its
/// numbers with their standard errors, the alphabets with their odds, spectrum, constellation or phase advances,
/// eye, discriminator and envelope, as far as the method has them.
std::string measurement_page(const MeasuredCapture& capture);

/// The drawings of one decision: name for screen readers, drawing.
std::vector<std::pair<std::string, Svg>> measurement_drawings(const MeasuredDecision& decision,
                                                              double sample_rate_hz);

/// "symbol rate", "9600.02 ± 0.11 Hz": a quantity as a person reads it. As many digits as the error leaves.
std::string quantity_title(measure::Quantity quantity);
std::string estimate_text(measure::Quantity quantity, const measure::Estimate& estimate);

std::string frequency_text(double hz); ///< "127.9 kHz"

} // namespace prunedamr::report
