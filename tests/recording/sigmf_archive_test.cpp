// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/recording/recording_testing.h"

#include <cstdio>

namespace prunedamr::recording {
namespace {

constexpr std::size_t kBlock = 512;

std::string padded(std::string bytes)
{
    bytes.resize((bytes.size() + kBlock - 1) / kBlock * kBlock, '\0');
    return bytes;
}

/// One header, as POSIX.1-1988 has it, with its sum.
std::string tar_header(const std::string& name, std::size_t size, char type)
{
    std::string header(kBlock, '\0');
    char size_text[16], sum_text[16];
    std::snprintf(size_text, sizeof size_text, "%011zo", size);
    header.replace(0, std::min<std::size_t>(name.size(), 100), name, 0, 100);
    header.replace(124, 11, size_text);
    header[156] = type;
    header.replace(257, 8,
                   std::string("ustar\0"
                               "00",
                               8));
    header.replace(148, 8, "        ");
    unsigned sum = 0;
    for (const unsigned char c : header)
        sum += c;
    std::snprintf(sum_text, sizeof sum_text, "%06o", sum);
    header.replace(148, 7, sum_text, 7);
    return header;
}

std::string tar_member(const std::string& name, const std::string& content, char type = '0')
{
    return tar_header(name, content.size(), type) + padded(content);
}

const std::string kEnd(2 * kBlock, '\0');

std::string recording_in(const std::string& folder, const std::string& name, int samples)
{
    const std::string stem = folder.empty() ? name : folder + "/" + name;
    return tar_member(stem + ".sigmf-meta", plain_meta("ci8").dump()) +
           tar_member(stem + ".sigmf-data", numbered_bytes(samples));
}

TEST(SigmfArchive, IsReadInPlace)
{
    const TemporaryFolder folder;
    const std::string path = folder / "x.sigmf";
    write_bytes(path, tar_member("x/", "", '5') + tar_member("x/._x.sigmf-meta", "macOS") +
                          recording_in("x", "x", 1009) + kEnd);
    Recording recording(path, {});
    EXPECT_EQ(recording.info().sample_count, 1009u);
    recording.seek(90);
    Samples part(37);
    EXPECT_EQ(recording.read(part.data(), part.size()), 37u);
    EXPECT_EQ(places(part), from(90, 37));
    recording.seek(0);
    EXPECT_EQ(read_all(recording).size(), 1009u);
}

TEST(SigmfArchive, OneOfSeveralIsChosenByName)
{
    const TemporaryFolder folder;
    const std::string path = folder / "x.sigmf";
    write_bytes(path, recording_in("", "one", 11) + recording_in("deep/er", "two", 22) + kEnd);
    EXPECT_EQ(Recording(path + "#one", {}).info().sample_count, 11u);
    EXPECT_EQ(Recording(path + "#two", {}).info().sample_count, 22u);
    EXPECT_EQ(error_of(path),
              path + ": several recordings inside: found 2, expected " + path + "#NAME with one of one, two");
    EXPECT_EQ(error_of(path + "#three"),
              path + ": no such recording inside: found three, expected " + path + "#NAME with one of one, two");
    write_bytes(path, recording_in("a", "x", 11) + recording_in("b", "x", 22) + kEnd);
    EXPECT_EQ(Recording(path + "#b/x", {}).info().sample_count, 22u);
}

TEST(SigmfArchive, LongNamesOfPaxAndGnuAreRead)
{
    const TemporaryFolder folder;
    const std::string stem = std::string(120, 'n');
    const auto pax = [](const std::string& name) {
        const std::string record = " path=" + name + "\n";
        return tar_member("PaxHeaders/x", std::to_string(record.size() + 3) + record, 'x');
    };
    const auto gnu = [](const std::string& name) { return tar_member("././@LongLink", name + '\0', 'L'); };
    const std::string meta = plain_meta("ci8").dump();
    write_bytes(folder / "pax.sigmf", pax(stem + ".sigmf-meta") + tar_member("short", meta) +
                                          pax(stem + ".sigmf-data") + tar_member("short", numbered_bytes(5)) +
                                          kEnd);
    write_bytes(folder / "gnu.sigmf", gnu(stem + ".sigmf-meta") + tar_member("short", meta) +
                                          gnu(stem + ".sigmf-data") + tar_member("short", numbered_bytes(6)) +
                                          kEnd);
    EXPECT_EQ(Recording(folder / "pax.sigmf", {}).info().sample_count, 5u);
    EXPECT_EQ(Recording(folder / "gnu.sigmf", {}).info().sample_count, 6u);
}

TEST(SigmfArchive, BrokenOnesAreNamed)
{
    const TemporaryFolder folder;
    const std::string path = folder / "x.sigmf";
    const auto error = [&](const std::string& bytes) {
        write_bytes(path, bytes);
        return error_of(path).substr(path.size());
    };
    const std::string good = recording_in("", "x", 1000);
    EXPECT_EQ(error(""), ": file is empty: found 0 bytes, expected samples");
    EXPECT_EQ(error("tar"), ": not a tar archive: found 3 bytes, expected a tar header");
    EXPECT_EQ(error(std::string(1024, 'x')), ": byte 0: not a tar archive: expected a tar header");
    EXPECT_EQ(error(kEnd), ": archive holds no file: expected a tar with .sigmf-meta and .sigmf-data");
    EXPECT_EQ(error(tar_member("readme", "hello") + kEnd),
              ": no recording in the archive: found readme, expected a .sigmf-meta file");
    EXPECT_EQ(error(tar_member("x.sigmf-meta", plain_meta("ci8").dump()) + kEnd),
              ": x.sigmf-data: no such file: expected the samples beside " + path + ": x.sigmf-meta");
    EXPECT_EQ(error(tar_member("x.sigmf-meta", "letter") + kEnd),
              ": x.sigmf-meta: not SigMF metadata: found no JSON, expected a JSON object");
    std::string flipped = good;
    flipped[1024 + 5] ^= 1; // in the second header
    EXPECT_EQ(error(flipped), ": byte 1024: bad tar header: expected a tar header");
    std::string huge = good;
    huge.replace(1024 + 124, 12, std::string("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12));
    EXPECT_NE(error(huge), "");
}

TEST(SigmfArchive, OneThatIsCutGivesTheSamplesThatAreThere)
{
    const TemporaryFolder folder;
    const std::string path = folder / "x.sigmf", good = recording_in("", "x", 1000);
    write_bytes(path, good.substr(0, good.size() - 1000));
    Recording recording(path, {});
    EXPECT_EQ(recording.info().sample_count, 524u);
    EXPECT_EQ(recording.info().warnings.size(), 1u);
    EXPECT_EQ(read_all(recording).size(), 524u);
}

/// Each cut and each flipped bit gives samples or one line, never a crash.
TEST(SigmfArchive, AnyDamageEndsInOneLine)
{
    const TemporaryFolder folder;
    const std::string path = folder / "x.sigmf";
    const std::string good = recording_in("", "x", 50) + kEnd;
    for (std::size_t i = 0; i < good.size(); i += 29) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 1 << i % 8);
        write_bytes(path, bad);
        EXPECT_EQ(error_of(path).find('\n'), std::string::npos);
        write_bytes(path, good.substr(0, i));
        EXPECT_EQ(error_of(path).find('\n'), std::string::npos);
    }
}

TEST(SigmfCollection, OneOfSeveralStreamsIsChosenByName)
{
    const TemporaryFolder folder;
    const std::string path = folder / "c.sigmf-collection";
    make_sigmf(folder, plain_meta("ci8"), numbered_bytes(9)); // x
    const auto collection = [](const nlohmann::json& streams) {
        return nlohmann::json{
            { "collection", { { "core:version", "1.2.0" }, { "core:streams", streams } } }
        }.dump();
    };
    const nlohmann::json object = { { "name", "x" }, { "hash", "00" } },
                         tuple = nlohmann::json::array({ "y", "00" });
    write_bytes(path, collection(nlohmann::json::array({ object })));
    EXPECT_EQ(Recording(path, {}).info().sample_count, 9u);
    write_bytes(path, collection(nlohmann::json::array({ object, tuple })));
    EXPECT_EQ(Recording(path + "#x", {}).info().sample_count, 9u);
    EXPECT_EQ(error_of(path),
              path + ": several recordings inside: found 2, expected " + path + "#NAME with one of x, y");
    EXPECT_NE(error_of(path + "#y").find("y.sigmf-meta: no such file"), std::string::npos);
    write_bytes(path, collection(7));
    EXPECT_EQ(error_of(path), path + ": collection without recordings: expected core:streams");
    write_bytes(path, "[]");
    EXPECT_EQ(error_of(path), path + ": not a SigMF collection: found array, expected an object with 'collection'");
}

} // namespace
} // namespace prunedamr::recording
