// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::graph {

/// A JSON object read key by key: wrong types, values out of range and keys that nobody asked for are errors
/// that name the key.
class JsonFields
{
public:
    /// Throws `Error` unless `json` is an object. Keeps references: `json` must outlive this.
    JsonFields(const nlohmann::json& json, std::string where);

    bool has(const char* key) const;
    const nlohmann::json& at(const char* key); ///< throws when the key is missing
    std::string text(const char* key);
    std::vector<std::string> texts(const char* key);
    bool boolean(const char* key);
    double number(const char* key);
    std::int64_t integer(const char* key); ///< within +-2^53
    int small_integer(const char* key);    ///< within int
    std::vector<int> small_integers(const char* key, std::size_t count);

    /// Throws `Error` naming the first key that was not read.
    void refuse_others() const;

private:
    [[noreturn]] void fail(const char* key, const char* expected) const;

    const nlohmann::json& json_;
    std::string where_;
    std::vector<std::string> read_;
};

} // namespace prunedamr::graph
