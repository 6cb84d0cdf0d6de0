// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/hub/hub_testing.h"

#include "prunedamr/base/time.h"
#include "prunedamr/hub/schema.h"

#include <cstdlib>
#include <filesystem>
#include <pwd.h>
#include <unistd.h>

namespace prunedamr::hub {
namespace {

namespace fs = std::filesystem;

class Server
{
public:
    Server()
    {
        const std::string bin = find_programs();
        if (bin.empty()) {
            missing_ = "PostgreSQL is not installed (apt-get install postgresql)";
            return;
        }
        const bool is_root = ::geteuid() == 0; // whom PostgreSQL refuses to serve
        if (is_root && !::getpwnam("postgres")) {
            missing_ = "there is no user postgres, and root may not start a server";
            return;
        }
        folder_ = (fs::temp_directory_path() / ("prunedamr_postgres_" + std::to_string(::getpid()))).string();
        fs::create_directories(folder_);
        const std::string as = is_root ? "runuser -u postgres -- " : "";
        if (is_root && ::chown(folder_.c_str(), ::getpwnam("postgres")->pw_uid, ::getpwnam("postgres")->pw_gid) != 0)
            missing_ = "cannot give a folder to the user postgres";
        const std::string log = " >> " + folder_ + "/log 2>&1";
        stop_ = "cd / && " + as + bin + "/pg_ctl -D " + folder_ + "/data -m immediate stop" + log;
        const std::string make = "cd / && " + as + bin + "/initdb -D " + folder_ + "/data -U test -A trust -N" + log;
        const std::string start = "cd / && " + as + bin + "/pg_ctl -w -D " + folder_ + "/data -o \"-c listen_addresses='' -k " + folder_ +
                                  " -c fsync=off\" start" + log;
        if (missing_.empty() && (std::system(make.c_str()) != 0 || std::system(start.c_str()) != 0)) // NOLINT: paths of our own
            missing_ = "cannot start PostgreSQL: see " + folder_ + "/log";
        is_running_ = missing_.empty();
    }

    ~Server()
    {
        if (is_running_ && std::system(stop_.c_str()) == 0)
            fs::remove_all(folder_);
    }

    const std::string& missing() const { return missing_; }
    std::string url(const std::string& name) const { return "postgresql://test@/" + name + "?host=" + folder_; }

private:
    static std::string find_programs()
    {
        std::error_code ignored;
        for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", ignored))
            if (fs::exists(version.path() / "bin/initdb"))
                return (version.path() / "bin").string();
        return "";
    }

    std::string folder_, missing_, stop_;
    bool is_running_ = false;
};

Server& server()
{
    static Server one;
    return one;
}

} // namespace

void OnDatabase::SetUp()
{
    static int count = 0;
    if (GetParam() == std::string("postgres")) {
        if (!server().missing().empty())
            GTEST_SKIP() << server().missing();
        const std::string name = "t" + std::to_string(++count);
        open_database(server().url("postgres"))->run("CREATE DATABASE " + name);
        place_ = server().url(name);
    } else {
        place_ = folder_ / "hub.db";
    }
    database_ = open();
    migrate(*database_);
}

std::string event_json(std::int64_t seq, const std::string& label, double center_freq_hz, const std::string& state,
                       std::int64_t time_us, const std::string& more)
{
    return "{\"v\":2,\"seq\":" + std::to_string(seq) + ",\"time\":\"" + rfc3339(time_us * 1000) +
           "\",\"center_freq_hz\":" + std::to_string(center_freq_hz) + ",\"bandwidth_hz\":12500,\"label\":\"" + label +
           "\",\"state\":\"" + state + "\",\"confidence\":0.9,\"snr_db\":12.5,\"model\":\"m\",\"sample_count\":1000,\"sample_rate_hz\":1000000" + more + "}";
}

std::string labels_json(const std::string& events)
{
    return std::string("{\"v\":1,\"run\":\"") + kRun + "\",\"events\":[" + events + "]}";
}

Received labels(const std::string& receiver, const std::vector<std::int64_t>& seqs, const std::string& label,
                double center_freq_hz, const std::string& state)
{
    Labels all{ kRun, {} };
    for (const std::int64_t seq : seqs) {
        auto one = std::get<Labels>(read_message("labels", labels_json(event_json(seq, label, center_freq_hz, state, kNow + seq * kSecondUs))));
        all.events.push_back(std::move(one.events[0]));
    }
    return { receiver, std::move(all) };
}

std::string registration_json(const std::string& name, int sequence, const std::string& hash, const std::string& key)
{
    return to_json(Registration{ name, kRun, kNow * 1000, "1.0", receiver::hub::Position{ 47.5, 8.25 }, { "test", hash }, { "QPSK" },
                                 static_cast<std::uint64_t>(sequence), { key } });
}

} // namespace prunedamr::hub
