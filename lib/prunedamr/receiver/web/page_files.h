// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>
#include <vector>

namespace prunedamr::receiver {

/// A file of the page, as the build found it in the folder `page`.
struct PageFile {
    std::string_view path; ///< that it is served under: "/", "/page.css"
    std::string_view type; ///< "text/html; charset=utf-8"
    std::string_view content;
};

const std::vector<PageFile>& page_files();

} // namespace prunedamr::receiver
