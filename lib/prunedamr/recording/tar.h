// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/recording/byte_source.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::recording {

/// A plain file inside a tar archive; its bytes lie together.
struct TarMember {
    std::string name;
    std::uint64_t offset; ///< in the archive
    std::uint64_t size;
};

/// The plain files of an archive in order: POSIX.1-1988 ustar, POSIX.1-2001 pax and GNU. The last one of an archive
/// that is cut short is what there is of it. Throws `Error` for what is no tar and where a header's sum is wrong.
std::vector<TarMember> read_tar(ByteSource& archive, Notes& notes);

} // namespace prunedamr::recording
