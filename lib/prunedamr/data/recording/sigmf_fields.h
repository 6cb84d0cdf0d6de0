// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::data {

/// One object of SigMF metadata, read by type. A key that is absent or null gives nothing; a value of the wrong
/// type throws `Error` with `where`, key and value.
class SigmfObject
{
public:
    SigmfObject(const nlohmann::json& object, std::string where);

    std::optional<double> number(const char* key) const;       ///< finite
    std::optional<std::uint64_t> count(const char* key) const; ///< whole, 0..2^63 - 1; 5.0 is 5
    std::string text(const char* key) const;           ///< "" when absent; a number or boolean as JSON writes it
    bool flag(const char* key) const;                  ///< false when absent
    const nlohmann::json* find(const char* key) const; ///< null when absent

    const std::string& where() const { return where_; }

private:
    [[noreturn]] void refuse(const char* key, const nlohmann::json& value, const char* expected) const;

    const nlohmann::json& object_;
    std::string where_;
};

/// Strange things that do not stop the reading, counted by kind so that a thousand of one kind are one line.
class SigmfNotes
{
public:
    void add(const std::string& kind, const std::string& example);

    /// "WHERE: KIND (3 times, first: EXAMPLE)"
    std::vector<std::string> lines(const std::string& where) const;

private:
    struct Note {
        std::string kind;
        std::string first;
        std::uint64_t times;
    };
    std::vector<Note> notes_;
};

} // namespace prunedamr::data
