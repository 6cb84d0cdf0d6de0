// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/recording/recording.h"

#include "prunedamr/base/error.h"
#include "prunedamr/recording/file_name_hints.h"
#include "prunedamr/recording/recording_layout.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

namespace prunedamr::recording {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;
static_assert(kBufferBytes >= std::size_t{ 16 } * kMaxChannels, "holds a frame");

} // namespace

struct Recording::Impl {
    RecordingLayout layout;
    std::vector<std::byte> buffer = std::vector<std::byte>(kBufferBytes);
    std::uint64_t position = 0;   ///< sample that is given out next
    std::uint64_t end = 0;        ///< of those to be given out
    std::uint64_t file_place = 0; ///< sample that is read next, as the file counts
    std::size_t range = 0;        ///< that holds it
    RealToComplex analytic;

    explicit Impl(RecordingLayout of) : layout(std::move(of)), end(layout.info.sample_count) {}

    std::size_t sample_bytes() const { return static_cast<std::size_t>(bytes_per_sample(layout.info.format)); }

    void go_to(std::uint64_t place)
    {
        const auto& ranges = layout.ranges;
        const auto behind =
            std::upper_bound(ranges.begin(), ranges.end(), place,
                             [](std::uint64_t s, const SampleRange& r) { return s < r.first_sample; });
        range = static_cast<std::size_t>(behind - ranges.begin()) - 1;
        file_place = place;
    }

    /// Reads at most one buffer out of one range; 0 behind the last.
    std::size_t read_piece(std::complex<float>* samples, std::size_t count)
    {
        const SampleRange& last = layout.ranges.back();
        if (file_place >= last.first_sample + last.sample_count)
            return 0;
        while (file_place >= layout.ranges[range].first_sample + layout.ranges[range].sample_count)
            ++range;
        const SampleRange& here = layout.ranges[range];
        const std::size_t frame = sample_bytes() * static_cast<std::size_t>(layout.channels);
        const std::uint64_t left = here.first_sample + here.sample_count - file_place;
        const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>({ count, left, kBufferBytes / frame }));
        layout.bytes->read(here.file_offset + (file_place - here.first_sample) * frame, buffer.data(),
                           piece * frame);
        if (layout.channels > 1)
            pick_channel(piece, frame);
        convert(layout.info.format, buffer.data(), piece, samples);
        file_place += piece;
        if (layout.q_first)
            for (std::size_t i = 0; i < piece; ++i)
                samples[i] = { samples[i].imag(), samples[i].real() };
        if (layout.scale != 1.0f)
            for (std::size_t i = 0; i < piece; ++i)
                samples[i] *= layout.scale;
        return piece;
    }

    void pick_channel(std::size_t count, std::size_t frame)
    {
        const std::byte* from = buffer.data() + static_cast<std::size_t>(layout.channel) * sample_bytes();
        for (std::size_t i = 0; i < count; ++i)
            std::memmove(buffer.data() + i * sample_bytes(), from + i * frame, sample_bytes());
    }

    /// The same of real-valued samples; zeros stand behind their end.
    std::size_t read_real(std::complex<float>* samples, std::size_t count)
    {
        std::complex<float> scratch[512];
        std::size_t got = read_piece(scratch, std::min<std::size_t>(2 * count, 512));
        if (got == 0) {
            got = std::min<std::size_t>(2 * count, 512);
            std::fill(scratch, scratch + got, std::complex<float>());
        }
        return analytic.process(scratch, got, samples);
    }

    void seek(std::uint64_t sample)
    {
        position = sample;
        if (!is_real(layout.info.format))
            return go_to(sample);
        const std::uint64_t center = 2 * sample;
        const std::uint64_t first = center - std::min<std::uint64_t>(center, RealToComplex::kReach);
        analytic.restart(RealToComplex::kReach - static_cast<std::size_t>(center - first), sample);
        go_to(first);
    }
};

Recording::Recording(const std::string& path, const RawOptions& raw) : Recording(open_layout(path, raw)) {}
Recording::Recording(RecordingLayout layout) : impl_(std::make_unique<Impl>(std::move(layout))) {}
Recording::~Recording() = default;
Recording::Recording(Recording&&) noexcept = default;

const RecordingInfo& Recording::info() const
{
    return impl_->layout.info;
}

bool Recording::is_compressed() const
{
    return impl_->layout.bytes->is_compressed();
}

std::size_t Recording::read(std::complex<float>* samples, std::size_t count)
{
    Impl& impl = *impl_;
    const std::uint64_t left = impl.end - std::min(impl.end, impl.position);
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(count, left));
    const bool real = is_real(impl.layout.info.format);
    std::size_t done = 0;
    while (done < wanted)
        done +=
            real ? impl.read_real(samples + done, wanted - done) : impl.read_piece(samples + done, wanted - done);
    impl.position += done;
    return done;
}

void Recording::seek(std::uint64_t sample)
{
    PRUNEDAMR_CHECK(sample <= impl_->layout.info.sample_count, "seek behind the end of a recording");
    impl_->seek(sample);
}

void Recording::limit(std::uint64_t sample)
{
    PRUNEDAMR_CHECK(sample <= impl_->layout.info.sample_count, "limit behind the end of a recording");
    impl_->end = sample;
}

namespace {

/// Whether the bytes are complex float32: of other samples or text, hardly one word in two would be a level.
bool looks_like_cf32(const std::string& head)
{
    std::vector<std::complex<float>> samples(head.size() / 8);
    convert(SampleFormat::cf32_le, reinterpret_cast<const std::byte*>(head.data()), samples.size(), samples.data());
    const auto is_level = [](float x) { return x == 0.0f || (std::abs(x) > 1e-9f && std::abs(x) < 1e6f); };
    bool all_zero = true;
    for (const auto& x : samples) {
        if (!is_level(x.real()) || !is_level(x.imag()))
            return false;
        all_zero = all_zero && x == std::complex<float>();
    }
    return samples.size() >= 64 && !all_zero;
}

/// Extensions that say "samples", but not of which kind; GNU Radio writes complex float32 into most of them.
bool is_unspecific(const std::string& extension)
{
    for (const char* known : { "", ".iq", ".raw", ".bin", ".dat" })
        if (extension == known)
            return true;
    return false;
}

SampleFormat raw_format(Input& input, const RawOptions& raw, const FileNameHints& hints)
{
    if (raw.format)
        return *raw.format;
    if (hints.format)
        return *hints.format;
    const std::string ending = std::filesystem::path(input.name).extension().string();
    if (is_unspecific(ending) && looks_like_cf32(input.head)) {
        input.notes.add("the format is a guess by the contents, --format says it", "cf32_le");
        return SampleFormat::cf32_le;
    }
    throw Error({ "sample format is not known", input.path, ending.empty() ? "no extension" : ending,
                  "a format (cu8, ci8, ci16_le, cf32_le, ...), a SigMF or WAV recording, or one of the "
                  "extensions " +
                      raw_extensions() + "; options: --format, --rate" });
}

} // namespace

RecordingLayout open_raw(Input& input, const RawOptions& raw)
{
    FileNameHints hints = hints_from_file_name(input.name);
    add_companion_hints(input.name, hints);
    Header header;
    header.format = raw_format(input, raw, hints);
    // The name is a hint only: an option may say otherwise.
    header.sample_rate_hz = raw.sample_rate_hz ? 0.0 : hints.sample_rate_hz.value_or(0.0);
    header.center_freq_hz = hints.center_freq_hz;
    header.time_ns = hints.time_ns;
    header.end = input.bytes->size();
    return layout_of(header, input, raw);
}

} // namespace prunedamr::recording
