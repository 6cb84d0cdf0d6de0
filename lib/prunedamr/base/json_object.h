// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prunedamr {

/// A JSON object read key by key. A missing key, a value of the wrong type or outside its range, and (in `finish`)
/// a key that nobody asked for are refused with an `Error` that names the key; `found` holds what stands there, cut
/// to 60 characters, or the type of a list or an object.
class JsonObject
{
public:
    static constexpr double kInfinity = std::numeric_limits<double>::infinity();
    static constexpr std::int64_t kExact = std::int64_t{ 1 } << 53; ///< what every JSON reader keeps exactly

    /// Throws `Error` unless `json` is an object. Keeps a reference: `json` must outlive this.
    JsonObject(const nlohmann::json& json, std::string where);

    bool has(const std::string& key);                   ///< false when the key is absent or null
    const nlohmann::json* find(const std::string& key); ///< nullptr when the key is absent or null
    const nlohmann::json& at(const std::string& key);   ///< throws when the key is absent

    std::string string(const std::string& key);
    std::string string_or(const std::string& key, const std::string& otherwise); ///< `otherwise`: absent or null
    std::vector<std::string> strings(const std::string& key);
    std::size_t one_of(const std::string& key, const std::vector<std::string>& names); ///< index into `names`
    bool boolean(const std::string& key);
    double number(const std::string& key, double min = -kInfinity, double max = kInfinity); ///< finite
    double number_or(const std::string& key, double otherwise, double min = -kInfinity, double max = kInfinity);
    std::optional<double> optional_number(const std::string& key, double min = -kInfinity, double max = kInfinity);
    std::int64_t integer(const std::string& key, std::int64_t min = -kExact,
                         std::int64_t max = kExact); ///< 5.0 is 5
    int int32(const std::string& key, int min = std::numeric_limits<int>::min(),
              int max = std::numeric_limits<int>::max());
    std::vector<int> int32s(const std::string& key, std::size_t count);
    const nlohmann::json& list(const std::string& key);

    /// Throws `Error` with the first key that was not asked for, and those that were.
    void finish() const;

    /// Throws the `Error` of a value that is not what was `expected`. The key must be there.
    [[noreturn]] void refuse(const std::string& key, const std::string& expected) const;

    const std::string& where() const { return where_; }

private:
    const nlohmann::json& json_;
    std::string where_;
    std::vector<std::string> known_;
};

/// Levels of lists and objects in a JSON text from outside: what copies or writes JSON uses as much of the stack.
inline constexpr int kMaxJsonDepth = 100;

/// Throws `Error` for a text with more of them.
void check_json_depth(std::string_view text, const std::string& where);

/// The JSON in a text. Throws `Error` that tells where it is broken, and what was `expected` there; and as
/// `check_json_depth` does.
nlohmann::json parse_json(const std::string& text, const std::string& where, const std::string& expected);

/// "line 3, column 14": where the byte stands in a text; bytes count from 1.
std::string place_in(const std::string& text, std::size_t byte);

/// "a number, 0..1", "a number, at least 0", "a number, at most 9" or "a number": for messages.
std::string range_text(double min, double max);

} // namespace prunedamr
