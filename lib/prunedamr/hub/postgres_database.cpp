// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/database.h"

#include <pqxx/pqxx>

#include <charconv>
#include <cstring>
#include <map>
#include <optional>

namespace prunedamr::hub {
namespace {

/// Types by their numbers in pg_type, which never change.
enum Type : pqxx::oid { kBytea = 17, kInt8 = 20, kInt2 = 21, kInt4 = 23, kFloat4 = 700, kFloat8 = 701 };

constexpr char kHex[] = "0123456789abcdef";

std::string shown(double real)
{
    char buffer[32];
    return { buffer, std::to_chars(buffer, buffer + sizeof buffer, real).ptr };
}

std::optional<std::string> parameter(const Value& value)
{
    if (const auto* whole = std::get_if<std::int64_t>(&value))
        return std::to_string(*whole);
    if (const auto* real = std::get_if<double>(&value))
        return shown(*real);
    if (const auto* text = std::get_if<std::string>(&value))
        return *text;
    const auto* blob = std::get_if<Bytes>(&value);
    if (!blob)
        return std::nullopt;
    std::string hex = "\\x";
    for (const unsigned char byte : blob->bytes) {
        hex += kHex[byte >> 4];
        hex += kHex[byte & 15];
    }
    return hex;
}

Bytes bytes_of(std::string_view hex)
{
    Bytes result;
    for (std::size_t i = 2; i + 1 < hex.size(); i += 2)
        result.bytes += static_cast<char>((std::strchr(kHex, hex[i]) - kHex) << 4 | (std::strchr(kHex, hex[i + 1]) - kHex));
    return result;
}

Value value_of(const pqxx::field& field)
{
    if (field.is_null())
        return {};
    const std::string_view text(field.c_str(), field.size());
    switch (field.type()) {
    case kBytea:
        return bytes_of(text);
    case kInt2:
    case kInt4:
    case kInt8: {
        std::int64_t whole = 0;
        std::from_chars(text.data(), text.data() + text.size(), whole);
        return whole;
    }
    case kFloat4:
    case kFloat8: {
        double real = 0.0;
        std::from_chars(text.data(), text.data() + text.size(), real);
        return real;
    }
    default:
        return std::string(text);
    }
}

std::string one_line(std::string text)
{
    text = text.substr(0, text.find('\n'));
    return text.rfind("ERROR:  ", 0) == 0 ? text.substr(8) : text;
}

/// A connection that fails has no code, only libpq's text.
bool is_refusal(const std::string& text)
{
    for (const char* part : { "authentication failed", "no password supplied", "does not exist", "no pg_hba.conf entry", "permission denied",
                              "could not translate host name", "invalid port number", "invalid connection option", "invalid URI" })
        if (text.find(part) != std::string::npos)
            return true;
    return false;
}

class PostgresDatabase : public Database
{
public:
    explicit PostgresDatabase(const std::string& url) : name_(without_password(url))
    {
        guard([&] {
            connection_.emplace(url + (url.find("connect_timeout") != std::string::npos ? ""
                                       : url.find('?') == std::string::npos             ? "?connect_timeout=5"
                                                                                        : "&connect_timeout=5"));
        });
    }

    Rows run(const std::string& sql, const std::vector<Value>& values) override
    {
        Rows rows;
        guard([&] {
            if (work_)
                rows = run_in(*work_, sql, values);
            else {
                pqxx::nontransaction alone(*connection_);
                rows = run_in(alone, sql, values);
            }
        });
        return rows;
    }

    void limit(std::chrono::milliseconds time) override { run("SET statement_timeout = " + std::to_string(time.count()), {}); }

    bool is_shared() const override { return true; }

private:
    Rows run_in(pqxx::transaction_base& work, const std::string& sql, const std::vector<Value>& values)
    {
        const auto [known, is_new] = statements_.try_emplace(sql, "s" + std::to_string(prepared_));
        try {
            prepared_ += is_new;
            if (is_new)
                connection_->prepare(known->second, sql);
            std::vector<std::optional<std::string>> texts;
            texts.reserve(values.size());
            for (const Value& value : values)
                texts.push_back(parameter(value));
            std::vector<const char*> pointers;
            pointers.reserve(values.size());
            for (const auto& text : texts)
                pointers.push_back(text ? text->c_str() : nullptr);
#if PQXX_VERSION_MAJOR > 7 || (PQXX_VERSION_MAJOR == 7 && PQXX_VERSION_MINOR >= 10) // Debian 12 has 6.4
            pqxx::params parameters;
            parameters.append_multi(pointers);
            const pqxx::result found = work.exec(pqxx::prepped(known->second), parameters);
#else
            const pqxx::result found = work.exec_prepared(known->second, pqxx::prepare::make_dynamic_params(pointers));
#endif
            Rows rows;
            for (const auto& row : found) {
                rows.emplace_back();
                for (const auto& field : row)
                    rows.back().push_back(value_of(field));
            }
            return rows;
        } catch (...) {
            if (is_new)
                statements_.erase(known);
            throw;
        }
    }

    void begin() override
    {
        guard([&] { work_.emplace(*connection_); });
    }
    void commit() override
    {
        guard([&] { work_->commit(); });
        work_.reset();
    }
    void roll_back() noexcept override { work_.reset(); }

    /// Says in our words what the library throws.
    void guard(const std::function<void()>& action)
    {
        Error::Parts parts{ "the database failed", name_, "", "" };
        try {
            action();
        } catch (const pqxx::sql_error& error) {
            parts.found = one_line(error.what());
            const std::string kind = error.sqlstate().substr(0, 2);
            // Data and constraints: never. Else: connection, serialization, resources, an operator who shuts it down, a server that may
            // only be read, one without our tables or our rights.
            if (kind == "22" || kind == "23" || kind == "54")
                throw Error(parts);
            throw DatabaseAway(parts);
        } catch (const Error&) {
            throw;
        } catch (const std::exception& error) { // a broken connection, or one that was used after it had broken
            parts.found = one_line(error.what());
            if (!connection_ && is_refusal(parts.found))
                throw DatabaseRefuses(parts);
            throw DatabaseAway(parts);
        }
    }

    const std::string name_;
    std::optional<pqxx::connection> connection_;
    std::optional<pqxx::work> work_;
    std::map<std::string, std::string> statements_; ///< the name of each
    std::size_t prepared_ = 0;                      ///< so far; no name twice
};

} // namespace

std::unique_ptr<Database> open_postgres(const std::string& url)
{
    return std::make_unique<PostgresDatabase>(url);
}

} // namespace prunedamr::hub
