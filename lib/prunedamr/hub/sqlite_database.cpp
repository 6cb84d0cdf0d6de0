// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/database.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <map>
#include <sys/file.h>
#include <unistd.h>

namespace prunedamr::hub {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kBusyMs = 10'000; ///< waited for another writer
constexpr int kProgress = 10'000; ///< instructions between two looks at the clock

class SqliteDatabase : public Database
{
public:
    explicit SqliteDatabase(const std::string& path) : path_(path)
    {
        sqlite3* opened = nullptr;
        const int code = sqlite3_open_v2(path.c_str(), &opened,
                                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
        file_.reset(opened);
        if (code != SQLITE_OK)
            fail(code);
        sqlite3_busy_timeout(opened, kBusyMs);
        // FULL: what was acknowledged outlives a power cut. The log is brought home every 4000 pages (16 MB).
        for (const char* setting : { "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA wal_autocheckpoint=4000",
                                     "PRAGMA cache_size=-65536", "PRAGMA temp_store=MEMORY" })
            run(setting, {});
    }

    Rows run(const std::string& sql, const std::vector<Value>& values) override
    {
        begin_ = Clock::now();
        sqlite3_stmt* statement = prepared(sql);
        const Reset reset{ statement };
        PRUNEDAMR_CHECK(static_cast<std::size_t>(sqlite3_bind_parameter_count(statement)) <= values.size(),
                        "a statement has a value for each parameter");
        for (int i = 0; i < sqlite3_bind_parameter_count(statement); ++i)
            bind(statement, i + 1, values[static_cast<std::size_t>(i)]);
        Rows rows;
        int code = sqlite3_step(statement);
        for (; code == SQLITE_ROW; code = sqlite3_step(statement))
            rows.push_back(row_of(statement));
        if (code != SQLITE_DONE)
            fail(code);
        return rows;
    }

    void limit(std::chrono::milliseconds time) override
    {
        limit_ = time;
        sqlite3_progress_handler(file_.get(), kProgress, [](void* self) {
            const auto& one = *static_cast<SqliteDatabase*>(self);
            return static_cast<int>(Clock::now() - one.begin_ > one.limit_);
        }, this);
    }

    bool is_shared() const override { return false; }

private:
    struct Close {
        void operator()(sqlite3* file) const noexcept { sqlite3_close_v2(file); }
    };
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
    };
    struct Reset {
        sqlite3_stmt* statement;
        ~Reset()
        {
            sqlite3_reset(statement);
            sqlite3_clear_bindings(statement);
        }
    };

    void begin() override { run("BEGIN IMMEDIATE", {}); }
    void commit() override
    {
        int is_moved = 0; // what is written to a file without a name is gone with the process
        if (sqlite3_file_control(file_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &is_moved) == SQLITE_OK && is_moved)
            throw DatabaseAway({ "the database failed", path_, "the file was moved or removed", "" });
        run("COMMIT", {});
    }
    void roll_back() noexcept override
    {
        try {
            run("ROLLBACK", {});
        } catch (const Error&) { // there is none: what failed has ended it
        }
    }

    sqlite3_stmt* prepared(const std::string& sql)
    {
        auto& known = statements_[sql];
        if (!known) {
            std::string numbered = sql; // "?7" is a place in the list, "$7" a name, which is looked up
            std::replace(numbered.begin(), numbered.end(), '$', '?');
            sqlite3_stmt* made = nullptr;
            const int code = sqlite3_prepare_v2(file_.get(), numbered.c_str(), static_cast<int>(numbered.size()), &made, nullptr);
            known.reset(made);
            if (code != SQLITE_OK) {
                statements_.erase(sql);
                fail(code);
            }
        }
        return known.get();
    }

    static void bind(sqlite3_stmt* statement, int place, const Value& value)
    {
        if (const auto* whole = std::get_if<std::int64_t>(&value))
            sqlite3_bind_int64(statement, place, *whole);
        else if (const auto* real = std::get_if<double>(&value))
            sqlite3_bind_double(statement, place, *real);
        else if (const auto* text = std::get_if<std::string>(&value))
            sqlite3_bind_text(statement, place, text->data(), static_cast<int>(text->size()), SQLITE_STATIC);
        else if (const auto* blob = std::get_if<Bytes>(&value))
            sqlite3_bind_blob(statement, place, blob->bytes.data(), static_cast<int>(blob->bytes.size()), SQLITE_STATIC);
        else
            sqlite3_bind_null(statement, place);
    }

    static Row row_of(sqlite3_stmt* statement)
    {
        Row row(static_cast<std::size_t>(sqlite3_column_count(statement)));
        for (int i = 0; i < static_cast<int>(row.size()); ++i) {
            Value& value = row[static_cast<std::size_t>(i)];
            const int type = sqlite3_column_type(statement, i);
            const auto bytes = [&](const void* data) {
                return std::string(static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement, i)));
            };
            if (type == SQLITE_INTEGER)
                value = std::int64_t{ sqlite3_column_int64(statement, i) };
            else if (type == SQLITE_FLOAT)
                value = sqlite3_column_double(statement, i);
            else if (type == SQLITE_TEXT)
                value = bytes(sqlite3_column_text(statement, i));
            else if (type == SQLITE_BLOB)
                value = Bytes{ bytes(sqlite3_column_blob(statement, i)) };
        }
        return row;
    }

    [[noreturn]] void fail(int code) const
    {
        Error::Parts parts{ "the database failed", path_,
                            file_ ? sqlite3_errmsg(file_.get()) : sqlite3_errstr(code), "" };
        switch (code & 0xff) {
        case SQLITE_NOTADB:
        case SQLITE_CORRUPT:
            parts.expected = "an SQLite database that is whole";
            throw DatabaseAway(parts);
        case SQLITE_INTERRUPT:
            parts.found = "no answer in " + std::to_string(limit_.count()) + " ms";
            throw DatabaseAway(parts);
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH:
        case SQLITE_TOOBIG:
        case SQLITE_RANGE:
        case SQLITE_MISUSE:
            throw Error(parts);
        default: // busy, full, unreadable, without our tables
            throw DatabaseAway(parts);
        }
    }

    const std::string path_;
    std::chrono::milliseconds limit_{};
    Clock::time_point begin_;
    std::unique_ptr<sqlite3, Close> file_;
    std::map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>> statements_; ///< they end before the file closes
};

} // namespace

/// By flock, which SQLite's own locks do not meet. Closing any descriptor of the file would end those: hence this one
/// outlives them.
std::shared_ptr<void> lock_sqlite(const std::string& path)
{
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        throw SystemError("cannot open the database", path, errno);
    std::shared_ptr<void> lock(nullptr, [file](void*) { ::close(file); });
    if (::flock(file, LOCK_EX | LOCK_NB) != 0)
        throw Error({ "another hub has this database", path, "", "a file for each hub, or PostgreSQL for several" });
    return lock;
}

std::unique_ptr<Database> open_sqlite(const std::string& path)
{
    return std::make_unique<SqliteDatabase>(path);
}

} // namespace prunedamr::hub
