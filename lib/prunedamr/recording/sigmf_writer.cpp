// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/recording/sigmf_writer.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/checksum.h"
#include "prunedamr/base/error.h"
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
constexpr double kMaxRateHz = 1e12; ///< of SigMF's schema, which has 1 as the least

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

/// Metadata of the recording itself; empty for raw samples.
std::string own_meta(const Annotating& annotating)
{
    const SigmfPair pair = sigmf_pair(annotating.recording);
    return fs::exists(pair.meta) ? pair.meta : std::string();
}

fs::path folder_of(const std::string& file)
{
    return fs::weakly_canonical(fs::absolute(file)).parent_path();
}

/// The metadata to which annotations are added, and how the file counts its first sample.
json base_of(const Annotating& annotating, const SigmfPair& target, std::uint64_t& first_sample)
{
    const std::string meta = own_meta(annotating);
    first_sample = 0;
    if (meta.empty()) {
        RecordingInfo info = annotating.info;
        info.annotations.clear();
        json made = json::parse(sigmf_meta_text(info, ""));
        made["global"]["core:dataset"] = fs::path(annotating.recording).filename().string();
        return made;
    }
    json base = json::parse(read_file(meta, kMaxSigmfMetaBytes), nullptr, false);
    if (!base.is_object() || !base.contains("global"))
        throw Error({ "not SigMF metadata", meta, "", "what was read before" });
    first_sample = base["global"].value("core:offset", std::uint64_t{ 0 });
    if (fs::weakly_canonical(meta) != fs::weakly_canonical(target.meta) && !base["global"].contains("core:dataset"))
        base["global"]["core:dataset"] = fs::path(sigmf_pair(meta).data).filename().string();
    return base;
}

} // namespace

void check(const Annotating& annotating)
{
    const std::string meta = own_meta(annotating);
    const std::string ending = fs::path(annotating.recording).extension();
    if (meta.empty() &&
        (ending == ".sigmf" || ending == ".wav" || annotating.recording.find('#') != std::string::npos))
        throw Error({ "annotations cannot be written for samples in an archive or WAV", annotating.recording,
                      ending, "SigMF in two files, or raw samples" });
    const SigmfPair target = sigmf_pair(annotating.path);
    if (folder_of(target.meta) != folder_of(annotating.recording))
        throw Error({ "annotations must be written where the samples are", target.meta,
                      folder_of(target.meta).string(), folder_of(annotating.recording).string() });
    if (fs::exists(target.data) &&
        fs::weakly_canonical(target.data) !=
            fs::weakly_canonical(meta.empty() ? annotating.recording : sigmf_pair(meta).data))
        throw Error({ "another recording has this name", target.data, "", "a name of its own" });
    check_writable(target.meta);
}

void annotate(const Annotating& annotating, const std::vector<Annotation>& annotations,
              const std::string& generator)
{
    check(annotating);
    const SigmfPair target = sigmf_pair(annotating.path);
    std::uint64_t first_sample = 0;
    json meta = base_of(annotating, target, first_sample);
    json kept = json::array();
    for (const json& entry : meta.value("annotations", json::array())) {
        const json who = entry.is_object() ? entry.value("core:generator", json()) : json();
        if (!who.is_string() || who.get<std::string>().rfind(generator, 0) != 0)
            kept.push_back(entry);
    }
    for (Annotation annotation : annotations) {
        annotation.sample_start += first_sample;
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
