// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/svg.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/text.h"

#include <cmath>

namespace prunedamr::report {
namespace {

/// Bytes of the UTF-8 character at the start of `text`; 0 if there is none that XML may hold.
std::size_t character_length(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    if (byte(0) < 0x80)
        return byte(0) >= 0x20 || byte(0) == '\n' || byte(0) == '\t' ? 1 : 0;
    const std::size_t length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
    unsigned code = byte(0) & (0x7fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (byte(i) & 0x3f);
    }
    constexpr unsigned kMin[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const bool legal = byte(0) >= 0xc2 && byte(0) <= 0xf4 && code >= kMin[length] && code <= 0x10ffff &&
                       !(code >= 0xd800 && code <= 0xdfff) && code != 0xfffe && code != 0xffff;
    return legal ? length : 0;
}

} // namespace

const char* style_sheet()
{
    return "svg{font:11px Inter,'Helvetica Neue','DejaVu Sans',Arial,sans-serif}"
           ".paper{fill:#fff}"
           ".frame{fill:none;stroke:#9aa1ab;stroke-width:1}"
           ".grid{stroke:#9aa1ab;stroke-opacity:.25;stroke-width:1}"
           ".rule{stroke:#9aa1ab;stroke-opacity:.6;stroke-width:1}"
           ".series{fill:none;stroke:#0072b2;stroke-width:1;stroke-linejoin:round}"
           ".context{fill:none;stroke:#8b929c;stroke-width:.8;stroke-opacity:.75;stroke-linejoin:round}"
           ".dots{fill:none;stroke:#0072b2;stroke-width:2.2;stroke-linecap:round;stroke-opacity:.65}"
           ".spot{stroke-width:8;stroke-opacity:1}.gray{stroke:#8b929c}"
           ".c0{stroke:#0072b2}.c1{stroke:#d55e00}.c2{stroke:#009e73}.c3{stroke:#cc79a7}.c4{stroke:#e69f00}"
           ".c5{stroke:#56b4e9}.c6{stroke:#14181f}"
           ".line{fill:none;stroke-width:1.6;stroke-linejoin:round}"
           ".d1{stroke-dasharray:7 3}.d2{stroke-dasharray:2 2.5}.d3{stroke-dasharray:9 2.5 2 2.5}"
           ".point{stroke-width:4;stroke-linecap:round;stroke-dasharray:none}"
           ".border{fill:none;stroke:#d55e00;stroke-width:2}"
           ".kept{fill:#0072b2}.fresh{fill:#e69f00}.gone{fill:none;stroke:#9aa1ab;stroke-dasharray:2 2}"
           ".cells{image-rendering:pixelated}"
           ".cell{font-size:10px;text-anchor:middle}.light{fill:#fff}.black{fill:#14181f}"
           ".heading{fill:#14181f;font-size:17px;font-weight:600}"
           ".title{fill:#14181f;font-weight:600}"
           ".note{fill:#5b6470}"
           ".tick{fill:#5b6470;font-size:10px}"
           ".mid{text-anchor:middle}"
           ".end{text-anchor:end}"
           "@media(prefers-color-scheme:dark){"
           ".paper{fill:#14171c}"
           ".frame,.grid,.rule{stroke:#707986}"
           ".series,.dots{stroke:#56b4e9}.gray{stroke:#8b929c}.c0{stroke:#2f9be0}.c6{stroke:#eceff3}"
           ".heading,.title{fill:#eceff3}"
           ".note,.tick{fill:#a5adb8}"
           "}";
}

std::string series_mark(std::size_t i)
{
    constexpr std::size_t kColors = 7, kDashes = 4;
    return "line c" + std::to_string(i % kColors) + " d" + std::to_string(i / kColors % kDashes);
}

std::string escape(std::string_view text)
{
    std::string out;
    while (!text.empty()) {
        const std::size_t length = character_length(text);
        const char c = text.front();
        if (length == 0)
            out += '?';
        else if (c == '&' || c == '<' || c == '>' || c == '"')
            out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : "&quot;";
        else
            out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

std::string coordinate(double value)
{
    PRUNEDAMR_CHECK(std::abs(value) < 1e12, "a coordinate is finite");
    const long long tenths = std::llround(value * 10.0);
    const long long whole = std::abs(tenths) / 10, digit = std::abs(tenths) % 10;
    return (tenths < 0 ? "-" : "") + std::to_string(whole) + (digit ? "." + std::to_string(digit) : "");
}

Svg::Svg(double width, double height) : width_(width), height_(height) {}

void Svg::text(Point at, std::string_view text, const char* mark)
{
    body_ += "<text x=\"" + coordinate(at.x) + "\" y=\"" + coordinate(at.y) + "\" class=\"" + mark + "\">" +
             escape(text) + "</text>\n";
}

void Svg::text_upwards(Point at, std::string_view text, const char* mark)
{
    body_ += "<text transform=\"translate(" + coordinate(at.x) + " " + coordinate(at.y) +
             ") rotate(-90)\" class=\"" + mark + "\">" + escape(text) + "</text>\n";
}

void Svg::line(Point from, Point to, const char* mark)
{
    body_ += "<line x1=\"" + coordinate(from.x) + "\" y1=\"" + coordinate(from.y) + "\" x2=\"" + coordinate(to.x) +
             "\" y2=\"" + coordinate(to.y) + "\" class=\"" + mark + "\"/>\n";
}

void Svg::rect(const Box& box, const char* mark)
{
    body_ += "<rect x=\"" + coordinate(box.x) + "\" y=\"" + coordinate(box.y) + "\" width=\"" +
             coordinate(box.width) + "\" height=\"" + coordinate(box.height) + "\" class=\"" + mark + "\"/>\n";
}

void Svg::path(const std::vector<Point>& points, const char* mark)
{
    std::string data;
    for (const Point& p : points)
        data += (data.empty() ? "M" : "L") + coordinate(p.x) + " " + coordinate(p.y);
    body_ += "<path d=\"" + data + "\" class=\"" + mark + "\"/>\n";
}

void Svg::points(const std::vector<Point>& points, const char* mark)
{
    std::string data; // a stroke of no length with round ends is a dot, and far shorter than a <circle>
    for (const Point& p : points)
        data += "M" + coordinate(p.x) + " " + coordinate(p.y) + "h0";
    body_ += "<path d=\"" + data + "\" class=\"" + mark + "\"/>\n";
}

void Svg::image(const Box& box, const std::string& png, const char* attribute)
{
    body_ += "<image x=\"" + coordinate(box.x) + "\" y=\"" + coordinate(box.y) + "\" width=\"" +
             coordinate(box.width) + "\" height=\"" + coordinate(box.height) + "\" preserveAspectRatio=\"none\"" +
             attribute + " href=\"data:image/png;base64," + to_base64(png) + "\"/>\n";
}

void Svg::png(const Box& box, const std::string& png)
{
    image(box, png, "");
}

void Svg::cells(const Box& box, const std::string& png)
{
    image(box, png, " class=\"cells\"");
}

void Svg::place(const Svg& drawing, Point at)
{
    body_ += "<g transform=\"translate(" + coordinate(at.x) + " " + coordinate(at.y) + ")\">\n" + drawing.body_ +
             "</g>\n";
}

std::string Svg::open_tag(std::string_view name) const
{
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + coordinate(width_) + " " +
           coordinate(height_) + "\" width=\"" + coordinate(width_) + "\" height=\"" + coordinate(height_) +
           "\" role=\"img\">\n<title>" + escape(name) + "</title>\n";
}

std::string Svg::element(std::string_view name) const
{
    return open_tag(name) + body_ + "</svg>\n";
}

std::string Svg::document(std::string_view name) const
{
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + open_tag(name) + "<style>" + style_sheet() +
           "</style>\n<rect width=\"100%\" height=\"100%\" class=\"" + std::string(mark::paper) + "\"/>\n" + body_ +
           "</svg>\n";
}

namespace {

constexpr const char* kSvgStyle =
    "body{margin:0 auto;padding:28px;font:15px/1.5 Inter,'Helvetica Neue','DejaVu Sans',Arial,sans-serif;"
    "background:#fff;color:#14181f}"
    "h1{font-size:26px;margin:0}h2{font-size:21px;margin:44px 0 0}p{margin:2px 0 14px;color:#5b6470}"
    "nav{display:flex;flex-wrap:wrap;gap:6px 8px;margin:18px 0}"
    "nav a{padding:2px 11px;border:1px solid #9aa1ab;border-radius:12px;color:inherit;text-decoration:none}"
    "@media(prefers-color-scheme:dark){body{background:#14171c;color:#eceff3}p{color:#a5adb8}}";

} // namespace

std::string html_page(std::string_view title, std::string_view style, const std::string& body)
{
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width\">\n"
           "<meta name=\"color-scheme\" content=\"light dark\">\n" +
           html_element("title", title) + "\n<style>" + style_sheet() + kSvgStyle + std::string(style) +
           "</style>\n</head>\n<body>\n" + html_element("h1", title) + "\n" + body + "</body>\n</html>\n";
}

std::string html_element(std::string_view name, std::string_view text, std::string_view attributes)
{
    const std::string tag(name);
    return "<" + tag + (attributes.empty() ? "" : " ") + std::string(attributes) + ">" + escape(text) + "</" + tag +
           ">";
}

} // namespace prunedamr::report
