// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/file.h"
#include "prunedamr/formats/mat_frames.h"
#include "prunedamr/formats/open_frame_source.h"
#include "tests/dataset/dataset_testing.h"
#include "tests/formats/pickle_testing.h"
#include "tests/fuzz/fuzz_input.h"

#include <nlohmann/json.hpp>

#ifdef PRUNEDAMR_HAVE_HDF5
#include <hdf5.h>
#endif
#include <matio.h>

namespace prunedamr::formats {

using namespace dataset;
namespace {

struct Form {
    mat_ft version;
    matio_compression compression;
};

/// Writes variables one by one; the file is closed at the end of its scope.
class Writer
{
public:
    Writer(const std::string& path, Form form)
        : file_(Mat_CreateVer(path.c_str(), nullptr, form.version)), form_(form)
    {
    }
    ~Writer() { Mat_Close(file_); }

    Writer& real(const char* name, std::vector<std::size_t> extents, std::vector<float> values)
    {
        return add(
            Mat_VarCreate(name, MAT_C_SINGLE, MAT_T_SINGLE, rank(extents), extents.data(), values.data(), 0));
    }
    Writer& complex(const char* name, std::vector<std::size_t> extents, std::vector<double> re,
                    std::vector<double> im)
    {
        mat_complex_split_t split{ re.data(), im.data() };
        return add(
            Mat_VarCreate(name, MAT_C_DOUBLE, MAT_T_DOUBLE, rank(extents), extents.data(), &split, MAT_F_COMPLEX));
    }
    Writer& integers(const char* name, std::vector<std::int16_t> values)
    {
        std::size_t extents[] = { 1, values.size() };
        return add(Mat_VarCreate(name, MAT_C_INT16, MAT_T_INT16, 2, extents, values.data(), 0));
    }
    Writer& strings(const char* name, std::vector<std::string> values)
    {
        std::size_t extents[] = { values.size(), 1 };
        matvar_t* cell = Mat_VarCreate(name, MAT_C_CELL, MAT_T_CELL, 2, extents, nullptr, 0);
        for (std::size_t i = 0; i < values.size(); ++i) {
            std::size_t length[] = { 1, values[i].size() };
            Mat_VarSetCell(cell, static_cast<int>(i),
                           Mat_VarCreate(nullptr, MAT_C_CHAR, MAT_T_UTF8, 2, length, values[i].data(), 0));
        }
        return add(cell);
    }

private:
    static int rank(const std::vector<std::size_t>& extents) { return static_cast<int>(extents.size()); }
    Writer& add(matvar_t* variable)
    {
        EXPECT_EQ(Mat_VarWrite(file_, variable, form_.compression), 0) << variable->name;
        Mat_VarFree(variable);
        return *this;
    }
    mat_t* file_;
    Form form_;
};

#ifdef PRUNEDAMR_HAVE_HDF5
TEST(MatFile, WhatVersion73StoresInAnotherFileIsRefusedByName)
{
    const TemporaryFolder folder;
    const std::string path = folder / "a.mat";
    for (const bool link : { true, false }) {
        Writer(path, { MAT_FT_MAT73, MAT_COMPRESSION_NONE }).real("inside", { 2, 3 }, std::vector<float>(6, 1.0f));
        EXPECT_EQ(MatFile(path).variables().size(), 1u);
        const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
        const hid_t group = H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        const hsize_t shape[] = { 4 };
        const hid_t space = H5Screate_simple(1, shape, nullptr), options = H5Pcreate(H5P_DATASET_CREATE);
        if (link) {
            H5Lcreate_external("other.mat", "secret", group, "x", H5P_DEFAULT, H5P_DEFAULT);
        } else {
            H5Pset_external(options, "secret.bin", 0, 16);
            H5Dclose(H5Dcreate2(group, "x", H5T_NATIVE_INT32, space, H5P_DEFAULT, options, H5P_DEFAULT));
        }
        H5Pclose(options);
        H5Sclose(space);
        H5Gclose(group);
        H5Fclose(file);
        EXPECT_EQ(message_of([&] { MatFile{ path }; }),
                  path + ": part of the file is stored elsewhere: found 'group/x' is " +
                      (link ? "a link to other.mat" : "raw data in secret.bin") +
                      ", expected everything in the file itself");
    }
}
#endif

class MatFrames : public ::testing::TestWithParam<Form>
{
protected:
    static constexpr int kFrames = 5, kLength = 16;
    const TemporaryFolder folder_;
    const std::string path_ = folder_ / "a.mat";

    /// Sample k of frame n, I or Q; unit RMS.
    static float value(std::size_t n, std::size_t channel, std::size_t k)
    {
        return unit_frames(kFrames, kLength)[(2 * n + channel) * kLength + k] * kLength;
    }
    /// The frames with their axes in the order of `axes` (n, c, k), the first one fastest.
    static std::vector<float> arranged(const std::string& axes, std::vector<std::size_t>& extents)
    {
        extents.clear();
        for (const char axis : axes)
            extents.push_back(axis == 'n' ? kFrames : axis == 'c' ? 2 : kLength);
        std::vector<float> values;
        for (std::size_t i = 0; i < std::size_t{ kFrames } * 2 * kLength; ++i) {
            std::size_t rest = i, n = 0, c = 0, k = 0;
            for (std::size_t axis = 0; axis < 3; ++axis) {
                (axes[axis] == 'n' ? n : axes[axis] == 'c' ? c : k) = rest % extents[axis];
                rest /= extents[axis];
            }
            values.push_back(value(n, c, k));
        }
        return values;
    }
    std::string problem() const
    {
        const std::string message = message_of([&] { read_all(*formats::open_frame_source(path_), 2); });
        EXPECT_TRUE(message.empty() || message.rfind(path_ + ": ", 0) == 0) << message;
        return message.empty() ? "" : message.substr(path_.size() + 2);
    }
    static void expect_frames(const Dataset& all)
    {
        validate(all, "all");
        ASSERT_EQ(all.size(), kFrames);
        for (int n = 0; n < kFrames; ++n)
            for (int k = 0; k < 2 * kLength; ++k)
                EXPECT_NEAR(all.frame(n)[k], value(n, k / kLength, k % kLength), 1e-6) << n << " " << k;
    }
};

TEST_P(MatFrames, EveryLayoutGivesTheSameFrames)
{
    for (const char* axes : { "nck", "nkc", "ckn", "kcn" }) {
        SCOPED_TRACE(axes);
        std::vector<std::size_t> extents;
        const auto values = arranged(axes, extents);
        Writer(path_, GetParam())
            .real("frames", extents, values)
            .strings("Label", { "QPSK", "BPSK", "BPSK", "QPSK", "16QAM" })
            .integers("SNR", { -20, -4, 0, 4, 18 });
        const Dataset all = read_all(*formats::open_frame_source(path_), 2);
        expect_frames(all);
        EXPECT_EQ(all.class_names, (std::vector<std::string>{ "BPSK", "QPSK", "16QAM" }));
        EXPECT_EQ(all.label, (std::vector<std::int32_t>{ 1, 0, 0, 1, 2 }));
        EXPECT_EQ(all.snr_db, (std::vector<float>{ -20, -4, 0, 4, 18 }));
    }
}

TEST_P(MatFrames, ComplexFramesWithNumberedLabels)
{
    for (const bool frames_first : { true, false }) {
        SCOPED_TRACE(frames_first);
        std::vector<double> re, im;
        for (std::size_t i = 0; i < std::size_t{ kFrames } * kLength; ++i) {
            const std::size_t n = frames_first ? i % kFrames : i / kLength,
                              k = frames_first ? i / kFrames : i % kLength;
            re.push_back(3.0 * value(n, 0, k));
            im.push_back(3.0 * value(n, 1, k));
        }
        const std::vector<std::size_t> extents = frames_first ? std::vector<std::size_t>{ kFrames, kLength }
                                                              : std::vector<std::size_t>{ kLength, kFrames };
        const std::int16_t base = frames_first ? 0 : 1;
        Writer(path_, GetParam())
            .complex("X", extents, re, im)
            .integers("Y", { base, static_cast<std::int16_t>(base + 1), base, base, base })
            .strings("classes", { "WBFM", "CPFSK" });
        const Dataset all = read_all(*formats::open_frame_source(path_), 3);
        expect_frames(all); // scaled
        EXPECT_EQ(all.class_names, (std::vector<std::string>{ "CPFSK", "WBFM" }));
        EXPECT_EQ(all.label, (std::vector<std::int32_t>{ 1, 0, 1, 1, 1 }));
        EXPECT_TRUE(std::isnan(all.snr_db[0]));
        EXPECT_EQ(nlohmann::json::parse(all.provenance)["scale"]["rescaled"], kFrames);
    }
}

TEST_P(MatFrames, Hkdd12IsLabeledByPosition)
{
    std::vector<float> values(2 * 512 * 252, 1.0f); // [2, 512, 1, 252]: I and Q of each sample side by side
    for (std::size_t n = 0; n < 252; ++n)
        values[n * 1024 + 1] = -1.0f; // Q of sample 0
    Writer(path_, GetParam()).real("XTrainIQ", { 2, 512, 1, 252 }, values);
    const Dataset all = read_all(*formats::open_frame_source(path_), 100);
    validate(all, "all");
    ASSERT_EQ(all.size(), 252);
    EXPECT_EQ(all.length(), 512);
    EXPECT_EQ(all.class_names[all.label[12 * 20 + 11]], "8PAM");
    EXPECT_EQ(all.snr_db[12 * 20 + 11], 20.0f);
    EXPECT_EQ(all.class_names[all.label[13]], "QPSK");
    EXPECT_EQ(all.snr_db[13], -18.0f);
    EXPECT_LT(all.frame(77)[512], 0.0f);
    EXPECT_GT(all.frame(77)[513], 0.0f);
}

TEST_P(MatFrames, WhatIsMissingIsSaidWithWhatIsThere)
{
    Writer(path_, GetParam()).strings("label", { "BPSK" }).real("power", { 2, 3 }, std::vector<float>(6));
    EXPECT_EQ(
        problem().find("no variable of frames: found label [1,1] cell; power [2,3], expected frames in XTrainIQ"),
        0u)
        << problem();
    std::vector<std::size_t> extents;
    auto values = arranged("nck", extents);
    Writer(path_, GetParam()).real("X", extents, values);
    EXPECT_EQ(problem().find("no variable of labels: found X [5,2,16], expected"), 0u) << problem();
    Writer(path_, GetParam()).real("X", extents, values).integers("Y", { 0, 1, 0, 1, 0 });
    EXPECT_EQ(problem(),
              "labels are numbers without names: found Y [1,5], expected strings in class_names, classes or "
              "modulations");
    Writer(path_, GetParam()).real("X", extents, values).strings("Y", { "BPSK", "QPSK" });
    EXPECT_EQ(problem().find("frames do not fit 2 labels: found X [5,2,16]; Y [2,1] cell"), 0u) << problem();
    Writer(path_, GetParam())
        .real("X", extents, values)
        .integers("Y", { 0, 1, 0, 2, 0 })
        .strings("classes", { "BPSK", "QPSK" });
    EXPECT_EQ(problem(), "label of frame 3 is out of range: found 2.000000, expected 2 classes");
    values[7] = NAN;
    Writer(path_, GetParam()).real("X", extents, values).strings("Y", { "a", "b", "c", "d", "e" });
    EXPECT_EQ(problem(), "X: frame 2 holds a sample that is not a finite float32");
    Writer(path_, GetParam()).real("XTrainIQ", { 2, 1024, 1, 2 }, std::vector<float>(4096, 1.0f));
    EXPECT_EQ(problem().find("HKDD_AMC36 holds no labels"), 0u) << problem();
}

TEST_P(MatFrames, TruncatedFilesAreErrors)
{
    std::vector<std::size_t> extents;
    const auto values = arranged("nck", extents);
    Writer(path_, GetParam()).strings("Y", { "a", "b", "c", "d", "e" }).real("X", extents, values);
    const std::string whole = read_file(path_);
    EXPECT_EQ(problem(), "");
    for (const double share : { 0.0, 0.05, 0.3, 0.6, 0.9 }) {
        write_bytes(path_, whole.substr(0, static_cast<std::size_t>(share * static_cast<double>(whole.size()))));
        EXPECT_NE(problem(), "") << share;
    }
}

class MatFramesVersion5 : public MatFrames
{
};

TEST_P(MatFramesVersion5, StructureIsCheckedBeforeItIsBelieved)
{
    std::vector<std::size_t> extents;
    const auto values = arranged("nck", extents);
    Writer(path_, GetParam()).strings("Y", { "a", "b", "c", "d", "e" }).real("X", extents, values);
    const std::string whole = read_file(path_);
    const std::size_t at = whole.find(std::string("\5\0\0\0\2\0\0\0\20\0\0\0", 12));
    ASSERT_NE(at, std::string::npos);
    std::string changed = whole;
    changed[at + 3] = 0x7f;
    write_bytes(path_, changed);
    EXPECT_NE(problem().find("array is larger than its data: found extent 2130706437"), std::string::npos)
        << problem();
    changed = whole;
    changed[at - 4] = 0x7c; // 31 extents
    write_bytes(path_, changed);
    EXPECT_NE(problem().find("malformed tag"), std::string::npos) << problem();
    changed = whole;
    changed[at - 16] = 2; // a structure
    write_bytes(path_, changed);
    EXPECT_NE(problem().find("class is not read: found 2, expected numbers, characters and cells of them"),
              std::string::npos)
        << problem();
    for (std::size_t byte = 0; byte < whole.size(); ++byte) {
        changed = whole;
        changed[byte] = static_cast<char>(changed[byte] ^ 0x55);
        const fuzz::InputFile file(reinterpret_cast<const std::uint8_t*>(changed.data()), changed.size());
        message_of([&] { read_all(*open_mat_frames(file.path())); }); // only `Error` may come out
    }
}

INSTANTIATE_TEST_SUITE_P(Forms, MatFrames,
                         ::testing::Values(Form{ MAT_FT_MAT5, MAT_COMPRESSION_NONE },
                                           Form{ MAT_FT_MAT5, MAT_COMPRESSION_ZLIB },
                                           Form{ MAT_FT_MAT73, MAT_COMPRESSION_NONE }));

INSTANTIATE_TEST_SUITE_P(Plain, MatFramesVersion5, ::testing::Values(Form{ MAT_FT_MAT5, MAT_COMPRESSION_NONE }));

} // namespace
} // namespace prunedamr::formats
