// SPDX-License-Identifier: GPL-3.0-or-later
// The first byte's lowest bit says whether the rest is a .sigmf-meta text or a tar archive.
#include "prunedamr/recording/byte_source.h"
#include "prunedamr/recording/sigmf_meta.h"
#include "tests/fuzz/recording_layout_checks.h"

#include <string>

namespace {

using namespace prunedamr;

/// So many bytes that nobody reads.
class Bytes : public recording::ByteSource
{
public:
    explicit Bytes(std::uint64_t size) : ByteSource("x"), size_(size) {}
    std::uint64_t size() const override { return size_; }
    void read(std::uint64_t, void*, std::size_t) override { std::abort(); }

private:
    std::uint64_t size_;
};

/// As if it lay beside a data set of that many bytes.
void read_meta(const std::string& text, std::uint64_t data_bytes)
{
    const auto bytes = std::make_shared<Bytes>(512 + data_bytes);
    recording::RawOptions raw;
    raw.sample_rate_hz = 1e6;
    const auto meta = recording::parse_sigmf_meta(text, "x.sigmf-meta");
    recording::parse_sigmf_meta(text, "x.sigmf-meta", true);
    try {
        fuzz::check(recording::lay_out(meta, "x.sigmf-meta", { bytes, "x", 512, data_bytes }, {}),
                    512 + data_bytes);
    } catch (const Error&) {
        fuzz::check(recording::lay_out(meta, "x.sigmf-meta", { bytes, "x", 512, data_bytes }, raw),
                    512 + data_bytes);
    }
}

void read_archive(const std::uint8_t* bytes, std::size_t size)
{
    fuzz::InputBytes file(bytes, size);
    recording::Notes notes;
    for (const auto& member : recording::read_tar(file, notes))
        fuzz::require(member.offset <= size && member.size <= size - member.offset);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    if (size == 0)
        return 0;
    try {
        if (bytes[0] & 1)
            read_meta({ reinterpret_cast<const char*>(bytes + 1), size - 1 }, std::uint64_t{ bytes[0] } << 8);
        else
            read_archive(bytes + 1, size - 1);
    } catch (const Error&) {
    }
    return 0;
}
