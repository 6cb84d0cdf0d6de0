// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/report/svg.h"

#include <string>
#include <vector>

namespace prunedamr::report {

/// Numbers in low..high, low < high; both finite.
struct Interval {
    double low = 0.0;
    double high = 1.0;
};

/// The multiples of 1, 2 or 5 times a power of ten in `interval`, about `about` of them.
std::vector<double> ticks(const Interval& interval, int about);

/// A tick as text: as many decimals as its neighbors at distance `step` ask for, with a true minus sign.
std::string tick_text(double value, double step);

/// The least interval of whole ticks that holds all finite values and is not empty.
Interval fitted(const std::vector<double>& values, int ticks_about);

/// The same for a logarithmic axis: 1, 2 or 5 times powers of ten, only the powers where those are many enough.
std::vector<double> log_ticks(const Interval& interval, int about);

/// The least interval between such ticks, with a little air, that holds all finite values above 0.
Interval log_fitted(const std::vector<double>& values);

/// A quantity with its decimal prefix: 950, 20k, 1.5M.
std::string quantity_text(double value);

struct AxesConfig {
    Box box; ///< of the plotted area; title and numbers stand outside of it
    Interval x;
    Interval y;
    std::string title;  ///< above, with the unit of y
    std::string x_name; ///< below, with the unit of x
    int x_ticks = 5;    ///< about
    int y_ticks = 4;
    bool log_x = false; ///< x > 0, its ticks with decimal prefixes
};

/// Room that title and numbers need around an axes' box.
struct AxesMargins {
    static constexpr double kLeft = 36.0;
    static constexpr double kTop = 18.0;
    static constexpr double kBottom = 30.0;
};

/// One pair of axes in a drawing. What lies outside of an interval is drawn at its edge.
class Axes
{
public:
    /// Draws ticks, numbers, title and border. `svg` must outlive the axes.
    Axes(Svg& svg, AxesConfig config);

    /// y over x. No more vertices than can be seen: of the points that fall on one pixel column the first, the
    /// lowest, the highest and the last are kept. Points that are not finite are left out. x must not fall.
    void line(const std::vector<double>& x, const std::vector<double>& y, const char* mark);

    /// One dot a point; dots that cover each other to the tenth of a pixel are drawn once.
    void dots(const std::vector<double>& x, const std::vector<double>& y, const char* mark);

    /// A picture that fills the axes.
    void picture(const std::string& png);

    /// Where a value is drawn.
    Point place(double x, double y) const;

private:
    void draw_border();
    void draw_x_ticks();

    Svg& svg_;
    AxesConfig config_;
};

} // namespace prunedamr::report
