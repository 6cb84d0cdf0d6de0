// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/formats/mat_frames.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dataset/transforms.h"
#include "prunedamr/formats/class_order.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <map>

namespace prunedamr::formats {
namespace {

constexpr std::size_t kFramesAtATime = 256;
const std::vector<std::string> kFrameNames = { "xtrainiq", "x", "iq", "frames", "data", "signals" };
const std::vector<std::string> kLabelNames = { "label", "labels", "y", "modulation", "mods" };
const std::vector<std::string> kSnrNames = { "snr", "snr_db", "snrs", "z" };
const std::vector<std::string> kClassNames = { "class_names", "classes", "modulations" };
const std::vector<std::string> kHkdd12 = { "BPSK", "QPSK",  "8PSK",  "OQPSK", "2FSK", "4FSK",
                                           "8FSK", "16QAM", "32QAM", "64QAM", "4PAM", "8PAM" };
constexpr std::size_t kHkdd12Snrs = 21;

class MatSource : public dataset::FrameSource
{
public:
    explicit MatSource(const std::string& path) : path_(path), file_(path)
    {
        frames_ = find(kFrameNames);
        if (!frames_ || frames_->kind != MatVariable::Kind::numbers)
            refuse("no variable of frames");
        header_.provenance = nlohmann::json{
            { "source", "MAT file" },
            { "variable", frames_->name },
            { "groups", "one per frame: the file does not tell which frames share a burst" }
        }.dump();
        if (const MatVariable* labels = find(kLabelNames))
            read_labels(*labels);
        else
            number_as_hkdd();
        header_.front_end.kind = FrontEndSpec::Kind::as_is;
        header_.front_end.frame_length = static_cast<int>(layout_.length);
        header_.front_end.block_length = header_.front_end.frame_length;
        sample_scale();
    }

    const dataset::Dataset& header() const override { return header_; }
    std::int64_t frame_count() const override { return static_cast<std::int64_t>(label_.size()); }
    bool has_split() const override { return false; }
    std::int64_t read(dataset::Dataset& piece, std::int64_t max_count) override;

private:
    const MatVariable* find(const std::vector<std::string>& names) const;
    [[noreturn]] void refuse(const std::string& problem) const;
    void read_labels(const MatVariable& labels);
    void read_snr(std::size_t count);
    void number_as_hkdd();
    std::vector<double> numbers(const MatVariable& variable) const;
    void sample_scale();
    void read_frames(std::size_t first, std::size_t count, float* frames) const;

    std::string path_;
    MatFile file_;
    const MatVariable* frames_ = nullptr;
    MatLayout layout_;
    std::vector<std::int32_t> label_;
    std::vector<float> snr_db_;
    std::size_t next_ = 0;
    dataset::Dataset header_;
};

const MatVariable* MatSource::find(const std::vector<std::string>& names) const
{
    for (const auto& name : names)
        for (const auto& variable : file_.variables()) {
            std::string lower = variable.name;
            std::transform(lower.begin(), lower.end(), lower.begin(),
                           [](unsigned char c) { return std::tolower(c); });
            if (lower == name && variable.kind != MatVariable::Kind::other)
                return &variable;
        }
    return nullptr;
}

void MatSource::refuse(const std::string& problem) const
{
    std::string found;
    for (const auto& variable : file_.variables())
        found += (found.empty() ? "" : "; ") + variable.text();
    throw Error(
        { problem, path_, found.empty() ? "no variables" : found.substr(0, 400),
          "frames in XTrainIQ, X, IQ, frames, data or signals ([N,2,L], [N,L,2], [2,L,N], [L,2,N] real; [N,L], "
          "[L,N] complex), labels in label, Y, modulation or mods" });
}

std::vector<double> MatSource::numbers(const MatVariable& variable) const
{
    if (variable.kind != MatVariable::Kind::numbers || variable.is_complex)
        throw Error({ "variable has the wrong class", path_, variable.text(), "real numbers" });
    return file_.read(variable, std::vector<std::size_t>(variable.extents.size(), 0), variable.extents).real;
}

void MatSource::read_labels(const MatVariable& labels)
{
    std::vector<std::string> names;
    if (labels.kind != MatVariable::Kind::numbers) {
        names = file_.strings(labels);
    } else {
        const MatVariable* classes = find(kClassNames);
        if (!classes || classes->kind == MatVariable::Kind::numbers)
            throw Error({ "labels are numbers without names", path_, labels.text(),
                          "strings in class_names, classes or modulations" });
        const std::vector<std::string> table = file_.strings(*classes);
        const std::vector<double> indices = numbers(labels);
        const double base = std::find(indices.begin(), indices.end(), 0.0) != indices.end() ? 0.0 : 1.0;
        for (const double index : indices) {
            const double row = index - base;
            if (!(row >= 0.0 && row < static_cast<double>(table.size())) || row != std::floor(row))
                throw Error({ "label of frame " + std::to_string(names.size()) + " is out of range", path_,
                              std::to_string(index), std::to_string(table.size()) + " classes" });
            names.push_back(table[static_cast<std::size_t>(row)]);
        }
    }
    for (const auto& name : names)
        check_class_name(name, path_ + ": " + labels.name);
    header_.class_names = in_class_order(names);
    std::map<std::string, std::int32_t> rows;
    for (const auto& name : header_.class_names)
        rows.emplace(name, static_cast<std::int32_t>(rows.size()));
    for (const auto& name : names)
        label_.push_back(rows.at(name));
    const auto layout = find_layout(*frames_, label_.size());
    if (!layout)
        refuse("frames do not fit " + std::to_string(label_.size()) + " labels");
    layout_ = *layout;
    read_snr(label_.size());
}

void MatSource::read_snr(std::size_t count)
{
    const MatVariable* snr = find(kSnrNames);
    if (!snr) {
        snr_db_.assign(count, std::numeric_limits<float>::quiet_NaN());
        return;
    }
    const std::vector<double> values = numbers(*snr);
    if (values.size() != count && values.size() != 1)
        throw Error({ "SNR has the wrong length", path_, snr->text(), std::to_string(count) + " or 1" });
    for (std::size_t i = 0; i < count; ++i) {
        const double value = values[values.size() == 1 ? 0 : i];
        if (!(std::abs(value) <= 1000.0))
            throw Error({ "SNR of frame " + std::to_string(i) + " is out of range", path_, std::to_string(value),
                          "-1000..1000 dB" });
        snr_db_.push_back(static_cast<float>(value));
    }
}

void MatSource::number_as_hkdd()
{
    const auto& extents = frames_->extents;
    if (frames_->name != "XTrainIQ" || extents.size() != 4 || extents[0] != 2 || extents[2] != 1)
        refuse("no variable of labels");
    if (extents[1] == 1024)
        throw Error({ "HKDD_AMC36 holds no labels, and the order of its classes is not published", path_,
                      frames_->text(), "a variable of labels" });
    const std::size_t cells = kHkdd12.size() * kHkdd12Snrs;
    if (extents[1] != 512 || extents[3] == 0 || extents[3] % cells != 0)
        throw Error({ "not HKDD_AMC12, and no variable of labels", path_, frames_->text(),
                      "[2,512,1,252 n], n frames of each of 12 classes and 21 SNRs" });
    const auto layout = find_layout(*frames_, extents[3]);
    if (!layout)
        refuse("frames of HKDD_AMC12 are real");
    layout_ = *layout;
    const std::size_t frames_per_cell = extents[3] / cells;
    header_.class_names = kHkdd12;
    for (std::size_t i = 0; i < extents[3]; ++i) {
        const std::size_t cell = i / frames_per_cell;
        label_.push_back(static_cast<std::int32_t>(cell % kHkdd12.size()));
        snr_db_.push_back(-20.0f + 2.0f * static_cast<float>(cell / kHkdd12.size()));
    }
    dataset::add_provenance(header_, "labels",
                            "HKDD_AMC12: by position, SNR by SNR, class by class; the file holds none");
}

void MatSource::read_frames(std::size_t first, std::size_t count, float* frames) const
{
    std::vector<std::size_t> start(frames_->extents.size(), 0), edge = frames_->extents;
    start[layout_.frame_axis] = first;
    edge[layout_.frame_axis] = count;
    const MatSlab slab = file_.read(*frames_, start, edge);
    layout_.frames_of(slab, edge, frames);
    const std::size_t values = 2 * layout_.length;
    for (std::size_t i = 0; i < count * values; ++i)
        if (!std::isfinite(frames[i]))
            throw Error(
                { "frame " + std::to_string(first + i / values) + " holds a sample that is not a finite float32",
                  path_ + ": " + frames_->name, "", "" });
}

void MatSource::sample_scale()
{
    dataset::ScaleSample sample(header_.front_end);
    std::vector<float> frame(2 * layout_.length);
    const std::size_t step = label_.size() / 64 + 1;
    for (std::size_t i = 0; i < label_.size(); i += step) {
        read_frames(i, 1, frame.data());
        sample.add(frame.data());
    }
    dataset::add_provenance(header_, "scale", sample.report());
}

std::int64_t MatSource::read(dataset::Dataset& piece, std::int64_t max_count)
{
    const std::size_t count =
        std::min(static_cast<std::size_t>(std::max<std::int64_t>(max_count, 0)), label_.size() - next_);
    const std::size_t values = 2 * layout_.length;
    dataset::resize_piece(piece, static_cast<std::int64_t>(count), header_.length());
    for (std::size_t done = 0; done < count;) {
        const std::size_t frames = std::min(count - done, kFramesAtATime);
        read_frames(next_, frames, piece.frames.data() + done * values);
        for (std::size_t i = 0; i < frames; ++i, ++next_, ++done) {
            dataset::scale_frame(header_.front_end, piece.frames.data() + done * values);
            piece.label[done] = label_[next_];
            piece.snr_db[done] = snr_db_[next_];
            piece.group[done] = static_cast<std::int64_t>(next_);
        }
    }
    return static_cast<std::int64_t>(count);
}

} // namespace

std::unique_ptr<dataset::FrameSource> open_mat_frames(const std::string& path)
{
    return std::make_unique<MatSource>(path);
}

namespace {

constexpr std::size_t kMinAxisLength = 16;
constexpr std::size_t kMaxAxisLength = 65536;

/// `roles` of the axes of extent above 1, in order: n frames, c channels, k samples. A single frame has an axis of
/// extent 1.
std::optional<MatLayout> match(const MatVariable& variable, std::size_t frames, std::string roles)
{
    MatLayout layout;
    layout.frames = frames;
    std::vector<std::size_t> axes;
    bool frame_axis = frames > 1;
    for (std::size_t axis = 0; axis < variable.extents.size(); ++axis)
        if (variable.extents[axis] != 1) {
            axes.push_back(axis);
        } else if (frames == 1) {
            layout.frame_axis = axis;
            frame_axis = true;
        }
    if (frames == 1)
        roles.erase(roles.find('n'), 1);
    if (!frame_axis || axes.size() != roles.size())
        return std::nullopt;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const std::size_t extent = variable.extents[axes[i]];
        if (roles[i] == 'n' && extent == frames)
            layout.frame_axis = axes[i];
        else if (roles[i] == 'c' && extent == 2)
            layout.channel_axis = axes[i];
        else if (roles[i] == 'k' && extent >= kMinAxisLength && extent <= kMaxAxisLength)
            layout.sample_axis = axes[i];
        else
            return std::nullopt;
    }
    layout.length = variable.extents[layout.sample_axis];
    return layout;
}

} // namespace

std::optional<MatLayout> find_layout(const MatVariable& variable, std::size_t frames)
{
    const std::vector<std::string> orders = variable.is_complex
                                                ? std::vector<std::string>{ "nk", "kn" }
                                                : std::vector<std::string>{ "nck", "nkc", "ckn", "kcn" };
    for (const auto& order : orders)
        if (const auto layout = match(variable, frames, order))
            return layout;
    return std::nullopt;
}

void MatLayout::frames_of(const MatSlab& slab, const std::vector<std::size_t>& extents, float* out) const
{
    const auto stride = [&](std::size_t axis) {
        std::size_t elements = 1;
        for (std::size_t below = 0; below < axis; ++below)
            elements *= extents[below];
        return elements;
    };
    const std::size_t frame_step = stride(frame_axis), sample_step = stride(sample_axis);
    const std::size_t channel_step = channel_axis ? stride(*channel_axis) : 0;
    const std::vector<double>& quadrature = channel_axis ? slab.real : slab.imaginary;
    for (std::size_t n = 0; n < extents[frame_axis]; ++n)
        for (std::size_t k = 0; k < length; ++k) {
            const std::size_t at = n * frame_step + k * sample_step;
            float* frame = out + 2 * n * length;
            frame[k] = static_cast<float>(slab.real[at]);
            frame[length + k] = static_cast<float>(quadrature[at + channel_step]);
        }
}

} // namespace prunedamr::formats
