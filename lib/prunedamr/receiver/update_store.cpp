// SPDX-License-Identifier: GPL-3.0-or-later
// The folder holds HASH.safetensors of the present model and the one before it, and state.json, whose replacement is
// what makes a change happen.
#include "prunedamr/receiver/update_store.h"

#include "prunedamr/base/file.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/base/time.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_patch.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>
#include <utility>

namespace prunedamr::receiver {
namespace {

namespace fs = std::filesystem;
using model::UpdateFault;
using model::UpdateRefused;

constexpr const char* kState = "state.json";
constexpr const char* kUpdate = ".update";
constexpr std::size_t kMaxStateBytes = 1 << 20;
constexpr std::int64_t kStillNs = 500'000'000;

std::string hash_of_file(const std::string& path)
{
    const std::string bytes = read_file(path);
    return to_hex(sha256(bytes.data(), bytes.size()));
}

nlohmann::json to_json(const ReturnWatch::Blocks& blocks)
{
    auto json = nlohmann::json::array();
    for (const auto& block : blocks)
        json.push_back({ block.unknown, block.confidence });
    return json;
}

ReturnWatch::Blocks blocks_from(const nlohmann::json& json, const std::string& where)
{
    ReturnWatch::Blocks blocks;
    for (const auto& pair : json) {
        if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number() || !pair[1].is_number())
            throw Error({ "damaged state of updates", where, pair.dump().substr(0, 60), "[unknown, confidence]" });
        blocks.push_back({ pair[0].get<double>(), pair[1].get<double>() });
    }
    return blocks;
}

} // namespace

UpdateStore::UpdateStore(const std::string& folder, const std::string& keys, const std::string& model)
    : folder_(folder), keys_(keys), model_(model), root_(hash_of_file(model)), present_(model)
{
    state_.present = root_;
    read_public_keys(keys_); // there are some
    std::error_code failure;
    fs::create_directories(folder_, failure);
    if (failure)
        throw Error({ "cannot make the folder of updates", folder_, failure.message(), "" });
    check_writable(fs::path(folder_) / kState);
    lock_ = std::make_shared<FolderLock>(folder_, "another receiver keeps its updates here");
    load();
}

std::string UpdateStore::file_of(const std::string& hash) const
{
    return fs::path(folder_) / (hash.substr(0, 32) + ".safetensors");
}

void UpdateStore::load()
{
    const std::string path = fs::path(folder_) / kState;
    if (!fs::exists(path))
        return;
    const auto json = parse_json(read_file(path, kMaxStateBytes), path, "what a receiver wrote");
    JsonObject state(json, path);
    state.integer("format", 1, 1);
    state_.sequence = static_cast<std::uint64_t>(state.integer("sequence", 0));
    const std::string root = state.string("root"), present = state.string("present");
    const std::string previous = state.string_or("previous", "");
    const nlohmann::json* trial = state.find("trial");
    const std::string update = state.string_or("update", "");
    state.finish();
    if (root != root_) // somebody has put another model in its place
        return;
    const std::string file = present == root_ ? model_ : file_of(present);
    if (hash_of_file(file) != present)
        throw Error({ "the model that was taken as an update is damaged", file, "", "SHA-256 " + present });
    present_ = file;
    state_.present = present;
    state_.previous = previous;
    state_.update = update;
    if (trial)
        state_.trial = blocks_from(*trial, path);
}

void UpdateStore::save(const State& state) const
{
    nlohmann::json json{ { "format", 1 }, { "sequence", state.sequence }, { "root", root_ }, { "present", state.present } };
    if (!state.previous.empty())
        json["previous"] = state.previous;
    if (!state.update.empty())
        json["update"] = state.update;
    if (state.trial)
        json["trial"] = to_json(*state.trial);
    write_text_atomically(fs::path(folder_) / kState, json.dump(1) + "\n");
}

std::string UpdateStore::prepare(const std::string& bytes, const std::string& name)
{
    prepared_.reset();
    const model::Update update = model::read_update(bytes, read_public_keys(keys_), name);
    if (to_hex(update.base) != state_.present)
        throw UpdateRefused(UpdateFault::other_base, { "update is for another base", name, to_hex(update.base).substr(0, 16) + "...",
                                                       state_.present.substr(0, 16) + "... of " + present_ });
    if (update.sequence <= state_.sequence)
        throw UpdateRefused(UpdateFault::not_newer, { "update is not newer than the last one", name, "number " + std::to_string(update.sequence),
                                                      "above " + std::to_string(state_.sequence) });
    const std::string hash = to_hex(update.updated), file = file_of(hash);
    try {
        model::apply_patch(present_, update.patch, name, file);
        model::load_model(file); // which computes its golden vector again
    } catch (const Error& error) {
        std::error_code ignored;
        if (hash != state_.previous && hash != state_.present)
            fs::remove(file, ignored);
        throw UpdateRefused(UpdateFault::unusable, { std::string("update gives no model that works: ") + error.what(), name, "", "" });
    }
    prepared_ = Prepared{ hash, update.sequence, to_hex(sha256(bytes.data(), bytes.size())) };
    return file;
}

void UpdateStore::commit(const ReturnWatch::Blocks& before)
{
    PRUNEDAMR_CHECK(prepared_.has_value(), "what is taken was prepared");
    if (state_.present == root_ && !fs::exists(file_of(root_))) // which may be replaced where it is
        write_text_atomically(file_of(root_), read_file(model_));
    State next{ prepared_->sequence, prepared_->hash, state_.present, before, prepared_->update };
    save(next);
    state_ = std::move(next);
    present_ = file_of(state_.present);
    prepared_.reset();
    remove_others();
}

void UpdateStore::end_trial()
{
    state_.trial.reset();
    save(state_);
}

bool UpdateStore::give_back()
{
    if (state_.previous.empty())
        return false;
    state_.present = std::exchange(state_.previous, "");
    state_.trial.reset();
    present_ = file_of(state_.present);
    save(state_);
    return true;
}

/// Models that are neither present nor previous; others' files stay.
void UpdateStore::remove_others() const
{
    std::error_code failure;
    for (fs::directory_iterator entry(folder_, failure), end; !failure && entry != end; entry.increment(failure)) {
        const std::string name = entry->path().filename();
        const bool is_ours = name.size() == 32 + 12 && name.find_first_not_of("0123456789abcdef") == 32 && entry->path().extension() == ".safetensors";
        std::error_code ignored;
        if (is_ours && entry->path() != file_of(state_.present) && entry->path() != file_of(state_.previous))
            fs::remove(entry->path(), ignored);
    }
}

std::optional<std::string> UpdateStore::next_file()
{
    std::string first;
    std::error_code failure, ignored;
    for (fs::directory_iterator entry(folder_, failure), end; !failure && entry != end; entry.increment(failure))
        if (entry->path().extension() == kUpdate && entry->is_regular_file(ignored) && (first.empty() || entry->path() < first))
            first = entry->path();
    struct stat found {
    };
    if (first.empty() || ::stat(first.c_str(), &found) != 0)
        return std::nullopt;
    const std::string seen = first + " " + std::to_string(found.st_size) + " " + std::to_string(found.st_mtim.tv_sec) + "." +
                             std::to_string(found.st_mtim.tv_nsec);
    const std::int64_t now_ns = system_time_ns();
    if (std::exchange(seen_, seen) != seen)
        seen_ns_ = now_ns;
    if (now_ns - seen_ns_ < kStillNs)
        return std::nullopt;
    return first;
}

void UpdateStore::set_aside(const std::string& file, bool was_taken)
{
    std::error_code ignored;
    fs::rename(file, file + (was_taken ? ".taken" : ".refused"), ignored);
    if (ignored)
        fs::remove(file, ignored); // or it would be tried for ever
}

} // namespace prunedamr::receiver
