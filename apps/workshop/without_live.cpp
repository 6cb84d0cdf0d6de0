// SPDX-License-Identifier: GPL-3.0-or-later
// What needs VOLK and its like, in a build without them: it says so. Data sets are read, trained on and measured.
#include "apps/workshop/absent.h"
#include "apps/workshop/capture_source.h"
#include "apps/workshop/data_verbs.h"
#include "apps/workshop/eval_recordings.h"
#include "apps/workshop/frame_data.h"
#include "apps/workshop/verbs.h"

namespace prunedamr::workshop {
namespace {

constexpr AbsentPart kLive = {
    "VOLK, FFTW, liquid-dsp",
    "-DPRUNEDAMR_LIVE=ON (needs libvolk-dev libfftw3-dev libliquid-dev libzmq3-dev cppzmq-dev)"
};

} // namespace

void add_synth(CLI::App& app)
{
    kLive.add_verb(app, "synth");
}

void add_data_plot(CLI::App& data)
{
    kLive.add_verb(data, "plot");
}

nlohmann::json eval_recordings(const graph::Network&, const std::vector<std::string>&)
{
    kLive.refuse("--recordings");
}

data::Dataset make_recipe_frames(const FrameData& options)
{
    kLive.refuse("--data " + options.data);
}

FramePages make_recipe_pages(const FrameData& options)
{
    kLive.refuse("--data " + options.data);
}

struct CaptureSource::Current {
};

CaptureSource::CaptureSource(const std::vector<std::string>& files, const CaptureOptions&)
{
    kLive.refuse(files.front());
}

CaptureSource::~CaptureSource() = default;

std::int64_t CaptureSource::read(data::Dataset&, std::int64_t)
{
    return 0;
}

nlohmann::json CaptureSource::report() const
{
    return {};
}

} // namespace prunedamr::workshop
