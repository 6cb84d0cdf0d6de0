// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/class_table.h"
#include "prunedamr/recording/recording.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

namespace prunedamr::recording {
namespace {

namespace fs = std::filesystem;

/// PRUNEDAMR_RECORDINGS, or ../shared/recordings beside the project.
fs::path recordings_folder()
{
    const char* chosen = std::getenv("PRUNEDAMR_RECORDINGS");
    return chosen ? fs::path(chosen) : fs::path(PRUNEDAMR_SOURCE_DIR) / ".." / "shared" / "recordings";
}

TEST(OffAirRecordings, AreReadToTheirEndWithKnownLabels)
{
    if (!fs::is_directory(recordings_folder()))
        GTEST_SKIP() << "no off-air recordings in " << recordings_folder();
    int opened = 0;
    for (const auto& entry : fs::recursive_directory_iterator(recordings_folder())) {
        if (entry.path().extension() != ".sigmf-meta")
            continue;
        SCOPED_TRACE(entry.path().filename());
        Recording recording(entry.path().string(), {});
        std::vector<std::complex<float>> samples(recording.info().sample_count + 1);
        EXPECT_EQ(recording.read(samples.data(), samples.size()), recording.info().sample_count);
        for (const auto& x : samples)
            ASSERT_LE(std::abs(x), 1.5f);
        for (const auto& annotation : recording.info().annotations)
            EXPECT_NE(model::find_modulation(annotation.label), nullptr) << annotation.label;
        ++opened;
    }
    EXPECT_GT(opened, 0);
}

} // namespace
} // namespace prunedamr::recording
