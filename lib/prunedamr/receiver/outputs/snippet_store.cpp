// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/outputs/snippet_store.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/time.h"
#include "prunedamr/recording/recording.h"
#include "prunedamr/recording/sigmf_label.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <map>
#include <set>

namespace prunedamr::receiver {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUnfinished = ".unfinished";
constexpr const char* kData = ".sigmf-data";
constexpr const char* kMeta = ".sigmf-meta";
constexpr std::uint64_t kBlock = 4096;
constexpr std::uint64_t kMetaBytes = kBlock; ///< of metadata, about

std::uint64_t on_disk(std::uint64_t bytes)
{
    return (bytes + kBlock - 1) / kBlock * kBlock;
}

struct FileFacts {
    std::uint64_t bytes = 0;
    std::int64_t written_ns = 0;
};

FileFacts facts_of(const std::string& path)
{
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return {};
    return { on_disk(static_cast<std::uint64_t>(status.st_size)),
             std::int64_t{ 1'000'000'000 } * status.st_mtim.tv_sec + status.st_mtim.tv_nsec };
}

/// Of names like "20261130T124501.000000000Z_433.920000MHz_OOK".
bool is_our_name(const std::string& name)
{
    static const std::string form = "00000000T000000.000000000Z_";
    if (name.size() <= form.size())
        return false;
    for (std::size_t i = 0; i < form.size(); ++i)
        if (form[i] == '0' ? !std::isdigit(static_cast<unsigned char>(name[i])) : name[i] != form[i])
            return false;
    return true;
}

void rename_if_there(const fs::path& from, const fs::path& to)
{
    if (fs::exists(from) && std::rename(from.c_str(), to.c_str()) != 0)
        throw SystemError("cannot move the finished recording", to.string(), errno);
}

} // namespace

SnippetStore::SnippetStore(Config config, Clock now_ns)
    : config_(std::move(config)), now_ns_(now_ns ? std::move(now_ns) : Clock(system_time_ns))
{
    try {
        fs::create_directories(path(kUnfinished));
        check_writable(path("x"));
        lock_ = std::make_shared<FolderLock>(path(kUnfinished), "another receiver keeps its recordings here");
        finish_unfinished();
        find();
    } catch (const fs::filesystem_error& failure) {
        throw SystemError("cannot keep recordings in this folder", config_.folder, failure.code().value());
    }
    remove_old();
}

std::string SnippetStore::name_of(std::int64_t time_ns, double center_freq_hz, const std::string& label)
{
    std::string time = rfc3339(time_ns), name = label;
    for (const char separator : { '-', ':' })
        time.erase(std::remove(time.begin(), time.end(), separator), time.end());
    for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-')
            c = '-';
    return fmt::format("{}_{:.6f}MHz_{}", time, 1e-6 * center_freq_hz, name);
}

/// Samples were there before their metadata: whoever has metadata is whole, in whichever of the two folders its files are.
void SnippetStore::finish_unfinished() const
{
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(path(kUnfinished)))
        names.insert(entry.path().stem().string());
    for (const std::string& name : names) {
        const fs::path out = path(name), in = unfinished(name);
        const auto is_there = [&](const char* ending) {
            return fs::exists(out.string() + ending) || fs::exists(in.string() + ending);
        };
        if (is_our_name(name) && is_there(kData) && is_there(kMeta))
            for (const char* ending : { kData, kMeta })
                rename_if_there(in.string() + ending, out.string() + ending);
    }
    for (const auto& entry : fs::directory_iterator(path(kUnfinished)))
        if (is_our_name(entry.path().filename().string()))
            fs::remove(entry.path());
}

void SnippetStore::find()
{
    for (const auto& entry : fs::directory_iterator(config_.folder)) {
        const std::string name = entry.path().stem().string();
        if (entry.path().extension() != kMeta || !is_our_name(name))
            continue;
        if (!is_ours(name))
            continue;
        const recording::SnippetLabel said = recording::read_label(path(name));
        put_on_record(name, said.label, Traits::of_json(said.event), Teaching::score_of_json(said.teaching));
    }
    std::stable_sort(snippets_.begin(), snippets_.end(),
                     [](const Snippet& a, const Snippet& b) { return a.written_ns < b.written_ns; });
}

bool SnippetStore::is_ours(const std::string& name) const
try {
    const recording::Recording found(path(name) + kMeta, {});
    const auto& annotations = found.info().annotations;
    return !annotations.empty() &&
           std::all_of(annotations.begin(), annotations.end(), [](const auto& annotation) { return annotation.is_own(); });
} catch (const Error&) { // somebody else has made it, spoilt it or taken it away
    return false;
}

void SnippetStore::put_on_record(const std::string& name, const std::string& label, const Traits& traits, double score)
{
    const FileFacts data = facts_of(path(name) + kData), meta = facts_of(path(name) + kMeta);
    snippets_.push_back({ name, label, data.bytes + meta.bytes, data.written_ns, traits, score });
}

double SnippetStore::novelty(const Traits& traits) const noexcept
{
    double nearest = 0.0;
    for (const Snippet& snippet : snippets_)
        nearest = std::max(nearest, similarity(traits, snippet.traits));
    return 1.0 - nearest;
}

bool SnippetStore::has(const std::string& name) const
{
    return fs::exists(path(name) + kMeta) || fs::exists(path(name) + kData);
}

std::uint64_t SnippetStore::bytes() const noexcept
{
    std::uint64_t sum = 0;
    for (const Snippet& snippet : snippets_)
        sum += snippet.bytes;
    return sum;
}

SnippetStore::Room SnippetStore::room_for(std::uint64_t bytes, double score)
{
    const std::uint64_t wanted = on_disk(bytes) + kMetaBytes;
    if (wanted > config_.max_bytes)
        return Room::too_large;
    fs::create_directories(path(kUnfinished)); // somebody may have tidied up
    remove_old();
    std::uint64_t stays = 0; // what teaches as much
    for (const Snippet& snippet : snippets_)
        stays += snippet.score >= score ? snippet.bytes : 0;
    return config_.keeps_teaching && stays + wanted > config_.max_bytes ? Room::none_for_less : Room::there;
}

bool SnippetStore::make_room(std::uint64_t bytes, double score)
{
    if (room_for(bytes, score) != Room::there)
        return false;
    while (this->bytes() + on_disk(bytes) + kMetaBytes > config_.max_bytes)
        remove(next_to_go());
    return true;
}

std::size_t SnippetStore::next_to_go() const
{
    if (config_.keeps_teaching)
        return static_cast<std::size_t>(std::min_element(snippets_.begin(), snippets_.end(),
                                                         [](const Snippet& a, const Snippet& b) { return a.score < b.score; }) -
                                        snippets_.begin());
    std::map<std::string, std::size_t> counts;
    for (const Snippet& snippet : snippets_)
        ++counts[snippet.label];
    std::size_t victim = 0; // of labels that are as common the oldest, for those come first
    for (std::size_t i = 1; i < snippets_.size(); ++i)
        if (counts[snippets_[i].label] > counts[snippets_[victim].label])
            victim = i;
    return victim;
}

void SnippetStore::remove_old()
{
    const auto oldest_ns = now_ns_() - static_cast<std::int64_t>(1e9 * config_.max_age_s);
    while (!snippets_.empty() && snippets_.front().written_ns < oldest_ns)
        remove(0);
}

/// After a crash it is still whole, or samples are left that the next run removes.
void SnippetStore::remove(std::size_t index)
{
    const std::string name = snippets_[index].name, data = unfinished(name) + kData;
    if (fs::exists(path(name) + kMeta) && !is_ours(name)) { // a person has labeled it
        snippets_.erase(snippets_.begin() + static_cast<std::ptrdiff_t>(index));
        return;
    }
    std::error_code failure, ignored;
    fs::rename(path(name) + kData, data, failure);
    fs::remove(path(name) + kMeta, ignored);
    fs::remove(failure ? path(name) + kData : data, ignored);
    snippets_.erase(snippets_.begin() + static_cast<std::ptrdiff_t>(index));
}

std::string SnippetStore::unfinished(const std::string& name) const
{
    return path(kUnfinished) + "/" + name;
}

/// Should a power cut undo this, the next run finds both files on the disk and does it again.
void SnippetStore::add(const std::string& name, const std::string& label, const Traits& traits, double score)
{
    for (const char* ending : { kData, kMeta })
        rename_if_there(unfinished(name) + ending, path(name) + ending);
    put_on_record(name, label, traits, score);
}

} // namespace prunedamr::receiver
