// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/contents.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace prunedamr;

namespace {

dataset::Dataset fields_of(std::vector<std::int32_t> label, std::vector<float> snr_db)
{
    dataset::Dataset fields;
    fields.class_names = { "BPSK", "noise" };
    fields.label = std::move(label);
    fields.snr_db = std::move(snr_db);
    return fields;
}

} // namespace

TEST(SnrTable, CountsFramesByClassAndSnr)
{
    const auto fields = fields_of({ 0, 0, 0, 1 }, { 10.2F, 9.8F, -4, std::nanf("") });
    EXPECT_EQ(dataset::snr_table(fields), "  SNR [dB]     -4   10    ?   all\n"
                                          "  BPSK          1    2    .     3\n"
                                          "  noise         .    .    1     1\n");
    EXPECT_EQ(dataset::cells_json(fields).dump(),
              R"([{"frames":1,"label":"BPSK","snr_db":-4},{"frames":2,"label":"BPSK","snr_db":10},)"
              R"({"frames":1,"label":"noise","snr_db":null}])");
}

TEST(SnrTable, MakesColumnsWiderUntilTheyAreFew)
{
    std::vector<float> snr_db;
    for (int snr = -20; snr < 20; snr += 2)
        snr_db.push_back(static_cast<float>(snr));
    const std::string table = dataset::snr_table(fields_of(std::vector<std::int32_t>(snr_db.size(), 0), snr_db));
    EXPECT_NE(table.find("(columns of 4 dB from the number on)"), std::string::npos) << table;
    EXPECT_NE(table.find("  -20  -16"), std::string::npos) << table;
    EXPECT_NE(table.find("   20\n"), std::string::npos) << table; // all frames of the class
}
