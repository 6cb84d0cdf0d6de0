// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/file.h"
#include "prunedamr/receiver/outputs/teaching.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::receiver {

/// A folder of small SigMF recordings within a budget. A recording is written in a folder of its own inside, and moved out
/// when it is whole: after a crash it is complete or absent. Where there is no room, the label with the most recordings
/// loses its oldest, or the one goes that teaches least (`Teaching`), unless the new one teaches no more; those beyond an age
/// go, too. Never removed are others' files: ours are named by a time, a frequency and a label, and all their annotations are
/// of this program. What a person has labeled is that person's.
class SnippetStore
{
public:
    struct Config {
        std::string folder;
        std::uint64_t max_bytes = 1'000'000'000; ///< on the disk, in blocks of 4096
        double max_age_s = 7 * 86400.0;          ///< since it was written
        bool keeps_teaching = false;             ///< what teaches most, not what is newest
    };
    using Clock = std::function<std::int64_t()>; ///< ns since 1970, as the file system has it

    /// Creates the folder, finishes or removes what a killed process has left, and finds what is there. Throws `Error`, also
    /// where another one keeps its recordings: a folder is one store's.
    explicit SnippetStore(Config config, Clock now_ns = {});

    /// Name of a recording of this time, center and label, without ending.
    static std::string name_of(std::int64_t time_ns, double center_freq_hz, const std::string& label);

    bool has(const std::string& name) const; ///< whoever has written it

    enum class Room { there, none_for_less, too_large };

    /// Whether a recording of so many samples' bytes would be kept, whose label teaches so much. Removes nothing.
    Room room_for(std::uint64_t bytes, double score = 0.0);

    /// Removes others until it fits. False when it would not be kept.
    bool make_room(std::uint64_t bytes, double score = 0.0);

    double novelty(const Traits& traits) const noexcept; ///< 1 - similarity to the nearest that is there

    /// Where to write it before `add`.
    std::string unfinished(const std::string& name) const;

    /// It is whole, and is moved to its place. Throws `Error`.
    void add(const std::string& name, const std::string& label, const Traits& traits = {}, double score = 0.0);

    void remove_old();

    std::size_t count() const noexcept { return snippets_.size(); }
    std::uint64_t bytes() const noexcept;

private:
    struct Snippet {
        std::string name, label;
        std::uint64_t bytes = 0;
        std::int64_t written_ns = 0;
        Traits traits;
        double score = 0.0; ///< when it was new
    };

    std::string path(const std::string& name) const { return config_.folder + "/" + name; }
    void finish_unfinished() const;
    void find();
    bool is_ours(const std::string& name) const;
    void put_on_record(const std::string& name, const std::string& label, const Traits& traits, double score);
    std::size_t next_to_go() const;
    void remove(std::size_t index);


    const Config config_;
    std::shared_ptr<FolderLock> lock_; ///< of the folder
    const Clock now_ns_;
    std::vector<Snippet> snippets_; ///< the oldest first
};

} // namespace prunedamr::receiver
