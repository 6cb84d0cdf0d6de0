// SPDX-License-Identifier: GPL-3.0-or-later
// SDRangel, BLUE, NumPy, XML headers, GNU Radio metadata, VITA 49.
#include "prunedamr/base/deflate.h"
#include "tests/recording/recording_testing.h"

#include <cstring>

namespace prunedamr::recording {
namespace {

std::string number(std::uint64_t value, std::size_t bytes, bool big_endian = false)
{
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i)
        text.push_back(static_cast<char>(value >> 8 * (big_endian ? bytes - 1 - i : i)));
    return text;
}

std::string real_number(double value, bool big_endian = false)
{
    std::uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return number(bits, 8, big_endian);
}

const std::string kPairs16 = number(0x4000, 2) + number(0x8000, 2) + number(0xc000, 2) + number(0x2000, 2);
const Samples kPairs = { { 0.5f, -1.0f }, { -0.5f, 0.25f } };

/// What a file holds, and its warnings.
struct Content {
    RecordingInfo info;
    Samples samples;
};

Content open(const TemporaryFolder& folder, const std::string& name, const std::string& bytes,
             const RawOptions& raw = {})
{
    write_bytes(folder / name, bytes);
    Recording recording(folder / name, raw);
    return { recording.info(), read_all(recording, 3) };
}

std::string sdriq(std::uint64_t bits, const std::string& samples, bool milliseconds = true)
{
    const std::string head = number(48000, 4) + number(433'920'000, 8) +
                             number(milliseconds ? 1'700'000'000'250 : 1'700'000'000, 8) + number(bits, 4) +
                             number(0, 4);
    return head + number(crc32(head), 4) + samples;
}

TEST(Sdriq, TellsRateFrequencyTimeAndBits)
{
    const TemporaryFolder folder;
    for (const char* name : { "x.sdriq", "x.iq", "x" }) {
        const Content content = open(folder, name, sdriq(16, kPairs16));
        EXPECT_EQ(content.samples, kPairs) << name;
        EXPECT_EQ(content.info.sample_rate_hz, 48000.0);
        EXPECT_EQ(content.info.center_freq_hz, 433.92e6);
        EXPECT_EQ(content.info.time_ns, 1'700'000'000'250'000'000);
    }
    EXPECT_EQ(open(folder, "x.sdriq", sdriq(16, kPairs16, false)).info.time_ns, 1'700'000'000'000'000'000);
    const Content wide = open(folder, "x.sdriq", sdriq(24, number(0x400000, 4) + number(0xff800000, 4)));
    EXPECT_EQ(wide.samples, (Samples{ { 0.5f, -1.0f } }));
}

TEST(Sdriq, ADamagedHeaderIsAWarningOrARefusal)
{
    const TemporaryFolder folder;
    std::string bytes = sdriq(16, kPairs16);
    bytes[29] ^= 1;
    EXPECT_EQ(open(folder, "x.sdriq", bytes).info.warnings.size(), 1u);
    bytes[20] = 99;
    write_bytes(folder / "x.sdriq", bytes);
    EXPECT_EQ(error_of(folder / "x.sdriq"),
              (folder / "x.sdriq") + ": not a .sdriq header: found 99 bits per sample, expected 16 or 24");
    write_bytes(folder / "x.sdriq", "short");
    EXPECT_NE(error_of(folder / "x.sdriq").find("not a .sdriq header"), std::string::npos);
}

std::string blue(const std::string& code, bool big_endian, const std::string& samples, bool detached = false,
                 std::uint64_t type = 1000)
{
    std::string head(512, '\0');
    const auto put = [&](std::size_t at, const std::string& text) { head.replace(at, text.size(), text); };
    put(0, big_endian ? "BLUEIEEEIEEE" : "BLUEEEEIEEEI");
    put(12, number(detached, 4, big_endian));
    put(32, real_number(detached ? 0.0 : 512.0, big_endian));
    put(40, real_number(static_cast<double>(samples.size()), big_endian));
    put(48, number(type, 4, big_endian));
    put(52, code);
    put(56, real_number(2'208'988'800.5, big_endian)); // 2020, since 1950
    put(264, real_number(1.0 / 3e6, big_endian));
    put(272, number(1, 4, big_endian));
    const std::string keywords("RF_FREQ=433.92e6\0IO=X", 21);
    put(160, number(keywords.size(), 4, big_endian));
    put(164, keywords);
    return head + (detached ? "" : samples);
}

TEST(Blue, TellsAllInBothByteOrders)
{
    const TemporaryFolder folder;
    for (const char* name : { "x.prm", "x.tmp", "x.blue", "x.cdif", "x.cs8" }) {
        const Content content = open(folder, name, blue("CI", false, kPairs16));
        EXPECT_EQ(content.samples, kPairs) << name;
        EXPECT_EQ(content.info.sample_rate_hz, 3e6);
        EXPECT_EQ(content.info.center_freq_hz, 433.92e6);
        EXPECT_EQ(content.info.time_ns, 1'577'836'800'500'000'000);
    }
    const Content swapped = open(folder, "x.prm", blue("CI", true, std::string("\x40\0\x80\0\xc0\0\x20\0", 8)));
    EXPECT_EQ(swapped.samples, kPairs);
    EXPECT_EQ(swapped.info.sample_rate_hz, 3e6);
    EXPECT_EQ(open(folder, "x.prm", blue("SB", false, std::string(100, '\1'))).info.sample_count, 50u);
}

TEST(Blue, SamplesMayLieInAFileOfTheirOwn)
{
    const TemporaryFolder folder;
    write_bytes(folder / "x.det", kPairs16);
    EXPECT_EQ(open(folder, "x.prm", blue("CI", false, kPairs16, true)).samples, kPairs);
    std::filesystem::remove(folder / "x.det");
    EXPECT_EQ(error_of(folder / "x.prm"), (folder / "x.det") + ": no such file");
}

TEST(Blue, AFrequencyAmongTheExtendedKeywordsIsFound)
{
    const TemporaryFolder folder;
    std::string bytes = blue("CI", false, kPairs16 + std::string(504, '\0'));
    bytes[164] = 'X'; // the main one is another
    const auto keyword = [](const std::string& tag, char type, const std::string& value) {
        const std::size_t padding = (8 - (8 + value.size() + tag.size()) % 8) % 8;
        const std::size_t length = 8 + value.size() + tag.size() + padding;
        return number(length, 4) + number(length - value.size(), 2) + number(tag.size(), 1) + type + value + tag +
               std::string(padding, ' ');
    };
    const std::string extended = keyword("COMMENT", 'A', "nothing") + keyword("COL_RF", 'D', real_number(915e6));
    bytes.replace(24, 4, number(2, 4));
    bytes.replace(28, 4, number(extended.size(), 4));
    const RecordingInfo info = open(folder, "x.prm", bytes + extended).info;
    EXPECT_EQ(info.center_freq_hz, 915e6);
}

TEST(Blue, OtherTypesAreRefusedByName)
{
    const TemporaryFolder folder;
    write_bytes(folder / "x.prm", blue("CI", false, kPairs16, false, 2000));
    EXPECT_EQ(error_of(folder / "x.prm"),
              (folder / "x.prm") +
                  ": BLUE type that is not read: found 2000, expected 1000: samples of one signal");
    write_bytes(folder / "x.prm", blue("VX", false, kPairs16));
    EXPECT_NE(error_of(folder / "x.prm").find("found 'VX'"), std::string::npos);
}

std::string npy(const std::string& type, const std::string& shape, const std::string& data, bool fortran = false)
{
    std::string head = "{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") +
                       ", 'shape': (" + shape + "), }";
    head.resize((head.size() + 10 + 64) / 64 * 64 - 11, ' ');
    head += '\n';
    return "\x93NUMPY\x01" + std::string(1, '\0') + number(head.size(), 2) + head + data;
}

TEST(Npy, ComplexNumbersPairsAndRealOnesAreRead)
{
    const TemporaryFolder folder;
    const RawOptions rate{ {}, 1e6 };
    const std::string floats = number(0x3f000000, 4) + number(0xbf800000, 4);
    EXPECT_EQ(open(folder, "x.npy", npy("<c8", "1,", floats), rate).samples, (Samples{ { 0.5f, -1.0f } }));
    EXPECT_EQ(open(folder, "x.npy", npy("<f4", "1, 2", floats), rate).samples, (Samples{ { 0.5f, -1.0f } }));
    EXPECT_EQ(open(folder, "x.npy", npy("<c16", "1,", real_number(0.5) + real_number(-1.0)), rate).samples,
              (Samples{ { 0.5f, -1.0f } }));
    EXPECT_EQ(open(folder, "x.npy", npy("<i2", "2, 2", kPairs16), rate).samples, kPairs);
    EXPECT_EQ(open(folder, "x.npy", npy("|i1", "100,", std::string(100, '\1')), rate).info.sample_count, 50u);
    RawOptions second = rate;
    second.channel = 1;
    EXPECT_EQ(open(folder, "x.npy",
                   npy(">c8", "2, 1", std::string(8, '\0') + std::string("\x3f\0\0\0\xbf\x80\0\0", 8)), second)
                  .samples,
              (Samples{ { 0.5f, -1.0f } }));
    EXPECT_EQ(open(folder, "x_48000sps.npy", npy("<c8", "1,", floats)).info.sample_rate_hz, 48000.0);
    EXPECT_EQ(open(folder, "x.npy", npy("<c8", "9,", floats), rate).info.warnings.size(), 1u); // cut
}

TEST(Npy, OthersAreRefusedByName)
{
    const TemporaryFolder folder;
    const auto error = [&](const std::string& bytes) {
        write_bytes(folder / "x.npy", bytes);
        return error_of(folder / "x.npy", { {}, 1e6 });
    };
    EXPECT_EQ(error(npy("<f4", "2, 3, 4", std::string(96, 'x'))),
              (folder / "x.npy") +
                  ": NumPy array that is not read: found type <f4, shape (2, 3, 4), expected complex "
                  "numbers, or real ones of shape (N, 2) or (N), in C order");
    EXPECT_NE(error(npy("<c8", "2, 2", std::string(32, 'x'), true)), "");
    EXPECT_NE(error(npy("<U4", "2,", std::string(32, 'x'))), "");
    EXPECT_NE(error(npy("<c8", "0,", "")), "");
    EXPECT_NE(error(npy("<c8", "99999999999999999999,", std::string(32, 'x'))), "");
    EXPECT_EQ(error("a letter"), (folder / "x.npy") +
                                     ": not a .npy file, or its header is too long: found 0 bytes, "
                                     "expected a header of at most 4086");
}

std::string xml_headed(const std::string& container, const std::string& first, const std::string& samples,
                       const std::string& bits)
{
    std::string xml =
        R"(<?xml version="1.0" encoding="utf-8"?><SDR><Time Unit="UTC" Value="2023-09-10 05:56:52"/>)"
        R"(<Sample><Samplerate Unit="KHz" Value="2048"/><Channels Bits=")" +
        bits + R"(" Container=")" + container + R"(" Ordering="LSB"><Channel Value=")" + first +
        R"("/><Channel Value="x"/></Channels></Sample>)"
        R"(<Datablocks><Datablock Number="1" Offset="1000" Unit="Channel"><Frequency Unit="kHz" Value="202928"/>)"
        R"(</Datablock></Datablocks></SDR>)";
    xml.resize(1000, '\0');
    return xml + samples;
}

TEST(XmlHeaded, TellsAll)
{
    const TemporaryFolder folder;
    const Content content = open(folder, "rec.uff", xml_headed("int16", "I", kPairs16, "16"));
    EXPECT_EQ(content.samples, kPairs);
    EXPECT_EQ(content.info.sample_rate_hz, 2.048e6);
    EXPECT_EQ(content.info.center_freq_hz, 202.928e6);
    EXPECT_EQ(content.info.time_ns, 1'694'325'412'000'000'000);
    EXPECT_EQ(open(folder, "rec.xml", xml_headed("uint8", "I", std::string("\xff\0", 2), "8")).samples,
              (Samples{ { 1.0f, -1.0f } }));
    EXPECT_EQ(
        open(folder, "rec.uff", xml_headed("int16", "Q", number(0x0800, 2) + number(0xfc00, 2), "12")).samples,
        (Samples{ { -0.5f, 1.0f } })); // 12 bits in 16, Q first
    write_bytes(folder / "rec.uff", xml_headed("int7", "I", kPairs16, "7"));
    EXPECT_NE(error_of(folder / "rec.uff").find("found int7"), std::string::npos);
    write_bytes(folder / "rec.uff", "no header");
    EXPECT_NE(error_of(folder / "rec.uff").find("no XML header"), std::string::npos);
}

/// A header as GNU Radio 3.10's file_meta_sink writes it: PMT dictionaries in network order.
std::string meta_header(std::uint64_t bytes, int type, bool complex, std::uint64_t size, double freq,
                        double rate = 1e6, std::uint64_t time_s = 0)
{
    const auto entry = [](const std::string& key, const std::string& value) {
        return std::string("\x09\x07\x02", 3) + number(key.size(), 2, true) + key + value;
    };
    const auto whole = [](std::uint64_t value) { return "\x0b" + number(value, 8, true); };
    const auto real = [](double value) { return "\x04" + real_number(value, true); };
    const auto word = [](std::uint64_t value) { return "\x03" + number(value, 4, true); };
    const std::string extra = entry("rx_freq", real(freq)) + '\6';
    const std::string rest = entry("bytes", whole(bytes)) + entry("cplx", std::string(1, complex ? '\0' : '\1')) +
                             entry("type", word(static_cast<std::uint64_t>(type))) + entry("size", word(size)) +
                             entry("rx_time", "\x0c" + number(2, 4, true) + whole(time_s) + real(0.5)) +
                             entry("rx_rate", real(rate)) + entry("version", word(6)) + '\6';
    const std::size_t length = entry("strt", whole(0)).size() + rest.size() + extra.size();
    return entry("strt", whole(length)) + rest + extra;
}

TEST(GnuRadioMeta, SegmentsInOneFileBringTheirFrequencies)
{
    const TemporaryFolder folder;
    const std::string bytes = meta_header(4, 0, true, 2, 100e6) + numbered_bytes(2) +
                              meta_header(4, 0, true, 2, 100e6) + std::string("\2\2\3\3") +
                              meta_header(6, 0, true, 2, 200e6) + std::string("\4\4\5\5\6\6");
    const Content content = open(folder, "x.dat", bytes);
    EXPECT_EQ(places(content.samples), from(0, 7));
    EXPECT_EQ(content.info.sample_rate_hz, 1e6);
    ASSERT_EQ(content.info.captures.size(), 2u);
    EXPECT_EQ(content.info.center_freq_hz, 100e6);
    EXPECT_EQ(content.info.captures[1].sample_start, 4u);
    EXPECT_EQ(content.info.captures[1].center_freq_hz, 200e6);
    EXPECT_FALSE(content.info.time_ns.has_value()); // seconds since the start of a flowgraph
    EXPECT_TRUE(content.info.warnings.empty());

    const Content cut = open(folder, "x.dat", bytes.substr(0, bytes.size() - 3));
    EXPECT_EQ(places(cut.samples), from(0, 5));
    EXPECT_EQ(cut.info.warnings.size(), 1u);
    const Content not_closed = open(folder, "x.dat", meta_header(0, 0, true, 2, 100e6) + numbered_bytes(9));
    EXPECT_EQ(places(not_closed.samples), from(0, 9));
    const Content changed = open(folder, "x.dat",
                                 meta_header(4, 0, true, 2, 1e8) + numbered_bytes(2) +
                                     meta_header(4, 0, true, 2, 1e8, 2e6) + numbered_bytes(2));
    EXPECT_EQ(changed.info.sample_count, 2u);
    EXPECT_EQ(changed.info.warnings.size(), 1u);
    EXPECT_EQ(
        open(folder, "x.dat", meta_header(4, 0, true, 2, 1e8, 1e6, 1'700'000'000) + numbered_bytes(2)).info.time_ns,
        1'700'000'000'500'000'000);
    EXPECT_EQ(open(folder, "x.dat", meta_header(200, 1, false, 2, 1e8) + std::string(200, 'x')).info.sample_rate_hz,
              500e3); // real-valued
}

TEST(GnuRadioMeta, HeadersMayLieBeside)
{
    const TemporaryFolder folder;
    write_bytes(folder / "x.dat.hdr", meta_header(4, 0, true, 2, 100e6) + meta_header(6, 0, true, 2, 200e6));
    const Content content = open(folder, "x.dat", numbered_bytes(5));
    EXPECT_EQ(places(content.samples), from(0, 5));
    ASSERT_EQ(content.info.captures.size(), 2u);
    EXPECT_EQ(content.info.captures[1].sample_start, 2u);
    write_bytes(folder / "x.dat.hdr", "no header");
    EXPECT_EQ(error_of(folder / "x.dat"),
              (folder / "x.dat.hdr") + ": malformed GNU Radio header: expected metadata of file_meta_sink");
}

/// Packets of VITA 49 in network order.
std::string packet(std::uint64_t type, std::uint64_t count, std::uint64_t stream, const std::string& content,
                   std::uint64_t seconds)
{
    const std::uint64_t words = 5 + content.size() / 4;
    return number(type << 28 | 1 << 22 | 2 << 20 | count % 16 << 16 | words, 4, true) + number(stream, 4, true) +
           number(seconds, 4, true) + number(250'000'000'000, 8, true) + content;
}

std::string context(double rate, double freq)
{
    const auto fixed = [](double value) { return number(static_cast<std::uint64_t>(value * 1048576.0), 8, true); };
    const std::uint64_t indicator = 1u << 31 | 1u << 29 | 1u << 27 | 1u << 24 | 1u << 21 | 1u << 15;
    return number(indicator, 4, true) + fixed(rate / 2) + fixed(freq) + number(0, 4) + fixed(rate) +
           number(1u << 29 | 7 << 6 | 7, 4, true) + number(0, 4);
}

std::string numbered(int first, int count)
{
    std::string bytes;
    for (int i = first; i < first + count; ++i)
        bytes += { static_cast<char>(i), static_cast<char>(i) };
    return bytes;
}

TEST(Vita49, PacketsInAFileAreRecognizedAndTheirContextFollowed)
{
    const TemporaryFolder folder;
    std::string bytes = packet(4, 0, 7, context(1e6, 1e9), 1'700'000'000);
    for (int i = 0; i < 4; ++i)
        bytes += packet(1, static_cast<std::uint64_t>(i), 7, numbered(8 * i, 8), 1'700'000'000);
    const std::string other = packet(1, 0, 9, numbered(60, 4), 5);
    const std::string later = bytes + other + packet(4, 1, 7, context(1e6, 2e9), 1) +
                              packet(1, 4, 7, numbered(32, 8), 1'700'000'001) +
                              packet(1, 6, 7, numbered(40, 4), 1'700'000'009);
    for (const char* name : { "x.vita49", "x.difi", "x.dat", "x.cs8" }) {
        const Content content = open(folder, name, later);
        EXPECT_EQ(places(content.samples), from(0, 44)) << name;
        EXPECT_EQ(content.info.sample_rate_hz, 1e6);
        EXPECT_EQ(content.info.center_freq_hz, 1e9);
        EXPECT_EQ(content.info.time_ns, 1'700'000'000'250'000'000);
        ASSERT_EQ(content.info.captures.size(), 3u);
        EXPECT_EQ(content.info.captures[1].sample_start, 32u);
        EXPECT_EQ(content.info.captures[1].center_freq_hz, 2e9);
        EXPECT_EQ(content.info.captures[2].sample_start, 40u); // one is missing
        EXPECT_EQ(content.info.captures[2].time_ns, 1'700'000'009'250'000'000);
        EXPECT_EQ(content.info.warnings.size(), 2u); // that, and several streams
    }
    RawOptions second{ {}, 1e6, 1 };
    second.format = SampleFormat::ci8;
    EXPECT_EQ(places(open(folder, "x.difi", later, second).samples), from(60, 4));
    EXPECT_EQ(open(folder, "x.difi", later.substr(0, later.size() - 3)).info.sample_count, 40u);
    EXPECT_EQ(open(folder, "x.difi", packet(1, 0, 7, numbered(0, 8), 1), { {}, 1e6 }).info.format,
              SampleFormat::ci16_be);
    write_bytes(folder / "x.difi", "these are no packets");
    EXPECT_EQ(error_of(folder / "x.difi"),
              (folder / "x.difi") + ": no VITA 49 packets with samples: expected data packets");
}

} // namespace
} // namespace prunedamr::recording
