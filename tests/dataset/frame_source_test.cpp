// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/dataset/dataset_testing.h"
#include "prunedamr/formats/open_frame_source.h"
#include "prunedamr/dataset/frame_source.h"

namespace prunedamr::dataset {
namespace {

TEST(FrameSourceForms, SaysWhatIsWrongWithTheFile)
{
    const TemporaryFolder folder;
    EXPECT_EQ(message_of([&] { formats::open_frame_source(folder / "none"); }), (folder / "none") + ": no such file");
    EXPECT_EQ(message_of([&] { formats::open_frame_source(folder / ""); }),
              (folder / "") + ": cannot read: found a folder, expected a data set file");
    for (const char* content : { "", "a", "hello, this is a letter" }) {
        write_bytes(folder / "letter", content);
        EXPECT_EQ(message_of([&] {
                      formats::open_frame_source(folder / "letter");
                  }).find((folder / "letter") + ": not a data set of a known form"),
                  0u);
    }
}

TEST(FrameSourceForms, Hdf5IsFoundBehindAUserBlock)
{
    const std::string signature = "\x89HDF\r\n\x1a\n";
    EXPECT_TRUE((FileHead{ "", signature }.is_hdf5()));
    for (const std::size_t block : { 512, 1024, 2048 })
        EXPECT_TRUE((FileHead{ "", std::string(block, ' ') + signature }.is_hdf5())) << block;
    EXPECT_FALSE((FileHead{ "", " " + signature }.is_hdf5()));
    EXPECT_FALSE((FileHead{ "", signature.substr(0, 7) }.is_hdf5()));
    EXPECT_FALSE((FileHead{ "", "" }.is_hdf5()));
}

} // namespace
} // namespace prunedamr::dataset
