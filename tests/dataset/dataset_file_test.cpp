// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/file.h"
#include "prunedamr/dataset/dataset_file.h"
#include "tests/dataset/dataset_testing.h"

#ifdef PRUNEDAMR_HAVE_HDF5
#include <hdf5.h>
#endif

namespace prunedamr::dataset {
namespace {

class DatasetFile : public ::testing::TestWithParam<const char*>
{
};

void expect_equal(const Dataset& a, const Dataset& b)
{
    EXPECT_TRUE(a.front_end == b.front_end);
    EXPECT_EQ(a.class_names, b.class_names);
    EXPECT_EQ(a.frames, b.frames);
    EXPECT_EQ(a.label, b.label);
    EXPECT_EQ(a.group, b.group);
    EXPECT_EQ(a.part, b.part);
    EXPECT_EQ(a.provenance, b.provenance);
    ASSERT_EQ(a.snr_db.size(), b.snr_db.size());
    for (std::size_t i = 0; i < a.snr_db.size(); ++i)
        EXPECT_TRUE(a.snr_db[i] == b.snr_db[i] || (std::isnan(a.snr_db[i]) && std::isnan(b.snr_db[i])));
}

TEST_P(DatasetFile, OneThatIsCutWhileItIsReadIsAnError)
{
    const TemporaryFolder folder;
    const std::string path = folder / (std::string("cut") + GetParam());
    for (const SampleType samples : { SampleType::float32, SampleType::float16 }) {
        write_dataset(small_dataset(1009, 256), path, samples);
#ifdef PRUNEDAMR_HAVE_HDF5
        const bool hdf5 = std::string(GetParam()) != ".safetensors";
        const auto reader = hdf5 ? open_hdf5_dataset(path) : open_safetensors_dataset(path);
#else
        const auto reader = open_safetensors_dataset(path);
#endif
        std::filesystem::resize_file(path, 8192); // a mapping would end the process
        std::vector<float> frames(1009 * 2 * 256);
        EXPECT_NE(message_of([&] { reader->read_frames(0, 1009, frames.data()); }).find(path), std::string::npos);
    }
}

TEST_P(DatasetFile, ReadsBackWhatWasWritten)
{
    const TemporaryFolder folder;
    for (const int count : { 0, 1, 37, 1009 }) {
        const Dataset dataset = small_dataset(count, 64);
        const std::string path = folder / (std::to_string(count) + GetParam());
        write_dataset(dataset, path);
        expect_equal(read_dataset(path), dataset);
    }
}

TEST_P(DatasetFile, EveryTruncationIsAnErrorThatNamesTheFile)
{
    const TemporaryFolder folder;
    const std::string path = folder / (std::string("whole") + GetParam());
    write_dataset(small_dataset(20), path);
    const std::string bytes = read_file(path);
    for (const double share : { 0.0, 0.001, 0.1, 0.5, 0.9, 0.999 }) {
        const std::string cut = folder / (std::string("cut") + GetParam());
        write_bytes(cut, bytes.substr(0, static_cast<std::size_t>(share * static_cast<double>(bytes.size()))));
        const std::string message = message_of([&] { read_dataset(cut); });
        EXPECT_EQ(message.find(cut), 0u) << share << ": " << message;
    }
}

TEST_P(DatasetFile, ProvenanceThatIsNestedTooDeeplyIsRefused)
{
    const TemporaryFolder folder;
    Dataset dataset = small_dataset(1);
    const std::string path = folder / (std::string("deep") + GetParam());
    for (int i = 0; i < 900; ++i)
        dataset.provenance = "{\"a\":" + dataset.provenance + "}";
    write_dataset(dataset, path);
    EXPECT_EQ(read_dataset(path).provenance, dataset.provenance);
    for (int i = 0; i < 200; ++i)
        dataset.provenance = "{\"a\":" + dataset.provenance + "}";
    write_dataset(dataset, path);
    EXPECT_EQ(message_of([&] { read_dataset(path); }),
              path + ": 'provenance' is nested too deeply: expected at most 1000 levels");
}

TEST_P(DatasetFile, NothingIsWrittenWhenTheDataSetIsBad)
{
    const TemporaryFolder folder;
    Dataset dataset = small_dataset(5);
    dataset.label[2] = 17;
    const std::string path = folder / (std::string("bad") + GetParam());
    EXPECT_NE(message_of([&] { write_dataset(dataset, path); }), "");
    EXPECT_FALSE(std::filesystem::exists(path));
}

#ifdef PRUNEDAMR_HAVE_HDF5
/// Leaves the field `name` to whatever `make` puts in its place.
template <typename Make> void replace_field(const std::string& path, const char* name, const Make& make)
{
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(file, name, H5P_DEFAULT);
    make(file);
    H5Fclose(file);
}

TEST(DatasetHdf5, WhatIsStoredInAnotherFileIsRefusedByName)
{
    const TemporaryFolder folder;
    const std::string path = folder / "a.h5", other = folder / "other.h5", secret = folder / "secret";
    write_dataset(small_dataset(20), other);
    write_bytes(secret, std::string(1 << 20, 'r'));
    const auto with_storage = [&](hid_t file, const char* name, hid_t type, std::vector<hsize_t> shape,
                                  const std::function<void(hid_t)>& store) {
        const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
        const hid_t options = H5Pcreate(H5P_DATASET_CREATE);
        store(options);
        H5Dclose(H5Dcreate2(file, name, type, space, H5P_DEFAULT, options, H5P_DEFAULT));
        H5Pclose(options);
        H5Sclose(space);
    };
    const auto problem = [&](const char* name, const std::function<void(hid_t)>& make) {
        write_dataset(small_dataset(20), path);
        replace_field(path, name, make);
        return message_of([&] { read_dataset(path); });
    };
    for (const char* name : { "frames", "label", "group" }) {
        const std::string start = path + ": field '" + name + "' is stored outside the file: found ";
        EXPECT_EQ(problem(name, [&](hid_t file) {
                      H5Lcreate_external("other.h5", name, file, name, H5P_DEFAULT, H5P_DEFAULT);
                  }).rfind(start + "a link to other.h5", 0),
                  0u);
        EXPECT_EQ(problem(name, [&](hid_t file) {
                      H5Lcreate_soft("/elsewhere", file, name, H5P_DEFAULT, H5P_DEFAULT);
                  }).rfind(start + "a link to /elsewhere", 0),
                  0u);
        const std::string raw = problem(name, [&](hid_t file) {
            with_storage(file, name, H5T_NATIVE_INT32, { 20 },
                         [&](hid_t options) { H5Pset_external(options, secret.c_str(), 0, 80); });
        });
        EXPECT_EQ(raw.rfind(start + "raw data in " + secret, 0), 0u) << raw;
        EXPECT_EQ(raw.find("1920103026"), std::string::npos); // "rrrr" as a number
        EXPECT_EQ(problem(name, [&](hid_t file) {
                      with_storage(file, name, H5T_NATIVE_INT32, { 20 }, [&](hid_t options) {
                          const hsize_t shape[] = { 20 };
                          const hid_t space = H5Screate_simple(1, shape, nullptr);
                          H5Pset_virtual(options, space, "other.h5", "label", space);
                          H5Sclose(space);
                      });
                  }).rfind(start + "a virtual data set", 0),
                  0u);
    }
}

INSTANTIATE_TEST_SUITE_P(Containers, DatasetFile, ::testing::Values(".h5", ".hdf5", ".safetensors"));

/// A data set of 20 frames whose field `name` is replaced by an unwritten one of `shape`.
std::string file_with_unwritten(const TemporaryFolder& folder, const char* name, const std::vector<hsize_t>& shape)
{
    const std::string path = folder / "unwritten.h5";
    write_dataset(small_dataset(20), path);
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(file, name, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t options = H5Pcreate(H5P_DATASET_CREATE);
    const std::vector<hsize_t> chunk(shape.size(), 1);
    H5Pset_chunk(options, static_cast<int>(chunk.size()), chunk.data());
    H5Dclose(H5Dcreate2(file, name, H5T_NATIVE_INT32, space, H5P_DEFAULT, options, H5P_DEFAULT));
    H5Pclose(options);
    H5Sclose(space);
    H5Fclose(file);
    return path;
}

TEST(Hdf5Dataset, ClaimedSizeIsNotBelieved)
{
    const TemporaryFolder folder;
    const std::string path = file_with_unwritten(folder, "label", { hsize_t{ 1 } << 40 });
    EXPECT_EQ(message_of([&] { read_dataset(path); }),
              path + ": field 'label' is not in the file: found 0 stored bytes, expected 1099511627776 values");
}

TEST(Hdf5Dataset, NamesFieldAndShape)
{
    const TemporaryFolder folder;
    std::string path = file_with_unwritten(folder, "group", { 3 });
    EXPECT_EQ(message_of([&] { read_dataset(path); }),
              path + ": field 'group' has the wrong shape: found [3], expected [20]");
    path = file_with_unwritten(folder, "snr_db", { 20 });
    EXPECT_EQ(message_of([&] { read_dataset(path); }),
              path + ": field 'snr_db' has the wrong type: found integer, expected floating point");
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    H5Adelete(file, "provenance");
    H5Fclose(file);
    EXPECT_EQ(message_of([&] { read_dataset(path); }),
              path + ": not a data set: missing attribute 'provenance': expected one of prunedamr; "
                     "`prunedamr data import` makes one of files of other forms");
}
#else
INSTANTIATE_TEST_SUITE_P(Containers, DatasetFile, ::testing::Values(".safetensors"));
#endif

TEST(DatasetFileName, SaysWhatIsWrongWithIt)
{
    const TemporaryFolder folder;
    EXPECT_EQ(message_of([&] { read_dataset(folder / "none.h5"); }), (folder / "none.h5") + ": no such file");
    EXPECT_NE(message_of([&] { read_dataset(folder / ""); }).find("found a folder"), std::string::npos);
    write_bytes(folder / "a.txt", "hello");
    EXPECT_EQ(message_of([&] { read_dataset(folder / "a.txt"); }),
              (folder / "a.txt") + ": unknown data set format: found .txt, expected .h5, .hdf5 or .safetensors; "
                                   "`prunedamr data import` makes one of files of other forms");
    EXPECT_NE(message_of([&] { write_dataset(small_dataset(1), folder / "noextension"); }).find("no extension"),
              std::string::npos);
}

} // namespace
} // namespace prunedamr::dataset
