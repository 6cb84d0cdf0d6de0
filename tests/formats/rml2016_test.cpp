// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/file.h"
#include "prunedamr/formats/open_frame_source.h"
#include "prunedamr/formats/rml2016.h"
#include "tests/dataset/dataset_testing.h"
#include "tests/formats/pickle_testing.h"
#include "tests/fuzz/fuzz_input.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace prunedamr::formats {

using namespace dataset;
namespace {

/// A pickle of protocol 0, as Python 2 with NumPy writes it: {(name, snr): array [frames, 2, 16]}.
class Protocol0
{
public:
    /// `array` replaces the array's opcodes.
    Protocol0& cell(const std::string& name, const std::string& snr, const std::vector<float>& values,
                    const std::string& shape)
    {
        return add("(S" + repr(name) + "\nI" + snr + "\nt", array(values, shape));
    }
    Protocol0& add(const std::string& key, const std::string& value)
    {
        text_ += key + value + "s";
        return *this;
    }
    std::string str() const { return text_ + "."; }

    static std::string array(const std::vector<float>& values, const std::string& shape,
                             const std::string& dtype = "f4", const std::string& order = "I00")
    {
        return "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(" + shape +
               "tcnumpy\ndtype\n(S'" + dtype + "'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb" + order + "\nS" +
               repr(bytes_of(values)) + "\ntb";
    }

private:
    std::string text_ = "(dp0\n";
};

std::string two_cells()
{
    return Protocol0()
        .cell("QPSK", "2", unit_frames(3, 16), "I3\nI2\nI16\n")
        .cell("BPSK", "-20", unit_frames(2, 16), "I2\nI2\nI16\n")
        .str();
}

/// The message of the `Error` without the file's name; "" when all frames are read.
std::string problem_of(const std::string& bytes)
{
    const fuzz::InputFile file(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    const std::string path = file.path();
    const std::string message = message_of([&] { read_all(*open_rml2016_pickle(path)); });
    EXPECT_TRUE(message.empty() || message.rfind(path + ": ", 0) == 0) << message;
    return message.empty() ? "" : message.substr(path.size() + 2);
}

TEST(Rml2016, Protocol0OfPython2GivesItsCellsInClassAndSnrOrder)
{
    const TemporaryFolder folder;
    write_bytes(folder / "a.pkl", two_cells());
    const auto source = formats::open_frame_source(folder / "a.pkl");
    EXPECT_EQ(source->frame_count(), 5);
    EXPECT_FALSE(source->has_split());
    const Dataset all = read_all(*source, 2);
    validate(all, "all");
    EXPECT_EQ(all.class_names, (std::vector<std::string>{ "BPSK", "QPSK" }));
    EXPECT_EQ(all.label, (std::vector<std::int32_t>{ 0, 0, 1, 1, 1 }));
    EXPECT_EQ(all.snr_db, (std::vector<float>{ -20, -20, 2, 2, 2 }));
    EXPECT_EQ(all.group, (std::vector<std::int64_t>{ 0, 1, 2, 3, 4 }));
    std::vector<float> expected = unit_frames(2, 16);
    const std::vector<float> more = unit_frames(3, 16);
    expected.insert(expected.end(), more.begin(), more.end());
    EXPECT_EQ(all.frames, expected);
    EXPECT_EQ(all.front_end.kind, FrontEndSpec::Kind::as_is);
    EXPECT_EQ(all.front_end.scale, FrontEndSpec::Scale::unit_magnitude);
    EXPECT_EQ(all.front_end.frame_length, 16);
    EXPECT_EQ(nlohmann::json::parse(all.provenance)["scale"]["rescaled"], 0);
}

TEST(Rml2016, ReadsAnyNumberAtATime)
{
    const TemporaryFolder folder;
    write_bytes(folder / "a.pkl", two_cells());
    const auto frames = read_all(*open_rml2016_pickle(folder / "a.pkl"), 1).frames;
    for (const std::int64_t most : { 2, 4, 5, 1000 })
        EXPECT_EQ(read_all(*open_rml2016_pickle(folder / "a.pkl"), most).frames, frames) << most;
    const auto source = open_rml2016_pickle(folder / "a.pkl");
    Dataset piece;
    EXPECT_EQ(source->read(piece, 0), 0);
    EXPECT_EQ(source->read(piece, INT64_MAX), 5);
    EXPECT_EQ(source->read(piece, 1), 0);
    EXPECT_EQ(piece.size(), 0);
}

TEST(Rml2016, FramesOfAnotherScaleAreScaledAndTheProvenanceSaysSo)
{
    const TemporaryFolder folder;
    auto values = unit_frames(1, 16);
    for (float& value : values)
        value *= 5;
    write_bytes(folder / "a.pkl", Protocol0().cell("BPSK", "0", values, "I1\nI2\nI16\n").str());
    const Dataset all = read_all(*open_rml2016_pickle(folder / "a.pkl"));
    EXPECT_EQ(nlohmann::json::parse(all.provenance)["scale"]["rescaled"], 1);
    EXPECT_NEAR(nlohmann::json::parse(all.provenance)["scale"]["highest"].get<double>(), 5.0, 1e-5);
    const auto expected = unit_frames(1, 16);
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(all.frames[i], expected[i], 1e-7);
}

TEST(Rml2016, FilesOfPython2)
{
    std::vector<float> expected;
    for (const int count : { 2, 1, 3 })
        for (const float value : unit_frames(count, 16))
            expected.push_back(value);
    for (const char* name : { "rml2016_protocol0.pkl", "rml2016_protocol2.pkl" }) {
        SCOPED_TRACE(name);
        const Dataset all =
            read_all(*formats::open_frame_source(std::string(PRUNEDAMR_SOURCE_DIR "/tests/formats/golden/") + name));
        EXPECT_EQ(all.class_names, (std::vector<std::string>{ "BPSK", "QPSK" }));
        EXPECT_EQ(all.label, (std::vector<std::int32_t>{ 0, 0, 1, 1, 1, 1 }));
        EXPECT_EQ(all.snr_db, (std::vector<float>{ -20, -20, -20, 2, 2, 2 }));
        EXPECT_EQ(all.frames, expected);
    }
}

TEST(Rml2016, EveryTruncationIsAnError)
{
    const std::string whole = two_cells();
    EXPECT_EQ(problem_of(whole), "");
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_NE(problem_of(whole.substr(0, size)), "") << size;
}

TEST(Rml2016, EveryChangedByteIsReadOrRefused)
{
    const std::string whole = two_cells();
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (const int flip : { 1, 0x20, 0x80 }) {
            std::string changed = whole;
            changed[at] = static_cast<char>(changed[at] ^ flip);
            const std::string message = problem_of(changed);
            EXPECT_TRUE(message.empty() || message.find('\n') == std::string::npos) << message;
        }
}

TEST(Rml2016, EveryTruncationOfProtocol2IsAnError)
{
    const std::string whole = read_file(PRUNEDAMR_SOURCE_DIR "/tests/formats/golden/rml2016_protocol2.pkl");
    EXPECT_EQ(problem_of(whole), "");
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_NE(problem_of(whole.substr(0, size)), "") << size;
}

TEST(Rml2016, OtherGlobalsAndOpcodesAreRefusedByNameAndByte)
{
    EXPECT_EQ(problem_of("cos\nsystem\n(S'id'\ntR."),
              "byte 0: global is refused: found os.system, expected numbers, strings, tuples, lists, dicts and "
              "arrays only");
    EXPECT_EQ(problem_of("\x80\x04\x8c\5posix\x8c\6system\x93."),
              "byte 17: global is refused: found posix.system, expected numbers, strings, tuples, lists, dicts and "
              "arrays only");
    EXPECT_EQ(problem_of("(ios\nsystem\n."), "byte 1: opcode is refused: found INST, expected numbers, strings, "
                                             "tuples, lists, dicts and arrays only");
    EXPECT_EQ(problem_of("P12\n."), "byte 0: opcode is refused: found a persistent id, expected numbers, strings, "
                                    "tuples, lists, dicts and arrays only");
    EXPECT_EQ(problem_of("cnumpy\nndarray\n)\x81."), "byte 16: opcode is refused: found NEWOBJ, expected numbers, "
                                                     "strings, tuples, lists, dicts and arrays only");
    EXPECT_EQ(problem_of("\xff"), "byte 0: not a pickle: found opcode 0xff");
    EXPECT_EQ(problem_of("S'O8'\nK\1R."),
              "byte 8: argument list has the wrong type: found an integer, expected a tuple");
    EXPECT_EQ(problem_of("cnumpy\ndtype\n(S'O8'\ntR."),
              "byte 21: dtype is not read: found 'O8', expected f4, f8, i1..i8, u1..u8 or b1");
}

TEST(Rml2016, LengthsAreCheckedBeforeTheyAreUsed)
{
    EXPECT_EQ(problem_of("\x80\x02T\xff\xff\xff\x7f"),
              "byte 2: length is beyond the end of the file: found 2147483647 bytes, expected at most 0");
    EXPECT_EQ(problem_of(std::string("\x80\x05\x8e\xff\xff\xff\xff\xff\xff\xff\xff", 11)),
              "byte 2: length is beyond the end of the file: found 18446744073709551615 bytes, expected at most 0");
    EXPECT_EQ(problem_of("I99999999999999999999\n."),
              "byte 0: malformed integer: found '99999999999999999999', expected 64 bits in decimal");
    const auto claim = [](const std::string& shape) {
        return problem_of(Protocol0().cell("BPSK", "0", unit_frames(1, 16), shape).str());
    };
    EXPECT_NE(claim("I1000000000\nI2\nI128\n").find("array is larger than its data"), std::string::npos);
    EXPECT_NE(claim("I4611686018427387904\nI4\nI4\n").find("array is larger than its data"), std::string::npos);
    EXPECT_NE(claim("I-1\nI2\nI16\n").find("array is larger than its data: found extent -1"), std::string::npos);
    EXPECT_NE(claim("I2\nI2\nI16\n").find("array holds fewer bytes than its shape"), std::string::npos);
    EXPECT_NE(claim("I0\nI2\nI4611686018427387904\n").find("cell has the wrong shape"), std::string::npos);
}

TEST(Rml2016, NestingCostsNoStack)
{
    EXPECT_EQ(problem_of(std::string(1'000'000, '(')),
              "byte 200000: not a pickle of arrays: found more than 200000 "
              "opcodes");
    std::string nested = ")";
    for (int i = 0; i < 190'000; ++i)
        nested += '\x85';
    EXPECT_NE(problem_of(nested + ".").find("pickle is not an RML2016 data set: found a tuple"), std::string::npos);
    EXPECT_NE(problem_of("]q\1h\1a.").find("found a list, expected a dict"), std::string::npos); // holds itself
}

TEST(Rml2016, WhatIsNotADataSetIsNamed)
{
    EXPECT_EQ(problem_of("}."),
              "pickle is not an RML2016 data set: found an empty dict, expected at least one cell");
    EXPECT_EQ(problem_of("K\1."),
              "pickle is not an RML2016 data set: found an integer, expected a dict {(modulation, "
              "snr): array [n, 2, L]}");
    const std::string array = Protocol0::array(unit_frames(1, 16), "I1\nI2\nI16\n");
    EXPECT_EQ(problem_of(Protocol0().add("S'BPSK'\n", array).str()),
              "byte 5: key of a cell has the wrong type: found a string, expected (modulation, snr)");
    EXPECT_EQ(problem_of(Protocol0().add("(S'BPSK'\nS'2'\nt", array).str()),
              "byte 19: key of a cell has the wrong type: found (a string, a string), expected (modulation, snr)");
    EXPECT_EQ(problem_of(Protocol0().add("(S''\nI2\nt", array).str()),
              "byte 13: not a class name: found '', expected 1 to 64 printable ASCII characters");
    EXPECT_EQ(problem_of(Protocol0().add("(S'BPSK'\nFnan\nt", array).str()),
              "byte 19: SNR of a cell is out of range: found nan, expected -1000..1000 dB");
    EXPECT_EQ(problem_of(Protocol0().add("(S'BPSK'\nI2\nt", "I7\n").str()),
              "byte 17: cell (BPSK, 2.0): cell is not an array: found an integer, expected an array [n, 2, L]");
    EXPECT_NE(problem_of(Protocol0().add("(S'BPSK'\nI2\nt", array).add("(S'BPSK'\nF2.0\nt", array).str())
                  .find("cell (BPSK, 2.0): cell stands twice in the file"),
              std::string::npos);
    EXPECT_EQ(problem_of(Protocol0().add("(S'BPSK'\nI2\nt", array + "p1\n").add("(S'BPSK'\nI4\nt", "g1\n").str())
                  .find("cell (BPSK, 4.0): cell has the array of another cell"),
              10u);
}

TEST(Rml2016, FramesThatAreNotFramesAreNamed)
{
    const auto cell = [](const std::vector<float>& values, const std::string& shape, const char* dtype = "f4") {
        return problem_of(Protocol0().add("(S'BPSK'\nI2\nt", Protocol0::array(values, shape, dtype)).str());
    };
    auto bad = unit_frames(2, 16);
    bad[40] = NAN;
    EXPECT_EQ(cell(bad, "I2\nI2\nI16\n"),
              "byte 17: cell (BPSK, 2.0): frame 1 holds a sample that is not a finite float32");
    EXPECT_EQ(cell(unit_frames(2, 16), "I2\nI32\n"),
              "byte 17: cell (BPSK, 2.0): cell has the wrong shape: found [2,32], expected [n, 2, 16..65536]");
    EXPECT_EQ(cell(unit_frames(2, 16), "I2\nI16\nI2\n"),
              "byte 17: cell (BPSK, 2.0): cell has the wrong shape: found [2,16,2], expected [n, 2, 16..65536]");
    EXPECT_EQ(cell(unit_frames(2, 16), "I2\nI2\nI16\n", "i4"),
              "byte 17: cell (BPSK, 2.0): cell has the wrong dtype: found <i4, expected f4 or f8");
    EXPECT_EQ(cell(unit_frames(3, 16), "I2\nI2\nI16\n"),
              "byte 17: cell (BPSK, 2.0): array holds more bytes than its shape: expected [2,2,16]");
    EXPECT_NE(problem_of(Protocol0()
                             .cell("BPSK", "0", unit_frames(1, 16), "I1\nI2\nI16\n")
                             .cell("BPSK", "2", unit_frames(1, 32), "I1\nI2\nI32\n")
                             .str())
                  .find("cell has another frame length than the first one: found 32, expected 16"),
              std::string::npos);
}

TEST(Rml2016Writer, WritesWhatItReads)
{
    const TemporaryFolder folder;
    Dataset dataset = small_dataset(37, 64);
    std::fill(dataset.snr_db.begin(), dataset.snr_db.end(), -7.0f);
    dataset.snr_db[5] = 2.5f;
    write_rml2016_pickle(dataset, folder / "a.pkl");
    const auto source = formats::open_frame_source(folder / "a.pkl");
    const Dataset all = read_all(*source);
    EXPECT_EQ(all.class_names, dataset.class_names);
    EXPECT_EQ(all.size(), 37);
    EXPECT_EQ(std::count(all.snr_db.begin(), all.snr_db.end(), 2.5f), 1);
    // The reader scales; the direction of the first noise frame stays.
    const double ratio = dataset.frames[3] / all.frames[3];
    EXPECT_NEAR(dataset.frames[70] / all.frames[70], ratio, 1e-4 * ratio);
}

TEST(Rml2016Writer, WritesNothingThatPythonCouldNotName)
{
    const TemporaryFolder folder;
    const std::string path = folder / "a.pkl";
    EXPECT_EQ(message_of([&] { write_rml2016_pickle(small_dataset(20), path); }),
              path + ": frame 12 has no SNR that RML2016 could name: found unknown, expected -1000..1000 dB");
    Dataset dataset = small_dataset(4);
    dataset.class_names[0] = "no\nise";
    EXPECT_EQ(message_of([&] { write_rml2016_pickle(dataset, path); }),
              path + ": not a class name: found other bytes, expected 1 to 64 printable ASCII characters");
    EXPECT_EQ(message_of([&] { write_rml2016_pickle(small_dataset(0), path); }),
              path + ": no frames to write: expected at least 1");
    EXPECT_FALSE(std::filesystem::exists(path));
}

} // namespace
} // namespace prunedamr::formats
