// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/inotify.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

namespace prunedamr::test {

/// Returns when the file is there, of which inotify(7) tells; its folder exists. Whatever comes into the folder ends
/// one wait, so no file is missed.
inline void wait_for_file(const std::filesystem::path& path)
{
    const int watch = inotify_init1(IN_CLOEXEC);
    const auto folder = std::filesystem::absolute(path).parent_path();
    if (inotify_add_watch(watch, folder.c_str(), IN_CREATE | IN_MOVED_TO) < 0)
        throw std::runtime_error("cannot watch " + folder.string());
    alignas(inotify_event) char changes[4096];
    while (!std::filesystem::exists(path) && read(watch, changes, sizeof(changes)) > 0) {
    }
    close(watch);
}

} // namespace prunedamr::test
