// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace prunedamr {

/// Text of others (a name in a file, a message) made safe for a terminal or a log: control characters, marks that
/// turn the direction of text, and bytes that are no UTF-8 become \u001b and the like, which is how JSON writes
/// them. Tabs stay.
std::string printable(std::string_view text);

/// RFC 4648: the common alphabet with padding, or the one for addresses without.
enum class Base64 { common, url };

std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text, Base64 form = Base64::common); ///< none where it is none

} // namespace prunedamr
