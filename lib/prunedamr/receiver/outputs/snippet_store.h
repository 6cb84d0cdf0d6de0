// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace prunedamr::receiver {

/// A folder of small SigMF recordings within a budget. A recording is written in a folder of its own inside, and moved out
/// when it is whole: after a crash it is complete or absent. Where there is no room, the label with the most recordings
/// loses its oldest; those beyond an age go, too. Never removed are others' files: ours are named by a time, a frequency and
/// a label, and all their annotations are of this program.
class SnippetStore
{
public:
    struct Config {
        std::string folder;
        std::uint64_t max_bytes = 1'000'000'000; ///< on the disk, in blocks of 4096
        double max_age_s = 7 * 86400.0;          ///< since it was written
    };
    using Clock = std::function<std::int64_t()>; ///< ns since 1970, as the file system has it

    /// Creates the folder, finishes or removes what a killed process has left, and finds what is there. Throws `Error`.
    explicit SnippetStore(Config config, Clock now_ns = {});

    /// Name of a recording of this time, center and label, without ending.
    static std::string name_of(std::int64_t time_ns, double center_freq_hz, const std::string& label);

    bool has(const std::string& name) const; ///< whoever has written it

    /// Removes others until a recording of so many samples' bytes fits. False when it never will.
    bool make_room(std::uint64_t bytes);

    /// Where to write it before `add`.
    std::string unfinished(const std::string& name) const;

    /// It is whole, and is moved to its place. Throws `Error`.
    void add(const std::string& name, const std::string& label);

    void remove_old();

    std::size_t count() const noexcept { return snippets_.size(); }
    std::uint64_t bytes() const noexcept;

private:
    struct Snippet {
        std::string name, label;
        std::uint64_t bytes = 0;
        std::int64_t written_ns = 0;
    };

    std::string path(const std::string& name) const { return config_.folder + "/" + name; }
    void finish_unfinished() const;
    void find();
    void put_on_record(const std::string& name, const std::string& label);
    void remove_commonest();
    void remove(std::size_t index);

    const Config config_;
    const Clock now_ns_;
    std::vector<Snippet> snippets_; ///< the oldest first
};

} // namespace prunedamr::receiver
