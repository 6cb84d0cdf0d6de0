// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/formats/rml2016.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/dataset/dataset_file.h"
#include "prunedamr/dataset/transforms.h"
#include "prunedamr/formats/class_order.h"
#include "prunedamr/formats/pickle.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <tuple>

namespace prunedamr::formats {
namespace {

constexpr std::int64_t kMinLength = 16;
constexpr std::int64_t kMaxLength = 65536;

std::string shape_text(const std::vector<std::int64_t>& shape)
{
    return nlohmann::json(shape).dump();
}

/// The frames of one class and SNR.
struct Cell {
    std::string name;
    std::int32_t label = 0;
    float snr_db = 0.0f;
    std::string where; ///< file, byte and key, for messages
    const pickle::Array* array = nullptr;
};

/// Reads the frames of one cell in their order.
class CellReader
{
public:
    CellReader(const Cell& cell, const std::string& path) : cell_(cell), decoder_(cell.array->data, path)
    {
        const pickle::Array& array = *cell.array;
        values_ = 2 * static_cast<std::size_t>(array.shape[2]);
        // In Fortran order a frame is spread over the whole array: decode all of it.
        bytes_.resize(array.fortran_order ? array.size_bytes() : values_ * array.dtype.size);
    }

    void read(float* frame)
    {
        const pickle::Array& array = *cell_.array;
        const std::size_t count = static_cast<std::size_t>(array.shape[0]);
        if (!array.fortran_order || next_ == 0)
            fill();
        for (std::size_t i = 0; i < values_; ++i) {
            // Element [n, channel, k] of [count, 2, L] is n + count * (channel + 2 * k) in Fortran order.
            const std::size_t channel = i / (values_ / 2), k = i % (values_ / 2);
            const std::size_t at = array.fortran_order ? next_ + count * (channel + 2 * k) : i;
            frame[i] = static_cast<float>(pickle::element(array.dtype, bytes_.data() + at * array.dtype.size));
            if (!std::isfinite(frame[i]))
                throw Error({ "frame " + std::to_string(next_) + " holds a sample that is not a finite float32",
                              cell_.where, "", "" });
        }
        if (++next_ == count && !decoder_.at_end())
            throw Error({ "array holds more bytes than its shape", cell_.where, "", shape_text(array.shape) });
    }

private:
    void fill()
    {
        if (decoder_.read(bytes_.data(), bytes_.size()) != bytes_.size())
            throw Error(
                { "array holds fewer bytes than its shape", cell_.where, "", shape_text(cell_.array->shape) });
    }

    const Cell& cell_;
    pickle::Decoder decoder_;
    std::vector<std::byte> bytes_;
    std::size_t values_ = 0; ///< in a frame
    std::size_t next_ = 0;   ///< frame
};

std::string read_pickle(const std::string& path)
{
    const InputFile file(path, "a pickle");
    dataset::require_memory(static_cast<double>(file.size()), dataset::available_memory_bytes(), path);
    return file.read_all(file.size());
}

class Rml2016Source : public dataset::FrameSource
{
public:
    explicit Rml2016Source(const std::string& path)
        : path_(path), bytes_(read_pickle(path)), document_(bytes_, path)
    {
        find_cells();
        order_cells();
        describe();
    }

    const dataset::Dataset& header() const override { return header_; }
    std::int64_t frame_count() const override { return frame_count_; }
    bool has_split() const override { return false; }
    std::int64_t read(dataset::Dataset& piece, std::int64_t max_count) override;

private:
    void find_cells();
    Cell cell_of(const pickle::Value& key, const pickle::Value& value) const;
    void check_shape(const Cell& cell);
    void order_cells();
    void describe();

    std::string path_;
    std::string bytes_; ///< of the file, which others may write to meanwhile
    pickle::Document document_;
    dataset::Dataset header_;
    std::vector<Cell> cells_;
    std::int64_t frame_count_ = 0;
    // Reading position.
    std::size_t cell_ = 0;
    std::int64_t frame_in_cell_ = 0;
    std::int64_t frame_ = 0;
    std::unique_ptr<CellReader> reader_;
};

void Rml2016Source::find_cells()
{
    const pickle::Value& root = document_.root();
    if (root.kind != pickle::Kind::dict)
        throw Error({ "pickle is not an RML2016 data set", path_, to_string(root.kind),
                      "a dict {(modulation, snr): array [n, 2, L]}" });
    if (root.items.empty())
        throw Error({ "pickle is not an RML2016 data set", path_, "an empty dict", "at least one cell" });
    for (std::size_t i = 0; i < root.items.size(); i += 2) {
        cells_.push_back(cell_of(document_[root.items[i]], document_[root.items[i + 1]]));
        check_shape(cells_.back());
    }
}

Cell Rml2016Source::cell_of(const pickle::Value& key, const pickle::Value& value) const
{
    using pickle::Kind;
    const std::string where = path_ + ": byte " + std::to_string(key.at);
    const bool pair = key.kind == Kind::tuple && key.items.size() == 2;
    const Kind name_kind = pair ? document_[key.items[0]].kind : Kind::none;
    const Kind snr_kind = pair ? document_[key.items[1]].kind : Kind::none;
    if (name_kind != Kind::text || (snr_kind != Kind::integer && snr_kind != Kind::real))
        throw Error({ "key of a cell has the wrong type", where,
                      !pair ? to_string(key.kind)
                            : "(" + std::string(to_string(name_kind)) + ", " + to_string(snr_kind) + ")",
                      "(modulation, snr)" });
    Cell cell;
    cell.name = pickle::decode(document_[key.items[0]].text, 1000, path_);
    check_class_name(cell.name, where);
    const pickle::Value& snr = document_[key.items[1]];
    cell.snr_db = static_cast<float>(snr_kind == Kind::real ? snr.real : static_cast<double>(snr.integer));
    if (!(std::abs(cell.snr_db) <= 1000.0f))
        throw Error({ "SNR of a cell is out of range", where, std::to_string(cell.snr_db), "-1000..1000 dB" });
    cell.where = where + ": cell (" + cell.name + ", " + nlohmann::json(cell.snr_db).dump() + ")";
    if (value.kind != Kind::array)
        throw Error({ "cell is not an array", cell.where, to_string(value.kind), "an array [n, 2, L]" });
    cell.array = &document_.array(value);
    return cell;
}

void Rml2016Source::check_shape(const Cell& cell)
{
    const auto& shape = cell.array->shape;
    if (shape.size() != 3 || shape[1] != 2 || shape[2] < kMinLength || shape[2] > kMaxLength)
        throw Error({ "cell has the wrong shape", cell.where, shape_text(shape),
                      "[n, 2, " + std::to_string(kMinLength) + ".." + std::to_string(kMaxLength) + "]" });
    if (cell.array->dtype.kind != 'f')
        throw Error({ "cell has the wrong dtype", cell.where, to_string(cell.array->dtype), "f4 or f8" });
    const auto length = cells_.front().array->shape[2];
    if (shape[2] != length)
        throw Error({ "cell has another frame length than the first one", cell.where, std::to_string(shape[2]),
                      std::to_string(length) });
    frame_count_ += shape[0];
}

void Rml2016Source::order_cells()
{
    std::vector<std::string> names;
    for (const Cell& cell : cells_)
        names.push_back(cell.name);
    header_.class_names = in_class_order(names);
    std::map<std::string, std::int32_t> labels;
    for (const auto& name : header_.class_names)
        labels.emplace(name, static_cast<std::int32_t>(labels.size()));
    for (Cell& cell : cells_)
        cell.label = labels.at(cell.name);
    const auto key = [](const Cell& cell) { return std::make_tuple(cell.label, cell.snr_db); };
    std::stable_sort(cells_.begin(), cells_.end(), [&](const Cell& a, const Cell& b) { return key(a) < key(b); });
    std::set<const pickle::Array*> arrays;
    for (const Cell& cell : cells_)
        if (!arrays.insert(cell.array).second)
            throw Error({ "cell has the array of another cell", cell.where, "", "" });
    const auto twice = std::adjacent_find(cells_.begin(), cells_.end(),
                                          [&](const Cell& a, const Cell& b) { return key(a) == key(b); });
    if (twice != cells_.end())
        throw Error({ "cell stands twice in the file", std::next(twice)->where, "", "" });
}

void Rml2016Source::describe()
{
    header_.front_end.kind = FrontEndSpec::Kind::as_is;
    header_.front_end.frame_length = static_cast<int>(cells_.front().array->shape[2]);
    header_.front_end.block_length = header_.front_end.frame_length;
    header_.front_end.scale = FrontEndSpec::Scale::unit_magnitude;
    dataset::ScaleSample sample(header_.front_end);
    std::vector<float> frame(2 * static_cast<std::size_t>(header_.length()));
    for (const Cell& cell : cells_)
        if (cell.array->shape[0] > 0) {
            CellReader(cell, path_).read(frame.data());
            sample.add(frame.data());
        }
    header_.provenance = nlohmann::json{
        { "source", "RML2016 pickle" },
        { "groups", "one per frame: the file does not tell which frames share a chain" },
        { "scale", sample.report() }
    }.dump();
}

std::int64_t Rml2016Source::read(dataset::Dataset& piece, std::int64_t max_count)
{
    const std::int64_t count = std::clamp<std::int64_t>(max_count, 0, frame_count_ - frame_);
    const std::size_t values = 2 * static_cast<std::size_t>(header_.length());
    dataset::resize_piece(piece, count, header_.length());
    for (std::int64_t i = 0; i < count; ++i) {
        while (frame_in_cell_ == cells_[cell_].array->shape[0]) {
            ++cell_;
            frame_in_cell_ = 0;
            reader_.reset();
        }
        const Cell& cell = cells_[cell_];
        if (!reader_)
            reader_ = std::make_unique<CellReader>(cell, path_);
        float* frame = piece.frames.data() + static_cast<std::size_t>(i) * values;
        reader_->read(frame);
        dataset::scale_frame(header_.front_end, frame);
        piece.label[i] = cell.label;
        piece.snr_db[i] = cell.snr_db;
        piece.group[i] = frame_++;
        ++frame_in_cell_;
    }
    return count;
}

} // namespace

bool is_pickle(const dataset::FileHead& head)
{
    // Protocols 2 to 5 start with PROTO, 0 with MARK (a dict built from it), 1 with EMPTY_DICT.
    const std::string& bytes = head.bytes;
    return (bytes.size() > 1 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5) || head.starts_with("(d") ||
           head.starts_with("}q") || head.starts_with("}(");
}

std::unique_ptr<dataset::FrameSource> open_rml2016_pickle(const std::string& path)
{
    return std::make_unique<Rml2016Source>(path);
}

namespace {

constexpr std::size_t kMaxStringBytes = 0x7fffffff; // a length in BINSTRING is signed

using Cells = std::map<std::pair<std::int32_t, float>, std::vector<std::int64_t>>;

std::string little_endian(std::uint32_t value)
{
    std::string bytes;
    for (int i = 0; i < 4; ++i)
        bytes += static_cast<char>(value >> (8 * i) & 0xff);
    return bytes;
}

std::string integer(std::int32_t value)
{
    return "J" + little_endian(static_cast<std::uint32_t>(value));
}

/// Python 2's str, which Python 3 reads as text under encoding="latin1".
std::string short_string(const std::string& text)
{
    return "U" + std::string(1, static_cast<char>(text.size())) + text;
}

std::string number(float value)
{
    if (value == std::round(value))
        return integer(static_cast<std::int32_t>(value));
    const double wide = value;
    std::uint64_t bits = 0;
    std::memcpy(&bits, &wide, sizeof bits);
    std::string text = "G";
    for (int i = 7; i >= 0; --i)
        text += static_cast<char>(bits >> (8 * i) & 0xff);
    return text;
}

/// Everything of an array before its bytes, as `ndarray.__reduce__` gives it: reconstruct, then (version, shape,
/// dtype, Fortran order, data) as its state.
std::string array_head(std::int32_t frames, std::int32_t length, std::uint32_t size_bytes)
{
    const std::string dtype = "cnumpy\ndtype\n(" + short_string("f4") + integer(0) + integer(1) + "tR(" +
                              integer(3) + short_string("<") + "NNN" + integer(-1) + integer(-1) + integer(0) +
                              "tb";
    return "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(" + integer(0) + "t" + short_string("b") +
           "tR(" + integer(1) + "(" + integer(frames) + integer(2) + integer(length) + "t" + dtype + "\x89" + "T" +
           little_endian(size_bytes);
}

Cells cells_of(const dataset::Dataset& dataset, const std::string& path)
{
    for (const auto& name : dataset.class_names)
        check_class_name(name, path);
    Cells cells;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        const float snr = dataset.snr_db[i];
        if (!(std::abs(snr) <= 1000.0f))
            throw Error({ "frame " + std::to_string(i) + " has no SNR that RML2016 could name", path,
                          std::isnan(snr) ? "unknown" : std::to_string(snr), "-1000..1000 dB" });
        cells[{ dataset.label[i], snr + 0.0f }].push_back(i); // -0 becomes 0
    }
    if (cells.empty())
        throw Error({ "no frames to write", path, "", "at least 1" });
    return cells;
}

void write_cell(std::ofstream& file, const dataset::Dataset& dataset, const Cells::value_type& cell,
                const std::string& path)
{
    const auto& [key, frames] = cell;
    const std::string& name = dataset.class_names[static_cast<std::size_t>(key.first)];
    const std::size_t frame_bytes = 2 * static_cast<std::size_t>(dataset.length()) * sizeof(float);
    if (frames.size() > kMaxStringBytes / frame_bytes)
        throw Error({ "cell is too large for a pickle", path, name, "less than 2 GiB" });
    file << "(" << short_string(name) << number(key.second) << "t"
         << array_head(static_cast<std::int32_t>(frames.size()), static_cast<std::int32_t>(dataset.length()),
                       static_cast<std::uint32_t>(frames.size() * frame_bytes));
    for (const std::int64_t frame : frames)
        file.write(reinterpret_cast<const char*>(dataset.frame(frame)), static_cast<std::streamsize>(frame_bytes));
    file << "tbs"; // the state, set on the array; the array, set in the dict
}

} // namespace

void write_rml2016_pickle(const dataset::Dataset& dataset, const std::string& path)
{
    validate(dataset, path);
    const Cells cells = cells_of(dataset, path);
    write_atomically(path, [&](const std::string& temporary) {
        std::ofstream file(temporary, std::ios::binary);
        file << "\x80\x02}";
        for (const auto& cell : cells)
            write_cell(file, dataset, cell, path);
        file << ".";
        file.close();
        if (!file)
            throw SystemError("cannot write", path, errno);
    });
}

} // namespace prunedamr::formats
