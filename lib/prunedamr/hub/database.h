// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/error.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

/// One connection to a database, SQLite or PostgreSQL, for statements that both understand.
namespace prunedamr::hub {

struct Bytes {
    std::string bytes;
};

/// NULL, BIGINT, DOUBLE PRECISION, TEXT, BYTEA.
using Value = std::variant<std::monostate, std::int64_t, double, std::string, Bytes>;
using Row = std::vector<Value>;
using Rows = std::vector<Row>;

std::int64_t integer(const Value& value); ///< 0 for what is none
double number(const Value& value);        ///< likewise; of an integer too
std::string text(const Value& value);     ///< empty for what is none; of bytes too
bool is_null(const Value& value);

/// The database does not answer, has no room or is held by somebody else: it may do what was asked later.
class DatabaseAway : public Error
{
public:
    using Error::Error;
};

/// The server is there and takes no such user, password or database, or there is no such server: to be put right by a person.
class DatabaseRefuses : public DatabaseAway
{
public:
    using DatabaseAway::DatabaseAway;
};

/// One thread at a time.
class Database
{
public:
    virtual ~Database() = default;
    Database() = default;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// One statement with the values of $1, $2, ... Each is prepared once. What it returns, if anything. Throws
    /// `DatabaseAway`, or `Error` for what this database will never do.
    virtual Rows run(const std::string& sql, const std::vector<Value>& values = {}) = 0;

    /// Several rows into a table, of which those whose primary key is there already are left out. `columns`: "a, b, c".
    void insert_new(const std::string& table, const std::string& columns, const Rows& rows);

    /// All or nothing of what `work` does. Throws what it throws.
    void transact(const std::function<void()>& work);

    /// From now on a statement that takes longer fails as if the database were away.
    virtual void limit(std::chrono::milliseconds time) = 0;

    virtual bool is_shared() const = 0; ///< by hubs on other machines

private:
    virtual void begin() = 0;
    virtual void commit() = 0;
    virtual void roll_back() noexcept = 0;
};

/// `place`: the path of an SQLite file, which is created if there is none, or "postgresql://USER@HOST/NAME" (libpq's
/// URLs, with its options, .pgpass and PG* variables). Throws `DatabaseAway`, `DatabaseRefuses`, or `Error` for what is no place.
std::unique_ptr<Database> open_database(const std::string& place);

bool is_postgres(const std::string& place);
std::string without_password(const std::string& place); ///< for messages

/// Holds an SQLite file for one hub, which opens it while it has this. Throws `Error` where another one holds it.
std::shared_ptr<void> lock_sqlite(const std::string& path);

std::unique_ptr<Database> open_sqlite(const std::string& path);
std::unique_ptr<Database> open_postgres(const std::string& url);

} // namespace prunedamr::hub
