// SPDX-License-Identifier: GPL-3.0-or-later
// Pickles between this reader and writer and Python itself.
#include "tests/dataset/dataset_testing.h"
#include "tests/formats/pickle_testing.h"
#include "prunedamr/formats/open_frame_source.h"
#include "prunedamr/formats/rml2016.h"

#include <array>
#include <cstdio>

namespace prunedamr::formats {

using namespace dataset;
namespace {

/// What `command` prints; `status` receives its exit status.
std::string output_of(const std::string& command, int& status)
{
    std::string output;
    FILE* pipe = popen(command.c_str(), "r");
    std::array<char, 256> buffer{};
    while (pipe && std::fgets(buffer.data(), buffer.size(), pipe))
        output += buffer.data();
    status = pipe ? pclose(pipe) : -1;
    return output;
}

class Rml2016Python : public ::testing::Test
{
protected:
    void SetUp() override
    {
        int status = 0;
        output_of("/usr/bin/python3 -c 'import numpy' 2>&1", status);
        if (status != 0)
            GTEST_SKIP() << "no /usr/bin/python3 with NumPy";
    }
    static std::string run(const std::string& arguments)
    {
        int status = 0;
        const std::string output = output_of(
            "/usr/bin/python3 " PRUNEDAMR_SOURCE_DIR "/tests/formats/pickles.py " + arguments + " 2>&1", status);
        EXPECT_EQ(status, 0) << output;
        return output;
    }
};

TEST_F(Rml2016Python, ReadsWhatPython3WritesInEveryProtocol)
{
    const TemporaryFolder folder;
    run("write " + (folder / ""));
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "")) {
        SCOPED_TRACE(entry.path().filename());
        ++files;
        const Dataset all = read_all(*formats::open_frame_source(entry.path()));
        validate(all, entry.path());
        EXPECT_EQ(all.class_names, (std::vector<std::string>{ "BPSK", "QPSK" }));
        EXPECT_EQ(all.label, (std::vector<std::int32_t>{ 0, 0, 1, 1, 1 }));
        EXPECT_EQ(all.snr_db, (std::vector<float>{ -4, -4, 2, 2, 2 }));
        std::vector<float> expected = unit_frames(2, 32);
        for (const float value : unit_frames(3, 32))
            expected.push_back(value);
        ASSERT_EQ(all.frames.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i)
            EXPECT_NEAR(all.frames[i], expected[i], 1e-8);
    }
    EXPECT_EQ(files, 6 * 6);
}

TEST_F(Rml2016Python, Python3ReadsWhatIsWritten)
{
    const TemporaryFolder folder;
    Dataset dataset;
    dataset.front_end.kind = FrontEndSpec::Kind::as_is;
    dataset.front_end.frame_length = 16;
    dataset.class_names = { "QAM16", "BPSK" };
    dataset.label = { 0, 0, 1 };
    dataset.snr_db = { -20, -20, 1.5f };
    dataset.group = { 0, 1, 2 };
    dataset.part.assign(3, Split::train);
    dataset.frames = unit_frames(2, 16);
    for (const float value : unit_frames(1, 16))
        dataset.frames.push_back(value);
    write_rml2016_pickle(dataset, folder / "a.pkl");
    EXPECT_EQ(run("show " + (folder / "a.pkl")), "str BPSK float 1.5 float32 (1, 2, 16) True\n"
                                                 "str QAM16 int -20 float32 (2, 2, 16) True\n");
}

} // namespace
} // namespace prunedamr::formats
