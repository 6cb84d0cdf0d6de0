// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/html.h"

#include "prunedamr/report/svg.h"

namespace prunedamr::report {
namespace {

constexpr const char* kStyle =
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
           html_element("title", title) + "\n<style>" + style_sheet() + kStyle + std::string(style) +
           "</style>\n</head>\n<body>\n" + html_element("h1", title) + "\n" + body + "</body>\n</html>\n";
}

std::string html_element(std::string_view name, std::string_view text, std::string_view attributes)
{
    const std::string tag(name);
    return "<" + tag + (attributes.empty() ? "" : " ") + std::string(attributes) + ">" + escape(text) + "</" + tag +
           ">";
}

} // namespace prunedamr::report
