// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace prunedamr::report {

/// Pixels, y downwards.
struct Point {
    double x = 0.0;
    double y = 0.0;
};

struct Box {
    double x = 0.0;
    double y = 0.0;
    double width = 0.0;
    double height = 0.0;
};

/// What marks mean; `style_sheet` gives each its colour and weight, on light and on dark screens.
namespace mark {
inline constexpr const char* paper = "paper";     ///< rect: the background
inline constexpr const char* frame = "frame";     ///< rect: the border of axes
inline constexpr const char* grid = "grid";       ///< line: a tick's line through the axes
inline constexpr const char* series = "series";   ///< path: the quantity shown
inline constexpr const char* context = "context"; ///< path: what it is shown against
inline constexpr const char* dots = "dots";       ///< points
inline constexpr const char* rule = "rule";       ///< line between parts of a page
inline constexpr const char* heading = "heading"; ///< text, largest first
inline constexpr const char* title = "title";
inline constexpr const char* note = "note";
inline constexpr const char* tick = "tick";
inline constexpr const char* tick_left = "tick mid";  ///< centred on its point
inline constexpr const char* tick_right = "tick end"; ///< ends at its point
} // namespace mark

/// CSS for every mark: one sequence of colours that the colour-blind can tell apart (Okabe and Ito), neutral greys.
const char* style_sheet();

/// `text` as XML or HTML content or attribute value; bytes that XML 1.0 forbids or that are not UTF-8 become "?".
std::string escape(std::string_view text);

/// A coordinate with a tenth of a pixel, without trailing zeros.
std::string coordinate(double value);

/// An SVG drawing without outside resources or scripts. Every coordinate must be finite.
class Svg
{
public:
    Svg(double width, double height);

    void text(Point at, std::string_view text, const char* mark); ///< `at`: the start of its base line
    void line(Point from, Point to, const char* mark);
    void rect(const Box& box, const char* mark);
    void path(const std::vector<Point>& points, const char* mark);   ///< joined by straight lines
    void points(const std::vector<Point>& points, const char* mark); ///< round dots
    void png(const Box& box, const std::string& png);                ///< a PNG file's bytes, stretched
    void place(const Svg& drawing, Point at);                        ///< another drawing with its corner at `at`

    double width() const { return width_; }
    double height() const { return height_; }

    /// As an element of an HTML page that holds `style_sheet`; scales with the page. `name` is what screen readers
    /// say.
    std::string element(std::string_view name) const;

    /// As a file of its own.
    std::string document(std::string_view name) const;

private:
    std::string open_tag(std::string_view name) const;

    double width_, height_;
    std::string body_;
};

} // namespace prunedamr::report
