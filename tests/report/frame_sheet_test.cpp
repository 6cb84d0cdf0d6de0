// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"
#include "prunedamr/report/frame_cells.h"
#include "tests/report/well_formed.h"

#include <cmath>

namespace prunedamr::report {
namespace {

FrameCell cell(const std::string& label, double snr_db, std::size_t length)
{
    FrameCell result{ label, snr_db, "a & b", 7, MeanSpectrum(static_cast<int>(length)), {} };
    Rng rng(1);
    Samples samples(length);
    for (auto& x : samples)
        x = rng.complex_normal();
    result.spectrum.add(samples);
    result.examples.push_back(samples);
    return result;
}

TEST(FrameSheet, HoldsEveryCellAndNothingFromOutside)
{
    std::vector<FrameCell> cells;
    cells.push_back(cell("BPSK", 0, 1024));
    cells.push_back(cell("BPSK", 10, 1024));
    cells.push_back(cell("<b>&", std::nan(""), 1024));
    for (const int columns : { 1, 2 }) {
        const SheetConfig config{ "A <title>", "note", columns };
        for (const std::string& text : { sheet_html(config, cells), sheet_svg(config, cells) }) {
            EXPECT_TRUE(well_formed(text));
            EXPECT_EQ(count_of(text, "BPSK, SNR 0 dB"), 1);
            EXPECT_EQ(count_of(text, "BPSK, SNR 10 dB"), 1);
            EXPECT_EQ(count_of(text, "&lt;b&gt;&amp;, SNR not known"), 1);
            EXPECT_EQ(count_of(text, "A &lt;title&gt;"), 2);
            EXPECT_EQ(count_of(text, "<image"), 6);
            EXPECT_EQ(count_of(text, "http"), count_of(text, "xmlns=\"http://www.w3.org/2000/svg\""));
            EXPECT_EQ(count_of(text, "script") + count_of(text, "url(") + count_of(text, "@import"), 0);
        }
        const std::string page = sheet_html(config, cells);
        EXPECT_EQ(count_of(page, "<a href=\"#class-"), 2);
        EXPECT_EQ(count_of(page, "<section id=\"class-"), 2);
    }
}

/// 24 classes at 3 SNRs stay below 15 MB.
TEST(FrameSheet, ADrawingIsSmall)
{
    EXPECT_LT(draw_frame(cell("BPSK", 0, 1024), 0).element("").size(), 15'000'000u / 72);
    EXPECT_LT(draw_frame(cell("BPSK", 0, 65536), 0).element("").size(), 2'500'000u);
}

TEST(FrameSheet, EveryLengthAndSilenceCanBeDrawn)
{
    for (const std::size_t length : { 16u, 17u, 128u, 1009u })
        for (const char* label : { "noise", "QPSK", "OOK" }) {
            FrameCell one = cell(label, 0, length);
            EXPECT_TRUE(well_formed(draw_frame(one, 0).element("")));
            one.examples[0] = Samples(length);
            one.examples.resize(1);
            EXPECT_TRUE(well_formed(draw_frame(one, 0).element("")));
        }
}

} // namespace
} // namespace prunedamr::report
