// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/transforms.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dsp/front_end_spec_json.h"
#include "prunedamr/model/class_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace prunedamr::dataset {
namespace {

constexpr std::int64_t kPieceBytes = 8 << 20;

/// The index of `name`, which is added if it is new.
std::int32_t index_in(std::vector<std::string>& names, const std::string& name)
{
    const auto at = std::find(names.begin(), names.end(), name);
    const auto index = static_cast<std::int32_t>(at - names.begin());
    if (at == names.end())
        names.push_back(name);
    return index;
}

/// Passes everything on; its heirs change the header and the pieces.
class SourceStage : public FrameSource
{
public:
    explicit SourceStage(std::unique_ptr<FrameSource> source)
        : source_(std::move(source)), header_(source_->header())
    {
    }
    const Dataset& header() const override { return header_; }
    std::int64_t frame_count() const override { return source_->frame_count(); }
    bool has_split() const override { return source_->has_split(); }
    SampleType samples() const override { return source_->samples(); }

protected:
    std::unique_ptr<FrameSource> source_;
    Dataset header_;
};

class CanonicalNames : public SourceStage
{
public:
    explicit CanonicalNames(std::unique_ptr<FrameSource> source) : SourceStage(std::move(source))
    {
        header_.class_names.clear();
        for (const auto& name : source_->header().class_names) {
            const model::Modulation* row = model::find_modulation(name);
            renamed_.push_back(index_in(header_.class_names, row ? row->name : name));
        }
    }

    std::int64_t read(Dataset& piece, std::int64_t max_count) override
    {
        return rename(source_->read(piece, max_count), piece);
    }
    std::int64_t read_fields(Dataset& piece, std::int64_t max_count) override
    {
        return rename(source_->read_fields(piece, max_count), piece);
    }

private:
    std::int64_t rename(std::int64_t count, Dataset& piece) const
    {
        for (auto& label : piece.label)
            label = renamed_[static_cast<std::size_t>(label)];
        return count;
    }

    std::vector<std::int32_t> renamed_;
};

class UnitRms : public SourceStage
{
public:
    explicit UnitRms(std::unique_ptr<FrameSource> source) : SourceStage(std::move(source))
    {
        header_.front_end.scale = FrontEndSpec::Scale::unit_rms;
    }

    std::int64_t read(Dataset& piece, std::int64_t max_count) override
    {
        const std::int64_t count = source_->read(piece, max_count);
        for (std::int64_t i = 0; i < count; ++i)
            scale_frame(header_.front_end, piece.frames.data() + i * 2 * header_.length());
        return count;
    }
    std::int64_t read_fields(Dataset& piece, std::int64_t max_count) override
    {
        return source_->read_fields(piece, max_count);
    }
};

class Joined : public FrameSource
{
public:
    explicit Joined(std::vector<NamedSource> sources) : sources_(std::move(sources))
    {
        PRUNEDAMR_CHECK(!sources_.empty(), "concat() needs a source");
        header_.front_end = sources_[0].source->header().front_end;
        auto inputs = nlohmann::json::array();
        for (const auto& [name, source] : sources_) {
            const Dataset& header = source->header();
            require_front_end(header.front_end, name);
            renamed_.emplace_back();
            for (const auto& label : header.class_names)
                renamed_.back().push_back(index_in(header_.class_names, label));
            inputs.push_back({ { "file", name }, { "provenance", nlohmann::json::parse(header.provenance) } });
        }
        add_provenance(header_, "inputs", inputs);
    }

    const Dataset& header() const override { return header_; }
    std::int64_t frame_count() const override
    {
        std::int64_t total = 0;
        for (const auto& [name, source] : sources_) {
            if (source->frame_count() < 0)
                return -1;
            total += source->frame_count();
        }
        return total;
    }
    bool has_split() const override
    {
        return std::all_of(sources_.begin(), sources_.end(), [](const auto& s) { return s.source->has_split(); });
    }
    SampleType samples() const override
    {
        const bool all = std::all_of(sources_.begin(), sources_.end(),
                                     [](const auto& s) { return s.source->samples() == SampleType::float16; });
        return all ? SampleType::float16 : SampleType::float32;
    }

    std::int64_t read(Dataset& piece, std::int64_t max_count) override
    {
        return next([&](FrameSource& source) { return source.read(piece, max_count); }, piece);
    }
    std::int64_t read_fields(Dataset& piece, std::int64_t max_count) override
    {
        return next([&](FrameSource& source) { return source.read_fields(piece, max_count); }, piece);
    }

private:
    void require_front_end(const FrontEndSpec& spec, const std::string& name) const
    {
        std::string found, expected;
        const auto compare = [&](const char* key) {
            const auto here = to_json(spec)[key], there = to_json(header_.front_end)[key];
            if (here == there)
                return;
            found += (found.empty() ? "" : ", ") + (key + (" " + here.dump()));
            expected += (expected.empty() ? "" : ", ") + (key + (" " + there.dump()));
        };
        for (const char* key : { "kind", "frame_length", "scale" })
            compare(key);
        for (const char* key : { "block_length", "occupied_fraction" })
            if (spec.kind == FrontEndSpec::Kind::auto_band) // as_is does not look at them
                compare(key);
        if (!found.empty())
            throw Error({ "front end differs from that of " + sources_[0].name, name, found, expected });
    }

    template <typename Read> std::int64_t next(const Read& read, Dataset& piece)
    {
        for (; current_ < sources_.size(); ++current_, first_group_ = next_group_, done_ = 0) {
            const std::int64_t count = read(*sources_[current_].source);
            if (count == 0)
                continue;
            for (auto& label : piece.label)
                label = renamed_[current_][static_cast<std::size_t>(label)];
            for (std::size_t i = 0; sources_.size() > 1 && i < piece.group.size(); ++i)
                piece.group[i] = renumber(piece.group[i], done_ + static_cast<std::int64_t>(i));
            done_ += count;
            return count;
        }
        return 0;
    }

    std::int64_t renumber(std::int64_t group, std::int64_t frame)
    {
        if (group < 0 || group >= std::numeric_limits<std::int64_t>::max() - first_group_)
            throw Error({ "group of frame " + std::to_string(frame) + " cannot be renumbered",
                          sources_[current_].name, std::to_string(group), "0 or more, and room above it" });
        next_group_ = std::max(next_group_, first_group_ + group + 1);
        return first_group_ + group;
    }

    std::vector<NamedSource> sources_;
    std::vector<std::vector<std::int32_t>> renamed_; ///< [source][its label] -> ours
    Dataset header_;
    std::size_t current_ = 0;
    std::int64_t first_group_ = 0, next_group_ = 0; ///< of the current source, of the one after it
    std::int64_t done_ = 0;                         ///< frames of the current source
};

} // namespace

std::int64_t frames_in_piece(const FrameSource& source)
{
    return std::max<std::int64_t>(1, kPieceBytes / (8 * source.header().length()));
}

std::unique_ptr<FrameSource> concat(std::vector<NamedSource> sources)
{
    return std::make_unique<Joined>(std::move(sources));
}

std::unique_ptr<FrameSource> with_canonical_names(std::unique_ptr<FrameSource> source)
{
    return std::make_unique<CanonicalNames>(std::move(source));
}

std::unique_ptr<FrameSource> scale_to_unit_rms(std::unique_ptr<FrameSource> source)
{
    return std::make_unique<UnitRms>(std::move(source));
}

namespace {

constexpr double kTolerance = 0.001;

double size_of(const FrontEndSpec& front_end, const float* frame)
{
    const bool magnitude = front_end.scale == FrontEndSpec::Scale::unit_magnitude;
    double sum = 0.0;
    for (int k = 0; k < front_end.frame_length; ++k) {
        const double i = frame[k], q = frame[front_end.frame_length + k];
        sum += magnitude ? std::hypot(i, q) : i * i + q * q;
    }
    return magnitude ? sum : std::sqrt(sum / front_end.frame_length);
}

bool needs_scaling(double size)
{
    return size > 0.0 && std::abs(size - 1.0) > kTolerance;
}

} // namespace

void scale_frame(const FrontEndSpec& front_end, float* frame)
{
    const double size = size_of(front_end, frame);
    if (!needs_scaling(size))
        return;
    for (int k = 0; k < 2 * front_end.frame_length; ++k)
        frame[k] = static_cast<float>(frame[k] / size);
}

void ScaleSample::add(const float* frame)
{
    const double size = size_of(front_end_, frame);
    lowest_ = frames_ == 0 ? size : std::min(lowest_, size);
    highest_ = std::max(highest_, size);
    rescaled_ += needs_scaling(size);
    ++frames_;
}

nlohmann::json ScaleSample::report() const
{
    return {
        { "sampled_frames", frames_ }, { "lowest", lowest_ }, { "highest", highest_ }, { "rescaled", rescaled_ }
    };
}

void resize_piece(Dataset& piece, std::int64_t count, std::int64_t length)
{
    const auto frames = static_cast<std::size_t>(count);
    piece.frames.resize(frames * 2 * static_cast<std::size_t>(length));
    piece.label.resize(frames);
    piece.snr_db.resize(frames);
    piece.group.resize(frames);
    piece.part.assign(frames, Split::train);
}

void add_provenance(Dataset& dataset, const std::string& key, const nlohmann::json& entry)
{
    auto provenance = nlohmann::json::parse(dataset.provenance);
    provenance[key] = entry;
    dataset.provenance = provenance.dump();
}

} // namespace prunedamr::dataset
