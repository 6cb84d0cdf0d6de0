// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/frame_source.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/dataset/dataset_file.h"
#include "prunedamr/dataset/transforms.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

namespace prunedamr::dataset {
namespace {

constexpr std::string_view kHdf5Signature = "\x89HDF\r\n\x1a\n";

template <typename T>
void copy_range(const std::vector<T>& all, std::int64_t first, std::int64_t count, std::vector<T>& piece)
{
    piece.assign(all.begin() + first, all.begin() + first + count);
}

/// An own data set file, read from its first frame to its last.
class DatasetSource : public FrameSource
{
public:
    DatasetSource(std::unique_ptr<DatasetReader> stored, const std::string& path)
        : stored_(std::move(stored)), path_(path)
    {
        header_.front_end = stored_->fields.front_end;
        header_.class_names = stored_->fields.class_names;
        header_.provenance = stored_->fields.provenance;
    }

    const Dataset& header() const override { return header_; }
    std::int64_t frame_count() const override { return stored_->fields.size(); }
    bool has_split() const override { return true; }
    SampleType samples() const override { return stored_->samples; }

    std::int64_t read(Dataset& piece, std::int64_t max_count) override
    {
        const std::int64_t first = next_, count = read_fields(piece, max_count);
        piece.frames.resize(static_cast<std::size_t>(count * 2 * header_.length()));
        stored_->read_frames(first, count, piece.frames.data());
        check_frames(header_, piece, first, path_);
        return count;
    }

    std::int64_t read_fields(Dataset& piece, std::int64_t max_count) override
    {
        const Dataset& all = stored_->fields;
        const std::int64_t count = std::min(max_count, all.size() - next_);
        copy_range(all.label, next_, count, piece.label);
        copy_range(all.snr_db, next_, count, piece.snr_db);
        copy_range(all.group, next_, count, piece.group);
        copy_range(all.part, next_, count, piece.part);
        piece.frames.clear();
        next_ += count;
        return count;
    }

private:
    std::unique_ptr<DatasetReader> stored_;
    std::string path_;
    Dataset header_;
    std::int64_t next_ = 0;
};

} // namespace

std::unique_ptr<FrameSource> dataset_source(std::unique_ptr<DatasetReader> stored, const std::string& path)
{
    return std::make_unique<DatasetSource>(std::move(stored), path);
}

bool FileHead::is_hdf5() const
{
    // The signature stands at 0 or at a power of two from 512 on.
    for (std::size_t at = 0; at + kHdf5Signature.size() <= bytes.size(); at = at == 0 ? 512 : 2 * at)
        if (bytes.compare(at, kHdf5Signature.size(), kHdf5Signature) == 0)
            return true;
    return false;
}

namespace {

constexpr std::int32_t kDropped = -1;

/// Which frames pass by their class and SNR, and the labels that they get.
class Filter
{
public:
    Filter(const std::vector<std::string>& class_names, const Selection& selection)
        : selection_(selection), names_(selection.labels.empty() ? class_names : selection.labels)
    {
        for (const auto& name : selection.labels)
            require(class_names, name);
        for (const auto& name : class_names) {
            const auto at = std::find(names_.begin(), names_.end(), name);
            labels_.push_back(at == names_.end() ? kDropped : static_cast<std::int32_t>(at - names_.begin()));
        }
    }

    const std::vector<std::string>& names() const { return names_; }
    bool passes_all() const
    {
        return selection_.labels.empty() && !selection_.snr_low_db && !selection_.snr_high_db;
    }

    std::int32_t label(std::int32_t label, float snr_db) const
    {
        const bool low = selection_.snr_low_db && snr_db < *selection_.snr_low_db;
        const bool high = selection_.snr_high_db && snr_db > *selection_.snr_high_db;
        return low || high ? kDropped : labels_[static_cast<std::size_t>(label)];
    }

private:
    static void require(const std::vector<std::string>& class_names, const std::string& name)
    {
        if (std::find(class_names.begin(), class_names.end(), name) != class_names.end())
            return;
        std::string list;
        for (const auto& known : class_names)
            list += (list.empty() ? "" : ", ") + known;
        throw Error({ "the frames have no such class", "labels", name, list });
    }

    Selection selection_;
    std::vector<std::string> names_;
    std::vector<std::int32_t> labels_; ///< [label of the source]
};

/// The numbers of the drawn frames, rising: in each cell a reservoir (Vitter's algorithm R) of `max_count` of them.
std::vector<std::int64_t> draw(FrameSource& source, const Filter& filter, std::int64_t max_count,
                               std::uint64_t seed)
{
    struct Reservoir {
        std::vector<std::int64_t> frames;
        std::int64_t seen = 0;
    };
    std::map<std::pair<std::int32_t, std::optional<int>>, Reservoir> cells;
    Rng rng(seed);
    Dataset piece;
    std::int64_t frame = 0;
    while (source.read_fields(piece, frames_in_piece(source)) > 0)
        for (std::size_t i = 0; i < piece.label.size(); ++i, ++frame) {
            const std::int32_t label = filter.label(piece.label[i], piece.snr_db[i]);
            if (label == kDropped)
                continue;
            auto& cell = cells[{ label, cell_snr_db(piece.snr_db[i]) }];
            const std::int64_t place = rng.integer(0, cell.seen++);
            if (static_cast<std::int64_t>(cell.frames.size()) < max_count)
                cell.frames.push_back(frame);
            else if (place < max_count)
                cell.frames[static_cast<std::size_t>(place)] = frame;
        }
    std::vector<std::int64_t> drawn;
    for (const auto& [cell, reservoir] : cells)
        drawn.insert(drawn.end(), reservoir.frames.begin(), reservoir.frames.end());
    std::sort(drawn.begin(), drawn.end());
    return drawn;
}

class Selected : public FrameSource
{
public:
    Selected(std::unique_ptr<FrameSource> source, Filter filter, std::optional<std::vector<std::int64_t>> drawn)
        : source_(std::move(source)), filter_(std::move(filter)), drawn_(std::move(drawn)),
          header_(source_->header())
    {
        header_.class_names = filter_.names();
    }

    const Dataset& header() const override { return header_; }
    std::int64_t frame_count() const override
    {
        if (drawn_)
            return static_cast<std::int64_t>(drawn_->size());
        return filter_.passes_all() ? source_->frame_count() : -1;
    }
    bool has_split() const override { return source_->has_split(); }
    SampleType samples() const override { return source_->samples(); }

    std::int64_t read(Dataset& piece, std::int64_t max_count) override
    {
        while (source_->read(piece, max_count) > 0)
            if (const std::int64_t kept = keep(piece))
                return kept;
        return 0;
    }

private:
    bool is_drawn(std::int64_t frame)
    {
        if (!drawn_)
            return true;
        if (next_drawn_ == drawn_->size() || (*drawn_)[next_drawn_] != frame)
            return false;
        ++next_drawn_;
        return true;
    }

    /// Moves the frames that pass to the front.
    std::int64_t keep(Dataset& piece)
    {
        const std::int64_t count = piece.size(), floats = 2 * header_.length();
        std::int64_t kept = 0;
        for (std::int64_t i = 0; i < count; ++i) {
            const std::int32_t label = filter_.label(piece.label[i], piece.snr_db[i]);
            if (label == kDropped || !is_drawn(done_ + i))
                continue;
            piece.label[kept] = label;
            piece.snr_db[kept] = piece.snr_db[i];
            piece.group[kept] = piece.group[i];
            piece.part[kept] = piece.part[i];
            if (kept != i)
                std::copy_n(piece.frames.begin() + i * floats, floats, piece.frames.begin() + kept * floats);
            ++kept;
        }
        done_ += count;
        piece.label.resize(kept);
        piece.snr_db.resize(kept);
        piece.group.resize(kept);
        piece.part.resize(kept);
        piece.frames.resize(kept * floats);
        return kept;
    }

    std::unique_ptr<FrameSource> source_;
    Filter filter_;
    std::optional<std::vector<std::int64_t>> drawn_;
    Dataset header_;
    std::size_t next_drawn_ = 0;
    std::int64_t done_ = 0; ///< frames of the source
};

} // namespace

std::unique_ptr<FrameSource> filter(const std::function<std::unique_ptr<FrameSource>()>& open,
                                    const Selection& selection)
{
    auto source = open();
    Filter filter(source->header().class_names, selection);
    std::optional<std::vector<std::int64_t>> drawn;
    if (selection.frames_per_cell)
        drawn = draw(*open(), filter, *selection.frames_per_cell, selection.seed);
    return std::make_unique<Selected>(std::move(source), std::move(filter), std::move(drawn));
}

} // namespace prunedamr::dataset
