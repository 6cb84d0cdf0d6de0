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

/// What marks mean; `style_sheet` gives each its color and weight, on light and on dark screens.
namespace mark {
inline constexpr const char* paper = "paper";     ///< rect: the background
inline constexpr const char* frame = "frame";     ///< rect: the border of axes
inline constexpr const char* grid = "grid";       ///< line: a tick's line through the axes
inline constexpr const char* series = "series";   ///< path: the quantity shown
inline constexpr const char* context = "context"; ///< path: what it is shown against
inline constexpr const char* dots = "dots";       ///< points
inline constexpr const char* spot = "dots spot";  ///< points that are looked at one by one
inline constexpr const char* spot_gray = "dots spot gray";
inline constexpr const char* border = "border";       ///< path or rect: an outline over a picture
inline constexpr const char* kept = "kept";           ///< rect: a part of a network that stays
inline constexpr const char* fresh = "fresh";         ///< the same with new weights
inline constexpr const char* gone = "gone";           ///< rect: a part taken out
inline constexpr const char* on_dark = "cell light";  ///< number on a dark cell of a picture
inline constexpr const char* on_light = "cell black"; ///< number on a light one
inline constexpr const char* on_paper = "cell tick";  ///< number where a picture has no color
inline constexpr const char* rule = "rule";           ///< line between parts of a page
inline constexpr const char* heading = "heading";     ///< text, largest first
inline constexpr const char* title = "title";
inline constexpr const char* note = "note";
inline constexpr const char* tick = "tick";
inline constexpr const char* tick_left = "tick mid";  ///< centerd on its point
inline constexpr const char* tick_right = "tick end"; ///< ends at its point
} // namespace mark

/// The mark of the i-th of several lines: seven colors, then the same with dashes, 28 that differ.
std::string series_mark(std::size_t i);

/// CSS for every mark: one sequence of colors that the color-blind can tell apart (Okabe and Ito), neutral grays.
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

    void text(Point at, std::string_view text, const char* mark);         ///< `at`: the start of its base line
    void text_upwards(Point at, std::string_view text, const char* mark); ///< the same, a quarter turn to the left
    void line(Point from, Point to, const char* mark);
    void rect(const Box& box, const char* mark);
    void path(const std::vector<Point>& points, const char* mark);   ///< joined by straight lines
    void points(const std::vector<Point>& points, const char* mark); ///< round dots
    void png(const Box& box, const std::string& png);                ///< a PNG file's bytes, stretched
    void cells(const Box& box, const std::string& png); ///< the same; its pixels stay rectangles with sharp edges
    void place(const Svg& drawing, Point at);           ///< another drawing with its corner at `at`

    double width() const { return width_; }
    double height() const { return height_; }

    /// As an element of an HTML page that holds `style_sheet`; scales with the page. `name` is what screen readers
    /// say.
    std::string element(std::string_view name) const;

    /// As a file of its own.
    std::string document(std::string_view name) const;

private:
    void image(const Box& box, const std::string& png, const char* attribute);
    std::string open_tag(std::string_view name) const;

    double width_, height_;
    std::string body_;
};

/// A whole HTML page: head, the marks' and the pages' common style, `style` of its own, the title as heading.
/// Nothing in it comes from outside. `body` is HTML.
std::string html_page(std::string_view title, std::string_view style, const std::string& body);

/// <NAME>escaped text</NAME>, with attributes as they are ("class=\"x\"").
std::string html_element(std::string_view name, std::string_view text, std::string_view attributes = "");

} // namespace prunedamr::report
