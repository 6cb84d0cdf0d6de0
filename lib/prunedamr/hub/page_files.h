// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/web/page_files.h"

namespace prunedamr::hub {

const std::vector<receiver::PageFile>& page_files(); ///< of the folder `page`, with the receiver's style

} // namespace prunedamr::hub
