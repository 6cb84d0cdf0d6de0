// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/recording/sigmf_writer.h"

#include "prunedamr/base/checksum.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/recording/sigmf_meta.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace prunedamr::recording {
namespace {

constexpr std::size_t kBufferSamples = 8192;
constexpr double kMaxRateHz = 1e12; ///< of SigMF's schema, which has 1 as the smallest

template <typename Word> unsigned char* put_le(unsigned char* to, Word value)
{
    for (std::size_t i = 0; i < sizeof value; ++i)
        *to++ = static_cast<unsigned char>(value >> 8 * i);
    return to;
}

unsigned char* put_i16(unsigned char* to, float x)
{
    const float scaled = std::isnan(x) ? 0.0f : std::clamp(std::round(x * 32768.0f), -32768.0f, 32767.0f);
    return put_le(to, static_cast<std::uint16_t>(static_cast<std::int16_t>(scaled)));
}

unsigned char* put_f32(unsigned char* to, float x)
{
    std::uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return put_le(to, bits);
}

void check_inside(const std::string& meta, const char* kind, std::uint64_t start, std::uint64_t count,
                  std::uint64_t samples)
{
    if (start > samples || count > samples - start)
        throw Error({ std::string(kind) + " reaches behind the samples", meta,
                      std::to_string(start) + " + " + std::to_string(count),
                      "at most " + std::to_string(samples) + " samples" });
}

template <typename Entries> void sort_by_start(Entries& entries)
{
    std::stable_sort(entries.begin(), entries.end(),
                     [](const auto& a, const auto& b) { return a.sample_start < b.sample_start; });
}

} // namespace

struct SigmfWriter::Impl {
    SigmfPair pair;
    RecordingInfo info;
    AtomicFile data;
    std::ofstream stream;
    Sha512 sum;
    std::vector<unsigned char> buffer = std::vector<unsigned char>(kBufferSamples * 8);

    Impl(const std::string& path, const RecordingInfo& stated)
        : pair(sigmf_pair(path)), info(stated), data(pair.data)
    {
        info.sample_count = 0;
        if (info.format != SampleFormat::cf32_le && info.format != SampleFormat::ci16_le)
            throw Error(
                { "cannot write this sample format", pair.data, to_string(info.format), "cf32_le or ci16_le" });
        if (!(info.sample_rate_hz >= 1.0 && info.sample_rate_hz <= kMaxRateHz))
            throw Error({ "bad sample rate", pair.meta, nlohmann::json(info.sample_rate_hz).dump(), "1..1e12 Hz" });
        check_writable(pair.meta);
        stream.open(data.temporary(), std::ios::binary);
        check_stream();
    }

    void check_stream() const
    {
        if (!stream)
            throw SystemError("cannot write", pair.data, errno);
    }

    void write_piece(const std::complex<float>* samples, std::size_t count)
    {
        const auto put = info.format == SampleFormat::cf32_le ? put_f32 : put_i16;
        unsigned char* end = buffer.data();
        for (std::size_t i = 0; i < count; ++i)
            end = put(put(end, samples[i].real()), samples[i].imag());
        const auto bytes = static_cast<std::size_t>(end - buffer.data());
        stream.write(reinterpret_cast<const char*>(buffer.data()), static_cast<std::streamsize>(bytes));
        check_stream();
        sum.add(buffer.data(), bytes);
        info.sample_count += count;
    }

    void order_and_check()
    {
        sort_by_start(info.annotations);
        sort_by_start(info.captures);
        for (const auto& capture : info.captures)
            check_inside(pair.meta, "capture", capture.sample_start, 0, info.sample_count);
        for (const auto& annotation : info.annotations)
            check_inside(pair.meta, "annotation", annotation.sample_start, annotation.sample_count,
                         info.sample_count);
    }
};

SigmfWriter::SigmfWriter(const std::string& path, const RecordingInfo& info)
    : impl_(std::make_unique<Impl>(path, info))
{
}
SigmfWriter::~SigmfWriter() = default;
SigmfWriter::SigmfWriter(SigmfWriter&&) noexcept = default;

void SigmfWriter::append(const std::complex<float>* samples, std::size_t count)
{
    for (std::size_t done = 0; done < count; done += std::min(kBufferSamples, count - done))
        impl_->write_piece(samples + done, std::min(kBufferSamples, count - done));
}

void SigmfWriter::add(const Capture& capture)
{
    auto& captures = impl_->info.captures;
    const auto same = std::find_if(captures.begin(), captures.end(),
                                   [&](const Capture& c) { return c.sample_start == capture.sample_start; });
    if (same == captures.end())
        captures.push_back(capture);
    else
        *same = capture;
}

void SigmfWriter::add(const Annotation& annotation)
{
    impl_->info.annotations.push_back(annotation);
}

std::uint64_t SigmfWriter::sample_count() const
{
    return impl_->info.sample_count;
}

void SigmfWriter::finish()
{
    Impl& out = *impl_;
    out.order_and_check();
    out.stream.close();
    out.check_stream();
    AtomicFile meta(out.pair.meta);
    std::ofstream text(meta.temporary(), std::ios::binary);
    text << sigmf_meta_text(out.info, out.sum.hex());
    text.close();
    if (!text)
        throw SystemError("cannot write", out.pair.meta, errno);
    out.data.commit(); // side by side, so that a crash leaves old or new, with the shortest time between
    meta.commit();
}

void write_sigmf(const std::string& path, const RecordingInfo& info,
                 const std::vector<std::complex<float>>& samples)
{
    SigmfWriter writer(path, info);
    writer.append(samples.data(), samples.size());
    writer.finish();
}

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Metadata of the recording itself; empty for other containers and raw samples.
std::string own_meta(const Annotating& annotating)
{
    const SigmfPair pair = sigmf_pair(annotating.recording);
    return fs::exists(pair.meta) ? pair.meta : std::string();
}

fs::path folder_of(const std::string& file)
{
    return fs::weakly_canonical(fs::absolute(file)).parent_path();
}

RecordingLayout layout_of(const Annotating& annotating)
{
    RawOptions raw = annotating.raw;
    raw.skip_annotations = true;
    raw.check_sha512 = false;
    return open_layout(annotating.recording, raw);
}

std::uint64_t frame_bytes(const RecordingLayout& layout)
{
    return static_cast<std::uint64_t>(bytes_per_sample(layout.info.format)) *
           static_cast<std::uint64_t>(layout.channels);
}

/// Captures of the layout, in samples of the file, and one where samples go on behind other bytes.
json captures_of(const RecordingLayout& layout)
{
    const bool real = is_real(layout.info.format);
    json captures = json::array();
    auto next = layout.info.captures.begin();
    std::uint64_t place = 0; // behind the samples so far
    for (const SampleRange& range : layout.ranges) {
        const std::uint64_t end = range.first_sample + range.sample_count;
        bool is_first = true;
        while (is_first || (next != layout.info.captures.end() && next->sample_start * (real ? 2 : 1) < end)) {
            Capture capture;
            capture.sample_start = range.first_sample;
            if (next != layout.info.captures.end() &&
                (next->sample_start * (real ? 2 : 1) <= range.first_sample || !is_first)) {
                capture = *next++;
                capture.sample_start *= real ? 2 : 1;
                if (real && capture.center_freq_hz) // that of 0 Hz of the file's samples
                    *capture.center_freq_hz -= layout.info.sample_rate_hz / 2.0;
            } else if (!captures.empty() && captures.back().contains("core:frequency")) {
                capture.center_freq_hz = captures.back()["core:frequency"].get<double>();
            }
            json entry = capture_json(capture);
            if (is_first && range.file_offset > place)
                entry["core:header_bytes"] = range.file_offset - place;
            captures.push_back(std::move(entry));
            is_first = false;
        }
        place = range.file_offset + range.sample_count * frame_bytes(layout);
    }
    return captures;
}

/// Metadata for a file that has none: where its samples lie, and what else is known.
json made_meta(const RecordingLayout& layout)
{
    RecordingInfo info = layout.info;
    info.annotations.clear();
    info.sample_rate_hz *= is_real(info.format) ? 2.0 : 1.0;
    json made = json::parse(sigmf_meta_text(info, ""));
    json& global = made["global"];
    global["core:dataset"] = fs::path(layout.bytes->path()).filename().string();
    global["core:num_channels"] = layout.channels;
    const SampleRange& last = layout.ranges.back();
    const std::uint64_t end = last.file_offset + last.sample_count * frame_bytes(layout);
    if (end < layout.bytes->size())
        global["core:trailing_bytes"] = layout.bytes->size() - end;
    made["captures"] = captures_of(layout);
    return made;
}

/// The metadata to which annotations are added, and how the file counts its first sample.
json base_of(const Annotating& annotating, const SigmfPair& target, const RecordingLayout& layout,
             std::uint64_t& first_sample)
{
    const std::string meta = own_meta(annotating);
    first_sample = 0;
    if (meta.empty())
        return made_meta(layout);
    Notes said_before;
    json base = parse_sigmf_json(read_file(meta, kMaxSigmfMetaBytes), meta, said_before);
    if (!base.contains("global") || !base["global"].is_object())
        throw Error({ "not SigMF metadata", meta, "", "what was read before" });
    const json offset = base["global"].value("core:offset", json());
    first_sample = offset.is_number_unsigned() ? offset.get<std::uint64_t>() : 0;
    if (fs::weakly_canonical(meta) != fs::weakly_canonical(target.meta) && !base["global"].contains("core:dataset"))
        base["global"]["core:dataset"] = fs::path(sigmf_pair(meta).data).filename().string();
    return base;
}

void check_can_be_named(const Annotating& annotating, const RecordingLayout& layout)
{
    const std::string ending = fs::path(without_compression(annotating.recording)).extension();
    const bool archive = ending == kSigmfArchiveEnding || ending == ".tar" ||
                         (!fs::exists(annotating.recording) && annotating.recording.find('#') != std::string::npos);
    const bool no_name = layout.scale != 1.0f || layout.q_first ||
                         std::string(to_string(layout.info.format)).find("24") != std::string::npos;
    if (archive || layout.bytes->is_compressed() || no_name)
        throw Error({ "annotations cannot be written for these samples", annotating.recording,
                      archive   ? "an archive"
                      : no_name ? "samples of 24 bits, or with Q first"
                                : "a compressed file",
                      "a file whose samples SigMF metadata can name" });
}

} // namespace

void check(const Annotating& annotating)
{
    const std::string meta = own_meta(annotating);
    std::string data = meta.empty() ? annotating.recording : sigmf_pair(meta).data;
    if (meta.empty()) {
        const RecordingLayout layout = layout_of(annotating);
        check_can_be_named(annotating, layout);
        data = layout.bytes->path();
    }
    const SigmfPair target = sigmf_pair(annotating.path);
    if (folder_of(target.meta) != folder_of(data))
        throw Error({ "annotations must be written where the samples are", target.meta,
                      folder_of(target.meta).string(), folder_of(data).string() });
    if (fs::exists(target.data) && fs::weakly_canonical(target.data) != fs::weakly_canonical(data))
        throw Error({ "another recording has this name", target.data, "", "a name of its own" });
    check_writable(target.meta);
}

void annotate(const Annotating& annotating, const std::vector<Annotation>& annotations,
              const std::string& generator)
{
    check(annotating);
    const SigmfPair target = sigmf_pair(annotating.path);
    const RecordingLayout layout = layout_of(annotating);
    const std::uint64_t step = is_real(layout.info.format) ? 2 : 1; // samples of the file for one of ours
    std::uint64_t first_sample = 0;
    json meta = base_of(annotating, target, layout, first_sample);
    json kept = json::array();
    for (const json& entry : meta.value("annotations", json::array())) {
        const json who = entry.is_object() ? entry.value("core:generator", json()) : json();
        if (!who.is_string() || who.get<std::string>().rfind(generator, 0) != 0)
            kept.push_back(entry);
    }
    for (Annotation annotation : annotations) {
        annotation.sample_start = annotation.sample_start * step + first_sample;
        annotation.sample_count *= step;
        kept.push_back(annotation_json(annotation));
    }
    const auto start = [](const json& entry) {
        const json found = entry.is_object() ? entry.value("core:sample_start", json()) : json();
        return found.is_number_unsigned() ? found.get<std::uint64_t>() : 0;
    };
    std::stable_sort(kept.begin(), kept.end(), [&](const json& a, const json& b) { return start(a) < start(b); });
    meta["annotations"] = std::move(kept);
    write_text_atomically(target.meta, meta.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

} // namespace prunedamr::recording
