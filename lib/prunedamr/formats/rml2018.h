// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/frame_source.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::formats {

/// RadioML 2018.01A (GOLD_XYZ_OSC.0001_1024.hdf5) and subsets of it in the same form: X [N, L, 2] float, Y [N, 24]
/// one-hot in any type of number, Z [N, 1] or [N] the SNR in dB. Source: T. O'Shea, T. Roy, T. C. Clancy, IEEE
/// JSTSP 2018. Read in pieces; rows keep their order, the front end is as_is with L samples and unit RMS (frames
/// are scaled), each frame a group of its own.
///
/// The names are those of `rml2018_classes`. On opening, up to 2048 rows spread over the file are looked at, and
/// those of 10 dB and more of the decisive classes are held against the table (`Rml2018Check`): a file that
/// contradicts it is refused, and the provenance says how clearly it agrees.

bool is_rml2018_hdf5(const dataset::FileHead& head);

/// Throws `Error` naming file, array and row.
std::unique_ptr<dataset::FrameSource> open_rml2018_hdf5(const std::string& path);

inline constexpr std::size_t kRml2018Classes = 24;
using Rml2018Table = std::array<const char*, kRml2018Classes>;

/// Names of the columns of Y in RadioML 2018.01A. The classes.txt beside the file prints another order, which the
/// signals contradict (github.com/radioML/dataset, issue 25). This one is the list in T. O'Shea, T. Roy, T. C.
/// Clancy, "Over-the-Air Deep Learning Based Radio Signal Classification", IEEE JSTSP 2018; the corrected file
/// classes-fixed.json (kaggle.com/datasets/pinxau1000/radioml2018) and the loader of
/// github.com/Xilinx/brevitas-radioml-challenge-21 have it too.
const Rml2018Table& rml2018_classes();

/// The order of classes.txt; only to be recognized.
const Rml2018Table& rml2018_printed_classes();

/// How much of a frame [2, L] is a line in the spectrum of its square near zero frequency:
/// max over |f| <= 1/64 cycles per sample of |sum x^2 e^{-j 2 pi f k}| / sum |x|^2, 0..1. Keying along one line of
/// the plane (OOK, ASK, BPSK) gives nearly 1 whatever its phase and a small carrier offset, flat fading included;
/// PSK of more phases, QAM and APSK average to nearly 0, and GMSK puts its lines at half the symbol rate.
double square_line(const float* frame, int length);

/// Holds a table of classes against mean line strengths by column of Y.
class Rml2018Check
{
public:
    /// Columns that one table says to be keyed along a line and the other one not, all of them digital: analogue
    /// signals may rest.
    static bool decisive(std::size_t column);

    void add(std::size_t column, double line);
    std::size_t count(std::size_t column) const { return counts_[column]; }

    /// Mean line strength where `rml2018_classes` asks for a line less the mean where it asks for none, -1..1;
    /// 0 when one kind was not seen. Near 1 the table holds, near -1 the printed one.
    double contrast() const;

private:
    std::array<double, kRml2018Classes> sums_{};
    std::array<std::size_t, kRml2018Classes> counts_{};
};

} // namespace prunedamr::formats
