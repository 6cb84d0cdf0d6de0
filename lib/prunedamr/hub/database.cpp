// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/database.h"

#include <algorithm>

namespace prunedamr::hub {

std::int64_t integer(const Value& value)
{
    const auto* one = std::get_if<std::int64_t>(&value);
    return one ? *one : 0;
}

double number(const Value& value)
{
    const auto* one = std::get_if<double>(&value);
    return one ? *one : static_cast<double>(integer(value));
}

std::string text(const Value& value)
{
    if (const auto* bytes = std::get_if<Bytes>(&value))
        return bytes->bytes;
    const auto* one = std::get_if<std::string>(&value);
    return one ? *one : "";
}

bool is_null(const Value& value)
{
    return std::holds_alternative<std::monostate>(value);
}

/// A statement for many rows costs little more than one for a few; there are four of them to prepare.
void Database::insert_new(const std::string& table, const std::string& columns, const Rows& rows)
{
    const std::size_t width = static_cast<std::size_t>(std::count(columns.begin(), columns.end(), ',')) + 1;
    for (std::size_t first = 0; first < rows.size();) {
        std::size_t count = 1;
        for (const std::size_t size : { 8, 64, 512 })
            count = rows.size() - first >= size ? size : count;
        std::string sql = "INSERT INTO " + table + " (" + columns + ") VALUES ";
        std::vector<Value> values;
        values.reserve(count * width);
        for (std::size_t i = 0; i < count; ++i) {
            sql += i ? ", (" : "(";
            for (const Value& value : rows[first + i]) {
                values.push_back(value);
                sql += ((values.size() - 1) % width ? ", $" : "$") + std::to_string(values.size());
            }
            sql += ")";
        }
        run(sql + " ON CONFLICT DO NOTHING", values);
        first += count;
    }
}

void Database::transact(const std::function<void()>& work)
{
    begin();
    try {
        work();
        commit();
    } catch (...) {
        roll_back();
        throw;
    }
}

bool is_postgres(const std::string& place)
{
    return place.rfind("postgresql://", 0) == 0 || place.rfind("postgres://", 0) == 0;
}

std::string without_password(const std::string& place)
{
    const auto start = place.find("://"), at = place.find('@');
    if (!is_postgres(place) || at == std::string::npos)
        return place;
    const auto colon = place.find(':', start + 3);
    return colon < at ? place.substr(0, colon) + place.substr(at) : place;
}

std::unique_ptr<Database> open_database(const std::string& place)
{
    if (is_postgres(place))
        return open_postgres(place);
    if (place.empty() || place.find("://") != std::string::npos)
        throw InvalidArgument({ "this is no place of a database", "", without_password(place),
                                "a file, or postgresql://USER@HOST/NAME" });
    return open_sqlite(place);
}

} // namespace prunedamr::hub
