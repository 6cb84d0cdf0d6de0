// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/formats/rml2018.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dataset/hdf5_array.h"
#include "prunedamr/dataset/transforms.h"
#include "prunedamr/model/class_table.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <set>

namespace prunedamr::formats {
namespace {

constexpr hsize_t kMinRowLength = 16;
constexpr hsize_t kMaxRowLength = 65536;
constexpr hsize_t kRowsAtATime = 256;
constexpr hsize_t kProbes = 2048;
constexpr double kProbeSnrDb = 10.0;
constexpr std::size_t kFramesPerClass = 8;
constexpr double kClearContrast = 0.25;

dataset::Handle open_file(const std::string& path)
{
    const dataset::QuietErrors quiet;
    dataset::Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
    if (file < 0)
        throw Error({ "not an HDF5 file, or damaged", path, "", "" });
    return file;
}

class Rml2018Source : public dataset::FrameSource
{
public:
    explicit Rml2018Source(const std::string& path)
        : path_(path), file_(open_file(path)), x_(file_, "X", path), y_(file_, "Y", path), z_(file_, "Z", path)
    {
        check_shapes();
        header_.front_end.kind = FrontEndSpec::Kind::as_is;
        header_.front_end.frame_length = static_cast<int>(x_.shape()[1]);
        header_.front_end.block_length = header_.front_end.frame_length;
        header_.class_names.assign(rml2018_classes().begin(), rml2018_classes().end());
        header_.provenance = nlohmann::json{
            { "source", "RML2018.01A HDF5" },
            { "groups", "one per frame: the file does not tell which frames share a chain" }
        }.dump();
        check_classes();
    }

    const dataset::Dataset& header() const override { return header_; }
    std::int64_t frame_count() const override { return static_cast<std::int64_t>(rows_); }
    bool has_split() const override { return false; }
    std::int64_t read(dataset::Dataset& piece, std::int64_t max_count) override;
    std::int64_t read_fields(dataset::Dataset& piece, std::int64_t max_count) override;

private:
    hsize_t next_rows(std::int64_t max_count) const
    {
        return std::min<hsize_t>(static_cast<hsize_t>(std::max<std::int64_t>(max_count, 0)), rows_ - next_);
    }
    void check_shapes();
    void check_classes();
    void read_frames(hsize_t first, hsize_t count, float* frames) const;
    void read_labels(hsize_t first, hsize_t count, std::int32_t* label, float* snr_db) const;
    std::int32_t column_of(const double* row, hsize_t number) const;

    std::string path_;
    dataset::Handle file_;
    dataset::Hdf5Array x_, y_, z_;
    hsize_t rows_ = 0;
    hsize_t next_ = 0;
    dataset::Dataset header_;
};

void Rml2018Source::check_shapes()
{
    const auto& x = x_.shape();
    if (x.size() != 3 || x[2] != 2 || x[1] < kMinRowLength || x[1] > kMaxRowLength || !x_.is_float())
        throw Error({ "array 'X' has the wrong shape or type", path_,
                      x_.shape_text() + (x_.is_float() ? " float" : " integer"),
                      "[N, " + std::to_string(kMinRowLength) + ".." + std::to_string(kMaxRowLength) + ", 2] float" });
    rows_ = x[0];
    if (y_.shape() != std::vector<hsize_t>{ rows_, kRml2018Classes })
        throw Error({ "array 'Y' has the wrong shape", path_, y_.shape_text(),
                      "[" + std::to_string(rows_) + "," + std::to_string(kRml2018Classes) + "]" });
    const auto& z = z_.shape();
    if (z[0] != rows_ || z.size() > 2 || z.back() != (z.size() == 2 ? 1 : rows_))
        throw Error(
            { "array 'Z' has the wrong shape", path_, z_.shape_text(), "[" + std::to_string(rows_) + ",1]" });
}

void Rml2018Source::read_frames(hsize_t first, hsize_t count, float* frames) const
{
    const std::size_t length = x_.shape()[1];
    std::vector<float> rows(count * length * 2);
    x_.read_rows(first, count, rows.data());
    for (std::size_t row = 0; row < count; ++row) {
        const float* samples = rows.data() + row * length * 2;
        float* frame = frames + row * length * 2;
        for (std::size_t k = 0; k < length; ++k) {
            frame[k] = samples[2 * k];
            frame[length + k] = samples[2 * k + 1];
        }
        if (!std::all_of(samples, samples + 2 * length, [](float value) { return std::isfinite(value); }))
            throw Error({ "row " + std::to_string(first + row) + " of X holds a sample that is not finite", path_,
                          "", "" });
    }
}

std::int32_t Rml2018Source::column_of(const double* row, hsize_t number) const
{
    const double* one = std::find(row, row + kRml2018Classes, 1.0);
    const auto zeros = std::count(row, row + kRml2018Classes, 0.0);
    if (zeros != static_cast<std::ptrdiff_t>(kRml2018Classes) - 1 || one == row + kRml2018Classes)
        throw Error({ "row " + std::to_string(number) + " of Y is not one-hot", path_,
                      std::to_string(zeros) + " zeros", "a single 1 and 23 zeros" });
    return static_cast<std::int32_t>(one - row);
}

void Rml2018Source::read_labels(hsize_t first, hsize_t count, std::int32_t* label, float* snr_db) const
{
    std::vector<double> y(count * kRml2018Classes);
    y_.read_rows(first, count, y.data());
    z_.read_rows(first, count, snr_db);
    for (hsize_t row = 0; row < count; ++row) {
        label[row] = column_of(y.data() + row * kRml2018Classes, first + row);
        if (!(std::abs(snr_db[row]) <= 1000.0f))
            throw Error({ "row " + std::to_string(first + row) + " of Z is no SNR", path_,
                          std::to_string(snr_db[row]), "-1000..1000 dB" });
    }
}

void Rml2018Source::check_classes()
{
    Rml2018Check check;
    dataset::ScaleSample scale(header_.front_end);
    std::vector<float> frame(2 * x_.shape()[1]);
    for (hsize_t probe = 0; probe < std::min(rows_, kProbes); ++probe) {
        const hsize_t row =
            rows_ <= kProbes ? probe : static_cast<hsize_t>(probe * (static_cast<double>(rows_) / kProbes));
        std::int32_t label = 0;
        float snr_db = 0.0f;
        read_labels(row, 1, &label, &snr_db);
        const auto column = static_cast<std::size_t>(label);
        if (snr_db < kProbeSnrDb || !Rml2018Check::decisive(column) || check.count(column) == kFramesPerClass)
            continue;
        read_frames(row, 1, frame.data());
        scale.add(frame.data());
        check.add(column, square_line(frame.data(), static_cast<int>(x_.shape()[1])));
    }
    const double contrast = check.contrast();
    if (contrast < -kClearContrast)
        throw Error(
            { "the signals contradict the class table of RML2018.01A; the columns of Y seem to be in the order of "
              "classes.txt",
              path_, "contrast " + nlohmann::json(std::round(100 * contrast) / 100).dump(), "near 1" });
    dataset::add_provenance(header_, "scale", scale.report());
    dataset::add_provenance(header_, "class_table",
                            { { "contrast", contrast },
                              { "verdict", contrast > kClearContrast ? "the signals agree" : "not decided" } });
}

std::int64_t Rml2018Source::read(dataset::Dataset& piece, std::int64_t max_count)
{
    const hsize_t first = next_;
    const std::int64_t count = read_fields(piece, max_count);
    const std::size_t values = 2 * x_.shape()[1];
    dataset::resize_piece(piece, count, header_.length());
    for (hsize_t done = 0; done < static_cast<hsize_t>(count);) {
        const hsize_t rows = std::min(static_cast<hsize_t>(count) - done, kRowsAtATime);
        read_frames(first + done, rows, piece.frames.data() + done * values);
        for (hsize_t row = 0; row < rows; ++row)
            dataset::scale_frame(header_.front_end, piece.frames.data() + (done + row) * values);
        done += rows;
    }
    return count;
}

std::int64_t Rml2018Source::read_fields(dataset::Dataset& piece, std::int64_t max_count)
{
    const hsize_t count = next_rows(max_count);
    dataset::resize_piece(piece, static_cast<std::int64_t>(count), 0);
    for (hsize_t done = 0; done < count;) {
        const hsize_t rows = std::min(count - done, kRowsAtATime);
        read_labels(next_, rows, piece.label.data() + done, piece.snr_db.data() + done);
        for (hsize_t row = 0; row < rows; ++row)
            piece.group[done + row] = static_cast<std::int64_t>(next_ + row);
        next_ += rows;
        done += rows;
    }
    return static_cast<std::int64_t>(count);
}

} // namespace

bool is_rml2018_hdf5(const dataset::FileHead& head)
{
    if (!head.is_hdf5())
        return false;
    const dataset::QuietErrors quiet;
    const dataset::Handle file(H5Fopen(head.path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
    return file >= 0 && has_array(file, "X") && has_array(file, "Y") && has_array(file, "Z");
}

std::unique_ptr<dataset::FrameSource> open_rml2018_hdf5(const std::string& path)
{
    return std::make_unique<Rml2018Source>(path);
}

namespace {

constexpr double kMaxOffset = 1.0 / 64.0; // cycles per sample, of the square; a symbol rate is 1/8

bool on_a_line(const std::string& name)
{
    static const std::set<std::string> names = { "OOK", "4ASK", "8ASK", "BPSK" };
    return names.count(name) > 0;
}

bool analogue(const std::string& name)
{
    const std::string family = model::family_of(name);
    return family == "AM" || family == "FM";
}

} // namespace

const Rml2018Table& rml2018_classes()
{
    static const Rml2018Table table = { "OOK",       "4ASK",      "8ASK",      "BPSK",   "QPSK",   "8PSK",
                                        "16PSK",     "32PSK",     "16APSK",    "32APSK", "64APSK", "128APSK",
                                        "16QAM",     "32QAM",     "64QAM",     "128QAM", "256QAM", "AM-SSB-WC",
                                        "AM-SSB-SC", "AM-DSB-WC", "AM-DSB-SC", "FM",     "GMSK",   "OQPSK" };
    return table;
}

const Rml2018Table& rml2018_printed_classes()
{
    static const Rml2018Table table = { "32PSK", "16APSK", "32QAM",  "FM",        "GMSK",      "32APSK",
                                        "OQPSK", "8ASK",   "BPSK",   "8PSK",      "AM-SSB-SC", "4ASK",
                                        "16PSK", "64APSK", "128QAM", "128APSK",   "AM-DSB-SC", "AM-SSB-WC",
                                        "64QAM", "QPSK",   "256QAM", "AM-DSB-WC", "OOK",       "16QAM" };
    return table;
}

double square_line(const float* frame, int length)
{
    const double pi = std::acos(-1.0);
    double energy = 0.0;
    for (int k = 0; k < 2 * length; ++k)
        energy += static_cast<double>(frame[k]) * frame[k];
    if (energy == 0.0)
        return 0.0;
    double strongest = 0.0;
    // Steps of half a bin: a line between two of them loses a tenth at most.
    const int steps = static_cast<int>(kMaxOffset * 2 * length);
    for (int step = -steps; step <= steps; ++step) {
        const std::complex<double> turn = std::polar(1.0, -pi * step / length);
        std::complex<double> phasor = 1.0, sum = 0.0;
        for (int k = 0; k < length; ++k) {
            const std::complex<double> x(frame[k], frame[length + k]);
            sum += x * x * phasor;
            phasor *= turn;
        }
        strongest = std::max(strongest, std::abs(sum));
    }
    return strongest / energy;
}

bool Rml2018Check::decisive(std::size_t column)
{
    const std::string ours = rml2018_classes()[column], printed = rml2018_printed_classes()[column];
    return !analogue(ours) && !analogue(printed) && on_a_line(ours) != on_a_line(printed);
}

void Rml2018Check::add(std::size_t column, double line)
{
    sums_[column] += line;
    ++counts_[column];
}

double Rml2018Check::contrast() const
{
    double means[2] = {};
    int columns[2] = {};
    for (std::size_t column = 0; column < kRml2018Classes; ++column)
        if (decisive(column) && counts_[column] > 0) {
            const bool line = on_a_line(rml2018_classes()[column]);
            means[line] += sums_[column] / static_cast<double>(counts_[column]);
            ++columns[line];
        }
    return columns[0] == 0 || columns[1] == 0 ? 0.0 : means[1] / columns[1] - means[0] / columns[0];
}

} // namespace prunedamr::formats
