// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/frame_source.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dataset/dataset_file.h"

#include <algorithm>
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

} // namespace prunedamr::dataset
