// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/capture_source.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dsp/channelizer.h"
#include "prunedamr/dsp/front_end.h"
#include "prunedamr/dsp/front_end_spec_json.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <set>

namespace prunedamr::dataset {
namespace {

constexpr const char* kOtherSignal = "the front end finds another signal than the annotated one";

} // namespace

/// The stretch that is being read, and the frames of its last block.
struct CaptureSource::Current {
    Current(const std::string& path, const CaptureOptions& options)
        : recording(path, options.raw), front_end(options.front_end)
    {
        frames.resize(static_cast<std::size_t>(front_end.max_frames()) * 2 *
                      static_cast<std::size_t>(options.front_end.frame_length));
        block.resize(static_cast<std::size_t>(front_end.block_length()));
    }

    void begin(const Stretch& next)
    {
        stretch = next;
        left = next.count;
        channel = std::make_unique<dsp::Channel>(next.center, next.channel_fraction, front_end.block_length());
        samples.resize(static_cast<std::size_t>(channel->input_length()));
        recording.seek(next.start);
        given = taken = ready = 0;
    }

    /// Reads the next block of the stretch; false at its end.
    bool next_block()
    {
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, samples.size()));
        const std::size_t got = recording.read(samples.data(), wanted);
        left = got < wanted ? 0 : left - got;
        const int count = channel->process(samples.data(), static_cast<int>(got), block.data());
        // What is left of a long signal is worth no frame that is filled up with zeros.
        if (got == 0 || (given > 0 && count < front_end.spec().frame_length))
            return false;
        info = front_end.process(block.data(), count, frames.data());
        taken = 0;
        ready = is_other_signal() ? 0 : info.frames;
        others += is_other_signal() && info.frames > 0;
        given += ready;
        return true;
    }

    bool is_other_signal() const
    {
        return front_end.spec().kind == FrontEndSpec::Kind::auto_band && stretch.bandwidth < 1.0 &&
               stretch.label != "noise" && std::abs(info.center) * channel->ratio() > stretch.bandwidth / 2;
    }

    float snr_db() const
    {
        return stretch.label == "noise" ? std::numeric_limits<float>::quiet_NaN() : info.snr_db;
    }

    recording::Recording recording;
    dsp::FrontEnd front_end;
    std::unique_ptr<dsp::Channel> channel;
    Stretch stretch;
    dsp::BlockInfo info;
    std::uint64_t left = 0;
    std::int64_t given = 0;   ///< frames of the stretch
    int ready = 0, taken = 0; ///< frames of the block
    int others = 0;           ///< blocks of the stretch with another signal
    std::vector<std::complex<float>> samples, block;
    std::vector<float> frames;
};

CaptureSource::CaptureSource(const std::vector<std::string>& files, const CaptureOptions& options)
    : options_(options)
{
    header_.front_end = front_end_from_json(to_json(options.front_end), "--front-end");
    std::set<std::string> names;
    auto captures = nlohmann::json::array();
    for (const auto& path : files) {
        const recording::Recording recording(path, options.raw);
        const auto& info = recording.info();
        if (options.on_warnings && !info.warnings.empty())
            options.on_warnings(info.warnings);
        files_.push_back({ path, plan_capture(info, options.label, options.only_of_persons) });
        for (const auto& stretch : files_.back().plan.stretches)
            if (names.insert(stretch.label).second)
                header_.class_names.push_back(stretch.label);
        captures.push_back({ { "file", std::filesystem::path(path).filename().string() },
                             { "sample_rate_hz", info.sample_rate_hz },
                             { "description", info.description } });
    }
    header_.provenance = nlohmann::json{ { "captures", captures } }.dump();
    if (!header_.class_names.empty())
        return;
    const auto& skipped = files_.front().plan.skipped;
    throw Error({ "no labeled signal can be used", files_.front().path,
                  skipped.empty() ? "" : skipped.front().reason, "annotations with core:label, or --label NAME" });
}

CaptureSource::~CaptureSource() = default;

void CaptureSource::skip(const Stretch& stretch, const std::string& reason)
{
    files_[file_].plan.skipped.push_back({ stretch.start, stretch.count, stretch.label, reason });
}

/// Goes on to the next stretch; false behind the last one.
bool CaptureSource::next_stretch()
{
    if (current_ && stretch_ > 0 && current_->given == 0)
        skip(current_->stretch, current_->others > 0 ? kOtherSignal : "too short for a frame");
    for (; file_ < files_.size(); ++file_, stretch_ = 0, current_.reset()) {
        if (stretch_ == files_[file_].plan.stretches.size())
            continue;
        if (!current_)
            current_ = std::make_unique<Current>(files_[file_].path, options_);
        current_->begin(files_[file_].plan.stretches[stretch_++]);
        ++group_;
        return true;
    }
    return false;
}

std::int64_t CaptureSource::read(dataset::Dataset& piece, std::int64_t max_count)
{
    piece.frames.clear();
    piece.label.clear();
    piece.snr_db.clear();
    piece.group.clear();
    piece.part.clear();
    while (piece.size() < max_count) {
        if (current_ && current_->taken < current_->ready)
            take(piece, max_count);
        else if ((!current_ || !current_->next_block()) && !next_stretch())
            break;
    }
    frames_ += piece.size();
    return piece.size();
}

/// Hands out frames of the current block.
void CaptureSource::take(dataset::Dataset& piece, std::int64_t max_count)
{
    Current& now = *current_;
    const auto count =
        static_cast<std::size_t>(std::min<std::int64_t>(now.ready - now.taken, max_count - piece.size()));
    const auto name = std::find(header_.class_names.begin(), header_.class_names.end(), now.stretch.label);
    const std::int64_t floats = 2 * header_.length();
    const auto first = now.frames.begin() + now.taken * floats;
    piece.frames.insert(piece.frames.end(), first, first + static_cast<std::int64_t>(count) * floats);
    piece.label.insert(piece.label.end(), count, static_cast<std::int32_t>(name - header_.class_names.begin()));
    piece.snr_db.insert(piece.snr_db.end(), count, now.snr_db());
    piece.group.insert(piece.group.end(), count, group_);
    piece.part.insert(piece.part.end(), count, dataset::Split::train);
    now.taken += static_cast<int>(count);
}

nlohmann::json CaptureSource::report() const
{
    std::map<std::string, int> reasons;
    auto not_used = nlohmann::json::array();
    std::size_t stretches = 0;
    for (const auto& file : files_) {
        stretches += file.plan.stretches.size();
        for (const auto& skipped : file.plan.skipped) {
            ++reasons[skipped.reason];
            not_used.push_back({ { "file", file.path },
                                 { "sample_start", skipped.start },
                                 { "sample_count", skipped.count },
                                 { "label", skipped.label },
                                 { "reason", skipped.reason } });
        }
    }
    return { { "files", files_.size() },
             { "groups", stretches },
             { "frames", frames_ },
             { "skipped", reasons },
             { "not_used", not_used } };
}

} // namespace prunedamr::dataset
