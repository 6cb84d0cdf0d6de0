// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/recording/read_only_file.h"

#include <string>
#include <vector>

namespace prunedamr::recording {

/// A plain file inside a tar archive; its bytes lie together.
struct TarMember {
    std::string name;
    std::uint64_t offset; ///< in the archive
    std::uint64_t size;
};

/// The plain files of an archive in order: POSIX.1-1988 ustar, POSIX.1-2001 pax and GNU, not compressed.
/// Throws `Error` for what is no tar, is compressed, cut short or has a header whose sum is wrong.
std::vector<TarMember> read_tar(const ReadOnlyFile& archive);

} // namespace prunedamr::recording
