// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/dataset/dataset_testing.h"
#include "tests/formats/pickle_testing.h"
#include "prunedamr/formats/open_frame_source.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/formats/rml2018.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <complex>
#include <hdf5.h>
#include <set>

namespace prunedamr::formats {

using namespace dataset;
namespace {

using Samples = std::vector<std::complex<double>>;
constexpr int kLength = 1024;
constexpr int kSamplesPerSymbol = 8;

double uniform(Rng& rng)
{
    return static_cast<double>(rng.integer(0, 999'999)) / 1e6;
}

std::complex<double> random_symbol(const std::string& name, Rng& rng)
{
    const auto pick = [&](int count) { return static_cast<double>(rng.integer(0, count - 1)); };
    const auto digits = name.find_first_not_of("0123456789");
    const int order = digits == 0 ? 2 : std::stoi(name.substr(0, digits));
    const std::string kind = name.substr(digits);
    if (name == "OOK" || kind == "ASK")
        return pick(name == "OOK" ? 2 : order);
    if (kind == "APSK") // two rings are enough here
        return std::polar(pick(2) < 1 ? 1.0 : 2.7, 2 * M_PI * pick(order / 2) / (order / 2));
    if (kind == "QAM") {
        const int side = static_cast<int>(std::ceil(std::sqrt(order)));
        return { 2 * pick(side) - side + 1, 2 * pick(side) - side + 1 };
    }
    const int phases = name == "BPSK" ? 2 : name == "QPSK" || name == "OQPSK" ? 4 : order;
    return std::polar(1.0, 2 * M_PI * pick(phases) / phases);
}

/// A frame as the class is defined, rectangular pulses, 30 dB, any phase, an offset of 1e-4 of the rate.
Samples signal_of(const std::string& name, Rng& rng)
{
    Samples samples(kLength);
    std::complex<double> symbol;
    double phase = 0.0, message = 0.0;
    const double start = 2 * M_PI * uniform(rng);
    for (int k = 0; k < kLength; ++k) {
        message = 0.95 * message + 0.3 * (uniform(rng) - 0.5);
        if (k % kSamplesPerSymbol == 0 && name.find("AM-") != 0 && name != "FM" && name != "GMSK")
            symbol = random_symbol(name, rng);
        if (name == "GMSK" && k % kSamplesPerSymbol == 0)
            symbol = 2.0 * static_cast<double>(rng.integer(0, 1)) - 1.0;
        phase += name == "GMSK" ? M_PI / 2 / kSamplesPerSymbol * symbol.real() : 0.5 * message;
        if (name == "FM" || name == "GMSK")
            samples[k] = std::polar(1.0, phase);
        else if (name.find("AM-DSB") == 0)
            samples[k] = message + (name == "AM-DSB-WC" ? 1.0 : 0.0);
        else if (name.find("AM-SSB") == 0)
            samples[k] = std::polar(message, 0.3 * k) + (name == "AM-SSB-WC" ? 1.0 : 0.0);
        else
            samples[k] = symbol;
        samples[k] = samples[k] * std::polar(1.0, start + 2e-4 * M_PI * k) +
                     std::complex<double>(0.02 * (uniform(rng) - 0.5), 0.02 * (uniform(rng) - 0.5));
    }
    return samples;
}

struct Arrays {
    std::vector<float> x; // [N, kLength, 2]
    std::vector<double> y, z;
    hsize_t rows = 0;
};

/// `frames` of each class and SNR 0 and 20 dB, columns in the order of `table`.
Arrays arrays_of(const Rml2018Table& table, int frames)
{
    Arrays arrays;
    Rng rng(20180101);
    for (std::size_t column = 0; column < kRml2018Classes; ++column)
        for (const double snr_db : { 0.0, 20.0 })
            for (int n = 0; n < frames; ++n) {
                for (const auto& sample : signal_of(table[column], rng)) {
                    arrays.x.push_back(static_cast<float>(sample.real()));
                    arrays.x.push_back(static_cast<float>(sample.imag()));
                }
                for (std::size_t k = 0; k < kRml2018Classes; ++k)
                    arrays.y.push_back(k == column ? 1.0 : 0.0);
                arrays.z.push_back(snr_db);
                ++arrays.rows;
            }
    return arrays;
}

void write_array(hid_t file, const char* name, hid_t stored, hid_t memory, const void* values,
                 const std::vector<hsize_t>& shape)
{
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t set = H5Dcreate2(file, name, stored, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(set);
    H5Sclose(space);
}

void write_file(const std::string& path, const Arrays& arrays, hid_t y_type = H5T_STD_I64LE)
{
    const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    write_array(file, "X", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, arrays.x.data(), { arrays.rows, kLength, 2 });
    write_array(file, "Y", y_type, H5T_NATIVE_DOUBLE, arrays.y.data(), { arrays.rows, kRml2018Classes });
    write_array(file, "Z", H5T_STD_I64LE, H5T_NATIVE_DOUBLE, arrays.z.data(), { arrays.rows, 1 });
    H5Fclose(file);
}

std::string problem_of(const std::string& path)
{
    const std::string message = message_of([&] { read_all(*open_rml2018_hdf5(path)); });
    EXPECT_TRUE(message.empty() || message.rfind(path + ": ", 0) == 0) << message;
    return message.empty() ? "" : message.substr(path.size() + 2);
}

TEST(Rml2018, BothTablesHoldTheSameClassesAndTheProjectKnowsThem)
{
    const std::set<std::string> ours(rml2018_classes().begin(), rml2018_classes().end());
    const std::set<std::string> printed(rml2018_printed_classes().begin(), rml2018_printed_classes().end());
    EXPECT_EQ(ours.size(), kRml2018Classes);
    EXPECT_EQ(ours, printed);
    std::vector<std::size_t> decisive;
    for (std::size_t column = 0; column < kRml2018Classes; ++column)
        if (Rml2018Check::decisive(column))
            decisive.push_back(column);
    EXPECT_EQ(decisive, (std::vector<std::size_t>{ 0, 1, 2, 7, 8, 11, 22 }));
}

TEST(Rml2018, ReadsFramesLabelsAndSnr)
{
    const TemporaryFolder folder;
    const Arrays arrays = arrays_of(rml2018_classes(), 2);
    write_file(folder / "a.hdf5", arrays);
    const auto source = formats::open_frame_source(folder / "a.hdf5");
    EXPECT_EQ(source->frame_count(), 96);
    EXPECT_FALSE(source->has_split());
    const Dataset all = read_all(*source, 7);
    validate(all, "all");
    ASSERT_EQ(all.size(), 96);
    EXPECT_EQ(all.front_end.scale, FrontEndSpec::Scale::unit_rms);
    EXPECT_EQ(nlohmann::json::parse(all.provenance)["class_table"]["verdict"], "the signals agree");
    for (std::int64_t i = 0; i < 96; ++i) {
        EXPECT_EQ(all.label[i], i / 4);
        EXPECT_EQ(all.snr_db[i], i / 2 % 2 == 0 ? 0.0f : 20.0f);
        EXPECT_EQ(all.group[i], i);
        double power = 0.0;
        for (int k = 0; k < 2 * kLength; ++k)
            power += all.frame(i)[k] * all.frame(i)[k];
        EXPECT_NEAR(power / kLength, 1.0, 0.003);
    }
    // Row 77, sample 500: I and Q in their planes, one factor for both.
    const float* stored = arrays.x.data() + (77 * kLength + 500) * 2;
    EXPECT_NEAR(all.frame(77)[500] * stored[1], all.frame(77)[kLength + 500] * stored[0], 1e-6);
    EXPECT_GT(all.frame(77)[500] * stored[0], 0.0f);
}

TEST(Rml2018, LabelsAreReadWithoutTheFramesToo)
{
    const TemporaryFolder folder;
    write_file(folder / "a.hdf5", arrays_of(rml2018_classes(), 2));
    const Dataset all = read_all(*open_rml2018_hdf5(folder / "a.hdf5"), 1000);
    const auto source = open_rml2018_hdf5(folder / "a.hdf5");
    Dataset piece, next;
    EXPECT_EQ(source->read_fields(piece, 50), 50);
    EXPECT_TRUE(piece.frames.empty());
    EXPECT_EQ(piece.label, std::vector<std::int32_t>(all.label.begin(), all.label.begin() + 50));
    EXPECT_EQ(piece.snr_db, std::vector<float>(all.snr_db.begin(), all.snr_db.begin() + 50));
    EXPECT_EQ(piece.group, std::vector<std::int64_t>(all.group.begin(), all.group.begin() + 50));
    EXPECT_EQ(source->read(next, 1), 1);
    EXPECT_EQ(next.label[0], all.label[50]);
    EXPECT_TRUE(std::equal(next.frames.begin(), next.frames.end(), all.frame(50)));
}

TEST(Rml2018, OneThatIsCutWhileItIsReadIsAnError)
{
    const TemporaryFolder folder;
    const std::string path = folder / "a.hdf5";
    write_file(path, arrays_of(rml2018_classes(), 2)); // one piece after another, for which HDF5 gives zeros
    const auto source = open_rml2018_hdf5(path);
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    EXPECT_NE(message_of([&] { read_all(*source, 1000); }).find("is damaged"), std::string::npos);
}

TEST(Rml2018, AnyTypeOfOneHotIsRead)
{
    const TemporaryFolder folder;
    const Arrays arrays = arrays_of(rml2018_classes(), 1);
    std::vector<std::int32_t> labels;
    for (const hid_t type : { H5T_STD_I64LE, H5T_STD_U8LE, H5T_IEEE_F32BE, H5T_IEEE_F64LE }) {
        write_file(folder / "a.hdf5", arrays, type);
        const Dataset all = read_all(*open_rml2018_hdf5(folder / "a.hdf5"), 1000);
        EXPECT_TRUE(labels.empty() || all.label == labels);
        labels = all.label;
    }
}

TEST(Rml2018, ColumnsInTheOrderOfClassesTxtAreRefused)
{
    const TemporaryFolder folder;
    write_file(folder / "a.hdf5", arrays_of(rml2018_printed_classes(), 4));
    const std::string problem = problem_of(folder / "a.hdf5");
    EXPECT_EQ(
        problem.find("the signals contradict the class table of RML2018.01A; the columns of Y seem to be in the "
                     "order of classes.txt: found contrast -0."),
        0u)
        << problem;
}

TEST(Rml2018, WithoutStrongSignalsTheTableIsNotDecided)
{
    const TemporaryFolder folder;
    Arrays arrays = arrays_of(rml2018_printed_classes(), 1);
    for (double& snr_db : arrays.z)
        snr_db = -4.0;
    write_file(folder / "a.hdf5", arrays);
    EXPECT_EQ(
        nlohmann::json::parse(open_rml2018_hdf5(folder / "a.hdf5")->header().provenance)["class_table"]["verdict"],
        "not decided");
}

TEST(Rml2018, SquareLineSeparatesKeyingAlongALine)
{
    Rng rng(7);
    for (const char* name : rml2018_classes()) {
        double mean = 0.0;
        for (int n = 0; n < 8; ++n) {
            std::vector<float> frame(2 * kLength);
            const Samples samples = signal_of(name, rng);
            for (int k = 0; k < kLength; ++k) {
                frame[k] = static_cast<float>(samples[k].real());
                frame[kLength + k] = static_cast<float>(samples[k].imag());
            }
            mean += square_line(frame.data(), kLength) / 8;
        }
        const std::set<std::string> on_a_line = { "OOK", "4ASK", "8ASK", "BPSK" };
        if (on_a_line.count(name) > 0) {
            EXPECT_GT(mean, 0.9) << name;
        } else if (std::string(name).find("AM-") != 0 && std::string(name) != "FM") {
            EXPECT_LT(mean, 0.3) << name;
        }
    }
    const std::vector<float> silence(32);
    EXPECT_EQ(square_line(silence.data(), 16), 0.0);
    std::vector<float> turning(32); // a full turn in 16 samples: the square turns twice, beyond 1/64
    for (int k = 0; k < 16; ++k) {
        turning[k] = static_cast<float>(std::cos(2 * M_PI * k / 16));
        turning[16 + k] = static_cast<float>(std::sin(2 * M_PI * k / 16));
    }
    EXPECT_NEAR(square_line(turning.data(), 16), 0.0, 1e-6);
}

TEST(Rml2018, WhatIsWrongIsNamedByArrayAndRow)
{
    const TemporaryFolder folder;
    const std::string path = folder / "a.hdf5";
    const Arrays good = arrays_of(rml2018_classes(), 1);
    Arrays bad = good;
    bad.y[17 * kRml2018Classes + 3] = 1.0;
    bad.y[17 * kRml2018Classes + 4] = 1.0;
    write_file(path, bad);
    EXPECT_EQ(problem_of(path).find("row 17 of Y is not one-hot"), 0u) << problem_of(path);
    bad.y.assign(bad.y.size(), 0.0);
    write_file(path, bad);
    EXPECT_EQ(problem_of(path), "row 0 of Y is not one-hot: found 24 zeros, expected a single 1 and 23 zeros");
    bad = good;
    bad.x[(13 * kLength + 5) * 2] = NAN;
    write_file(path, bad);
    EXPECT_EQ(problem_of(path), "row 13 of X holds a sample that is not finite");
    bad = good;
    bad.z[40] = 1e6;
    write_file(path, bad);
    EXPECT_EQ(problem_of(path), "row 40 of Z is no SNR: found 1000000.000000, expected -1000..1000 dB");
}

/// `good` with the array `name` replaced by an unwritten one.
std::string problem_with(const std::string& path, const char* name, hid_t type, const std::vector<hsize_t>& shape,
                         const std::vector<hsize_t>& chunk = {})
{
    write_file(path, arrays_of(rml2018_classes(), 1));
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(file, name, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t options = H5Pcreate(H5P_DATASET_CREATE);
    if (!chunk.empty())
        H5Pset_chunk(options, static_cast<int>(chunk.size()), chunk.data());
    H5Dclose(H5Dcreate2(file, name, type, space, H5P_DEFAULT, options, H5P_DEFAULT));
    H5Pclose(options);
    H5Sclose(space);
    H5Fclose(file);
    return problem_of(path);
}

TEST(Rml2018, ShapesTypesAndClaimedSizesAreChecked)
{
    const TemporaryFolder folder;
    const std::string path = folder / "a.hdf5";
    EXPECT_EQ(problem_with(path, "X", H5T_IEEE_F32LE, { hsize_t{ 1 } << 40, 1024, 2 }, { 1, 1024, 2 }),
              "array 'X' is not in the file: found 0 stored bytes, expected shape [1099511627776,1024,2]");
    EXPECT_EQ(problem_with(path, "X", H5T_IEEE_F32LE, { 4096, 65536, 2 }, { 512, 65536, 2 }),
              "array 'X' has chunks that are too large: found [512,65536,2], expected less than 256 MiB each");
    EXPECT_EQ(problem_with(path, "Y", H5T_STD_I64LE, { 48, 23 }, { 1, 23 }).find("array 'Y' "), 0u);
    EXPECT_EQ(problem_with(path, "Z", H5T_C_S1, { 48, 1 }),
              "array 'Z' has the wrong type: found neither float nor integer, expected numbers");
    write_file(path, arrays_of(rml2018_classes(), 1));
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(file, "Z", H5P_DEFAULT);
    H5Lcreate_external("/etc/hostname", "/Z", file, "Z", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    EXPECT_EQ(problem_of(path), "array 'Z' is missing");
    write_bytes(path, "hello");
    EXPECT_EQ(problem_of(path), "not an HDF5 file, or damaged");
}

TEST(Rml2018, TruncatedFilesAreErrors)
{
    const TemporaryFolder folder;
    const std::string path = folder / "a.hdf5";
    write_file(path, arrays_of(rml2018_classes(), 1));
    const auto size = std::filesystem::file_size(path);
    for (const double share : { 0.999, 0.7, 0.1, 0.01, 0.001, 0.0 }) {
        std::filesystem::resize_file(path, static_cast<std::uintmax_t>(share * static_cast<double>(size)));
        EXPECT_NE(problem_of(path), "") << share;
    }
}

} // namespace
} // namespace prunedamr::formats
