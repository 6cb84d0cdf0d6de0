// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/file.h"
#include "prunedamr/model/model_update.h"
#include "prunedamr/receiver/return_watch.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::receiver {

/// The models of a receiver that takes signed updates, in a folder of its own: the present one, the one before it, and
/// the number of the last update. All of it is on the disk before a function returns, so that after a crash or a power
/// cut either all or nothing of a change has happened. One thread at a time; the folder is locked to one process.
class UpdateStore
{
public:
    /// `model`: the file that the receiver runs without updates; when another one is put in its place, it begins there
    /// again, but never takes an old update. `keys`: of those whose updates are taken, file or folder. Makes the folder
    /// where there is none. Throws `Error`.
    UpdateStore(const std::string& folder, const std::string& keys, const std::string& model);

    const std::string& present() const { return present_; } ///< model file to run
    std::uint64_t sequence() const { return state_.sequence; }     ///< of the last update that was taken; 0: none

    /// SHA-256 of the bytes of the last update that was taken, 64 digits; empty: none. Whether it runs, or was given back.
    const std::string& update() const { return state_.update; }
    bool runs_update() const { return !state_.previous.empty(); }

    /// Makes the new model of an update file's bytes, beside the present one, and returns its file. It is a model whose
    /// golden vector the plain reference computes again. Throws `UpdateRefused`; `name` stands in its message.
    std::string prepare(const std::string& bytes, const std::string& name);

    /// What `prepare` made last becomes the present model; the present one is kept. `before`: what a watch of it has to
    /// know after a restart.
    void commit(const ReturnWatch::Blocks& before);

    /// What was counted before the update that is on trial; none: no update is.
    const std::optional<ReturnWatch::Blocks>& trial() const { return state_.trial; }
    void end_trial();

    /// The model before becomes the present one; false when none is kept. The number of the update stays taken. Throws
    /// `Error` when that cannot be written: it is so all the same until a restart.
    bool give_back();

    /// The next update file NAME.update of the folder, once nobody has written to it for half a second, in the order of
    /// their names. To be asked again and again.
    std::optional<std::string> next_file();

    /// Takes the file out of the way: renames it to NAME.update.taken, or .refused.
    static void set_aside(const std::string& file, bool was_taken);

private:
    struct State {
        std::uint64_t sequence = 0;
        std::string present, previous; ///< hashes; the latter empty: none
        std::optional<ReturnWatch::Blocks> trial;
        std::string update; ///< its hash
    };

    void load();
    void save(const State& state) const;
    std::string file_of(const std::string& hash) const;
    void remove_others() const;

    const std::string folder_, keys_, model_;
    std::shared_ptr<FolderLock> lock_;
    std::string root_;    ///< hash of `model_`
    std::string present_; ///< file
    State state_;
    struct Prepared {
        std::string hash;
        std::uint64_t sequence;
        std::string update;
    };
    std::optional<Prepared> prepared_;
    std::string seen_; ///< name, size and time of the file that may still be written
    std::int64_t seen_ns_ = 0;
};

} // namespace prunedamr::receiver
