// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/recording/recording_testing.h"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

namespace prunedamr::recording {
namespace {

Samples samples_of(const TemporaryFolder& folder, const std::string& name, const std::string& bytes)
{
    write_bytes(folder / name, bytes);
    Recording recording(folder / name, { {}, 1e6 });
    return read_all(recording);
}

std::string compressed(const std::string& kind, const std::string& text)
{
    std::string out(text.size() + 1000, '\0');
    if (kind == "gz") {
        z_stream stream{};
        deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
        stream.avail_in = static_cast<uInt>(text.size());
        stream.next_out = reinterpret_cast<Bytef*>(out.data());
        stream.avail_out = static_cast<uInt>(out.size());
        deflate(&stream, Z_FINISH);
        out.resize(stream.total_out);
        deflateEnd(&stream);
    } else if (kind == "bz2") {
        auto size = static_cast<unsigned>(out.size());
        BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char*>(text.data()),
                                 static_cast<unsigned>(text.size()), 1, 0, 0);
        out.resize(size);
    } else if (kind == "xz") {
        std::size_t size = 0;
        lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()),
                                text.size(), reinterpret_cast<std::uint8_t*>(out.data()), &size, out.size());
        out.resize(size);
    } else {
        out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 1));
    }
    return out;
}

std::string noise(std::size_t bytes)
{
    std::string text;
    std::uint32_t state = 1;
    for (std::size_t i = 0; i < bytes; ++i)
        text.push_back(static_cast<char>((state = state * 1664525 + 1013904223) >> 24));
    return text;
}

TEST(Compressed, AnyKindAroundAnyContainerIsReadFromAnyPlace)
{
    const TemporaryFolder folder;
    const std::string raw = noise(300'001) + std::string(50'000, '\3');
    const Samples plain = samples_of(folder, "x.cs8", raw);
    for (const std::string kind : { "gz", "bz2", "xz", "zst" }) {
        SCOPED_TRACE(kind);
        const std::string path = folder / ("x.cs8." + kind);
        write_bytes(path, compressed(kind, raw.substr(0, 100'000)) +
                              compressed(kind, raw.substr(100'000))); // in two parts
        Recording recording(path, { {}, 1e6 });
        EXPECT_EQ(recording.info().sample_count, plain.size());
        EXPECT_EQ(recording.info().warnings.size(), 1u); // the odd byte
        EXPECT_EQ(read_all(recording), plain);
        for (const std::ptrdiff_t start : { 150'000, 7, 60'000 }) {
            recording.seek(static_cast<std::uint64_t>(start));
            Samples part(100);
            recording.read(part.data(), part.size());
            EXPECT_EQ(part, Samples(plain.begin() + start, plain.begin() + start + 100));
        }
        const std::string wav =
            std::string("RIFF\0\0\0\0WAVEfmt \x10\0\0\0\1\0\2\0\x40\x42\x0f\0\0\0\0\0\2\0\x08\0data\0\0\0\0", 44);
        EXPECT_EQ(samples_of(folder, "noname", compressed(kind, wav + "\xff\xff")), (Samples{ { 1.0f, 1.0f } }));
    }
}

TEST(Compressed, OneThatIsCutOrDamagedGivesWhatComesBefore)
{
    const TemporaryFolder folder;
    const std::string raw = noise(2'000'000);
    const Samples plain = samples_of(folder, "x.cs8", raw);
    for (const std::string kind : { "gz", "bz2", "xz", "zst" }) {
        SCOPED_TRACE(kind);
        const std::string good = compressed(kind, raw);
        const Samples cut = samples_of(folder, "x.cs8." + kind, good.substr(0, good.size() - 900'000));
        EXPECT_GT(cut.size(), 400'000u);
        EXPECT_TRUE(std::equal(cut.begin(), cut.end(), plain.begin()));
        const RecordingInfo info = Recording(folder / ("x.cs8." + kind), { {}, 1e6 }).info();
        EXPECT_NE(info.warnings.at(0).find("cut short or damaged"), std::string::npos);
        write_bytes(folder / ("x.cs8." + kind), good.substr(0, 12));
        EXPECT_NE(error_of(folder / ("x.cs8." + kind), { {}, 1e6 }), "");
    }
}

TEST(Compressed, SigmfDataAndArchivesMayBe)
{
    const TemporaryFolder folder;
    write_bytes(folder / "x.sigmf-meta", plain_meta("ci8").dump());
    write_bytes(folder / "x.sigmf-data.zst", compressed("zst", numbered_bytes(100)));
    for (const char* name : { "x", "x.sigmf-meta", "x.sigmf-data", "x.sigmf-data.zst" }) {
        Recording recording(folder / name, {});
        EXPECT_EQ(places(read_all(recording)), from(0, 100)) << name;
    }
}

} // namespace
} // namespace prunedamr::recording
