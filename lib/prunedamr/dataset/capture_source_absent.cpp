// SPDX-License-Identifier: GPL-3.0-or-later
// Captures as frames in a build without the front end: refused.
#include "prunedamr/base/error.h"
#include "prunedamr/dataset/capture_source.h"

namespace prunedamr::dataset {

struct CaptureSource::Current {
};

CaptureSource::CaptureSource(const std::vector<std::string>& files, const CaptureOptions&)
{
    throw Error({ "not in this build: configure with -DPRUNEDAMR_LIVE=ON (needs libvolk-dev libfftw3-dev "
                  "libliquid-dev libzmq3-dev cppzmq-dev)",
                  files.empty() ? "captures" : files.front(), "", "" });
}

CaptureSource::~CaptureSource() = default;

std::int64_t CaptureSource::read(dataset::Dataset&, std::int64_t)
{
    return 0;
}

nlohmann::json CaptureSource::report() const
{
    return {};
}

} // namespace prunedamr::dataset
