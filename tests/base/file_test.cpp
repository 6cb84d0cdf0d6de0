// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/file.h"
#include "prunedamr/base/safetensors.h"

#include "tests/support/expect_error.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace prunedamr {
namespace {

namespace fs = std::filesystem;
namespace st = safetensors;

/// A folder of its own for each test.
class Files : public ::testing::Test
{
protected:
    Files()
        : folder_(fs::path(::testing::TempDir()) /
                  ("prunedamr_" + std::to_string(getpid()) + "_" +
                   ::testing::UnitTest::GetInstance()->current_test_info()->name()))
    {
        fs::create_directory(folder_);
    }
    ~Files() override { fs::remove_all(folder_); }

    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    std::size_t file_count() const
    {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
    }
    std::string put(const std::string& bytes) const
    {
        std::ofstream(path("f"), std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        return path("f");
    }
    std::string put_container(const std::string& header, const std::string& data) const
    {
        std::string bytes(8, '\0');
        const std::uint64_t length = header.size();
        std::memcpy(bytes.data(), &length, sizeof length);
        return put(bytes + header + data);
    }

    fs::path folder_;
};

using AtomicFile = Files;
using InputFiles = Files;
using Outputs = Files;
using Safetensors = Files;

TEST_F(AtomicFile, AFailedWriteLeavesTheOldFileAndNothingElse)
{
    write_text_atomically(path("a.json"), "old");
    EXPECT_THROW(write_atomically(path("a.json"),
                                  [](const std::string& temporary) {
                                      std::ofstream(temporary) << "half";
                                      throw Error({ "disk full", "", "", "" });
                                  }),
                 Error);
    EXPECT_EQ(read_file(path("a.json")), "old");
    write_text_atomically(path("a.json"), std::string("n\0w", 3));
    EXPECT_EQ(read_file(path("a.json")), std::string("n\0w", 3));
    EXPECT_EQ(file_count(), 1u);
}

TEST_F(AtomicFile, TemporaryNameKeepsFolderAndExtension)
{
    write_atomically(path("m.h5"), [&](const std::string& temporary) {
        EXPECT_EQ(fs::path(temporary).parent_path(), folder_);
        EXPECT_EQ(fs::path(temporary).extension(), ".h5");
        EXPECT_NE(temporary, path("m.h5"));
        std::ofstream(temporary) << "x";
    });
}

TEST_F(AtomicFile, KeepsLinksAndRefusesPipes)
{
    write_text_atomically(path("real.txt"), "a");
    fs::create_symlink("real.txt", path("link.txt"));
    write_text_atomically(path("link.txt"), "b");
    EXPECT_TRUE(fs::is_symlink(path("link.txt")));
    EXPECT_EQ(read_file(path("real.txt")), "b");
    ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
    EXPECT_THROW(write_text_atomically(path("pipe"), "c"), Error);
    EXPECT_TRUE(fs::is_fifo(path("pipe")));
}

TEST_F(AtomicFile, SaysWhyItCannotWriteOrRead)
{
    EXPECT_ERROR(write_text_atomically(path("no/such/f"), "x"), "folder does not exist");
    EXPECT_ERROR(write_text_atomically(folder_.string(), "x"), "is a folder");
    EXPECT_ERROR(read_file(path("missing")), "cannot open");
    EXPECT_ERROR(read_file(folder_.string()), "found a folder");
    EXPECT_ERROR(read_file(put("12345"), 4), "file is too large: found 5 bytes, expected at most 4");
    EXPECT_EQ(read_file(put("12345"), 5), "12345");
    EXPECT_EQ(read_file(put("")), "");
}

TEST_F(AtomicFile, NoMoreThanTheLimitIsReadOfWhatNeverEnds)
{
    EXPECT_ERROR(read_file("/dev/zero", 100'000), "file is too large: found more than 100000 bytes");
    EXPECT_EQ(read_file("/dev/null"), "");
}

TEST_F(Outputs, MayBeNeitherAnInputNorAnotherOutput)
{
    const std::string model = put("weights");
    fs::create_symlink("f", path("link"));
    fs::create_hard_link(model, path("twin"));
    fs::create_directory(path("sub"));
    for (const std::string& name : { model, path("link"), path("twin"), path("sub/../f") })
        EXPECT_ERROR(check_outputs({ { "--json", name } }, { { "the model", model } }),
                     name + ": --json would overwrite the model");
    EXPECT_EQ(read_file(model), "weights");

    fs::create_symlink("new", path("to_new"));
    for (const std::string& name : { path("new"), path("sub/../new"), path("to_new") })
        EXPECT_ERROR(check_outputs({ { "--out", path("new") }, { "--json", name } }, {}),
                     name + ": --json would overwrite --out");
    EXPECT_NO_THROW(check_outputs({ { "--out", path("new") }, { "--json", path("newer") } },
                                  { { "the model", model }, { "the data", path("absent") } }));
}

TEST_F(Outputs, MayShareDevicesPipesAndInputsThatAreNotWritten)
{
    ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
    for (const std::string& name : { std::string("/dev/null"), path("pipe") })
        EXPECT_NO_THROW(check_outputs({ { "--out", name }, { "--json", name } }, { { "the data", name } }));
    const std::string data = put("frames");
    EXPECT_NO_THROW(check_outputs({ { "--out", path("new") } }, { { "the data", data }, { "the data", data } }));
}

TEST_F(InputFiles, AFileThatIsCutOrWrittenToMeanwhileIsAnError)
{
    const prunedamr::InputFile file(put(std::string(1000, 'x')), "a file");
    EXPECT_EQ(file.read_all(1000), std::string(1000, 'x'));
    EXPECT_ERROR(file.read_all(999), "file is too large: found 1000 bytes");
    char bytes[100];
    fs::resize_file(path("f"), 450);
    EXPECT_NO_THROW(file.read(350, 100, bytes));
    EXPECT_ERROR(file.read(400, 100, bytes), "file was cut while it was read: found its end at byte 450");
    EXPECT_ERROR(file.check_unchanged(), "file was written to while it was read");
    EXPECT_ERROR(file.read_all(1000), "file was cut");
}

TEST_F(InputFiles, APipeIsRefusedWithoutWaitingForItsWriter)
{
    ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
    EXPECT_ERROR(prunedamr::InputFile(path("pipe"), "a model file"), "not a regular file, expected a model file");
}

TEST_F(Safetensors, AFileThatIsCutAfterItsHeaderWasReadIsAnError)
{
    const std::string entry = R"({"a":{"dtype":"F32","shape":[4096],"data_offsets":[0,16384]}})";
    const st::File file(put_container(entry, std::string(16384, '\1')));
    const st::View& tensor = file.at("a", st::Dtype::f32);
    EXPECT_EQ(file.values<float>(tensor).size(), 4096u);
    fs::resize_file(path("f"), 4096); // a mapping would end the process from its second page on
    EXPECT_ERROR(file.values<float>(tensor), "file was cut while it was read");
    EXPECT_ERROR(file.check_unchanged(), "file was written to");
}

TEST_F(Safetensors, EverythingComesBackAndEqualContentGivesEqualBytes)
{
    const std::array<float, 6> values = { 1, -2, 3, -4, 5, 1e-30F };
    const std::array<std::int64_t, 2> wide = { -1, std::int64_t{ 1 } << 62 };
    const std::array<std::int8_t, 3> small = { -128, 0, 127 };
    const auto view = [](st::Dtype dtype, std::vector<std::int64_t> shape, const auto& array) {
        return st::View{ dtype, std::move(shape), reinterpret_cast<const std::byte*>(array.data()), sizeof array };
    };
    const std::map<std::string, st::View> tensors = { { "z", view(st::Dtype::f32, { 2, 3 }, values) },
                                                      { "a", view(st::Dtype::i64, { 2 }, wide) },
                                                      { "m", view(st::Dtype::i8, { 3, 1 }, small) },
                                                      { "none", { st::Dtype::f32, { 0, 5 }, nullptr, 0 } } };
    const std::map<std::string, std::string> metadata = { { "k", "v \"quoted\"\n" } };
    st::write(path("one"), tensors, metadata);
    st::write(path("two"), tensors, metadata);
    EXPECT_EQ(read_file(path("one")), read_file(path("two")));

    const st::File file(path("one"));
    EXPECT_EQ(file.metadata(), metadata);
    ASSERT_EQ(file.tensors().size(), tensors.size());
    for (const auto& [name, expected] : tensors) {
        const st::View& found = file.at(name, expected.dtype);
        EXPECT_EQ(found.shape, expected.shape);
        ASSERT_EQ(found.size_bytes, expected.size_bytes);
        const auto bytes = file.values<std::byte>(found);
        EXPECT_TRUE(expected.size_bytes == 0 || std::memcmp(bytes.data(), expected.data, found.size_bytes) == 0)
            << name;
    }
    EXPECT_EQ(file.at("z", st::Dtype::f32).count(), 6u);
    EXPECT_ERROR(file.at("q", st::Dtype::f32), "missing tensor 'q'");
    EXPECT_ERROR(file.at("z", st::Dtype::i32), "tensor 'z' has the wrong type");
}

TEST_F(Safetensors, ReadsTheLayoutOfTheSpecification)
{
    const std::string header =
        R"({"t":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"__metadata__":{"a":"b"}}  )";
    const st::File file(put_container(header, std::string("\0\0\x80\x3f", 4)));
    EXPECT_EQ(file.values<float>(file.at("t", st::Dtype::f32)), std::vector<float>{ 1.0F });
    EXPECT_EQ(file.metadata().at("a"), "b");
}

TEST_F(Safetensors, RefusesBrokenContainers)
{
    const auto entry = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
        return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
    };
    const auto refuse = [&](const std::string& entries, const std::string& message) {
        EXPECT_ERROR(st::File(put_container("{" + entries + "}", std::string(8, 'x'))), message);
    };
    const std::string whole = R"("a":)" + entry("F32", "[2]", "[0,8]");
    EXPECT_NO_THROW(st::File(put_container("{" + whole + "}", std::string(8, 'x'))));
    refuse(R"("a":)" + entry("BF16", "[4]", "[0,8]"), "unknown tensor type: found BF16");
    refuse(R"("a":)" + entry("F32", "[3]", "[0,8]"), "shape disagrees with its bytes: found 8 bytes, expected 12");
    refuse(R"("a":)" + entry("F32", "[2]", "[4,12]"), "tensor lies outside the file");
    refuse(R"("a":)" + entry("F32", "[2]", "[8,0]"), "tensor lies outside the file");
    refuse(R"("a":)" + entry("F32", "[2]", "[0]"), "tensor lies outside the file");
    refuse(R"("a":)" + entry("F32", "[2]", "[0.5,8]"), "malformed data_offsets");
    refuse(R"("a":)" + entry("F32", "\"2\"", "[0,8]"), "malformed tensor entry");
    refuse(R"("a":7)", "malformed tensor entry");
    refuse(R"("a":)" + entry("F32", "[1]", "[4,8]"), "hole between tensors");
    refuse(R"("a":)" + entry("F32", "[1]", "[0,4]"), "data section has the wrong size");
    refuse(whole + R"(,"b":)" + entry("F32", "[1]", "[4,8]"), "tensors overlap");
    refuse(whole + R"(,"__metadata__":{"k":1})", "metadata value is not a string");
    EXPECT_ERROR(st::File(put_container("[]", "")), "header is not a JSON object");
    EXPECT_ERROR(st::File(put_container("{", "")), "header is not a JSON object");
    EXPECT_ERROR(st::File(put("1234567")), "not a safetensors file: found 7 bytes");
    EXPECT_ERROR(st::File(put(std::string(8, '\xff'))), "header is longer than the file");
    EXPECT_ERROR(st::File(path("absent")), "cannot open");
    EXPECT_ERROR(st::File(folder_.string()), "not a regular file");
}

} // namespace
} // namespace prunedamr
