// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/data/recording.h"

#include "prunedamr/base/error.h"
#include "prunedamr/data/sigmf_meta.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace prunedamr::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBufferBytes = 64 << 10; // a whole number of samples in every format

struct Extension {
    const char* ending;
    SampleFormat format;
};

constexpr Extension kExtensions[] = {
    { ".cu8", SampleFormat::cu8 },      { ".cs8", SampleFormat::ci8 },      { ".ci8", SampleFormat::ci8 },
    { ".cs16", SampleFormat::ci16_le }, { ".ci16", SampleFormat::ci16_le }, { ".cf32", SampleFormat::cf32_le },
    { ".fc32", SampleFormat::cf32_le },
};

bool is_sigmf(const std::string& path)
{
    const SigmfPair pair = sigmf_pair(path);
    return path == pair.meta || path == pair.data || (!fs::is_regular_file(path) && fs::exists(pair.meta));
}

/// Size in bytes of a file that must exist and hold something.
std::uint64_t checked_size(const std::string& path)
{
    if (fs::is_directory(path))
        throw Error({ "cannot read", path, "a folder", "a recording" });
    if (!fs::exists(path))
        throw Error({ "no such file", path, "", "" });
    const auto size = fs::file_size(path);
    if (size == 0)
        throw Error({ "file is empty", path, "0 bytes", "samples" });
    return size;
}

void check_whole_samples(const std::string& path, std::uint64_t size, SampleFormat format)
{
    const auto bytes = static_cast<std::uint64_t>(bytes_per_sample(format));
    if (size % bytes != 0)
        throw Error({ "truncated recording", path, std::to_string(size) + " bytes",
                      "a multiple of " + std::to_string(bytes) + " (" + to_string(format) + ")" });
}

RecordingInfo open_sigmf(const std::string& path, const RawOptions& raw, std::string& data_path)
{
    const SigmfPair pair = sigmf_pair(path);
    if (!fs::exists(pair.meta))
        throw Error({ "no such file", pair.meta, "", "the metadata beside " + pair.data });
    if (!fs::exists(pair.data))
        throw Error({ "no such file", pair.data, "", "the samples beside " + pair.meta });
    data_path = pair.data;
    const std::uint64_t size = checked_size(pair.data);
    RecordingInfo info = read_sigmf_meta(pair.meta, size);
    check_whole_samples(pair.data, size, info.format);
    if (raw.format && *raw.format != info.format)
        throw Error(
            { "format contradicts the metadata", pair.meta, to_string(*raw.format), to_string(info.format) });
    if (raw.sample_rate_hz && *raw.sample_rate_hz != info.sample_rate_hz)
        throw Error({ "sample rate contradicts the metadata", pair.meta,
                      nlohmann::json(*raw.sample_rate_hz).dump() + " Hz",
                      nlohmann::json(info.sample_rate_hz).dump() + " Hz" });
    return info;
}

SampleFormat raw_format(const std::string& path, const RawOptions& raw)
{
    if (raw.format)
        return *raw.format;
    const std::string ending = fs::path(path).extension().string();
    for (const auto& row : kExtensions)
        if (ending == row.ending)
            return row.format;
    throw Error(
        { "sample format is not known", path, ending.empty() ? "no extension" : ending,
          "a format (cu8, ci8, ci16_le, cf32_le, ...), a SigMF recording, or one of the extensions .cu8 .cs8 "
          ".ci8 .cs16 .ci16 .cf32 .fc32" });
}

RecordingInfo raw_info(const std::string& path, const RawOptions& raw)
{
    RecordingInfo info;
    info.format = raw_format(path, raw);
    if (!raw.sample_rate_hz)
        throw Error({ "sample rate is not known", path, "", "a sample rate in Hz" });
    if (!(std::isfinite(*raw.sample_rate_hz) && *raw.sample_rate_hz > 0.0))
        throw Error({ "bad sample rate", path, nlohmann::json(*raw.sample_rate_hz).dump(), "above 0 Hz" });
    info.sample_rate_hz = *raw.sample_rate_hz;
    return info;
}

} // namespace

struct Recording::Impl {
    std::string path;
    RecordingInfo info;
    int file = -1;
    std::vector<std::byte> buffer = std::vector<std::byte>(kBufferBytes);
    std::size_t begin = 0; ///< unread bytes are buffer[begin, end)
    std::size_t end = 0;

    ~Impl()
    {
        if (file >= 0)
            close(file);
    }

    void open_file()
    {
        file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0)
            throw Error({ "cannot open", path, std::strerror(errno), "a readable file" });
    }

    /// Moves what is left to the front and reads once; false at the end of the input.
    bool fill()
    {
        std::memmove(buffer.data(), buffer.data() + begin, end - begin);
        end -= begin;
        begin = 0;
        ssize_t got;
        do
            got = ::read(file, buffer.data() + end, buffer.size() - end);
        while (got < 0 && errno == EINTR);
        if (got < 0)
            throw Error({ "cannot read", path, std::strerror(errno), "" });
        end += static_cast<std::size_t>(got);
        return got > 0;
    }
};

Recording::Recording(const std::string& path, const RawOptions& raw) : impl_(std::make_unique<Impl>())
{
    impl_->path = path;
    if (is_sigmf(path)) {
        impl_->info = open_sigmf(path, raw, impl_->path);
    } else {
        if (fs::path(path).extension() == ".sigmf")
            throw Error({ "SigMF archives are not read", path, "", "its unpacked .sigmf-meta and .sigmf-data" });
        const std::uint64_t size = checked_size(path);
        impl_->info = raw_info(path, raw);
        check_whole_samples(path, size, impl_->info.format);
        impl_->info.sample_count = size / static_cast<std::uint64_t>(bytes_per_sample(impl_->info.format));
    }
    impl_->open_file();
}

Recording::~Recording() = default;
Recording::Recording(Recording&&) noexcept = default;

const RecordingInfo& Recording::info() const
{
    return impl_->info;
}

std::size_t Recording::read(std::complex<float>* samples, std::size_t count)
{
    Impl& in = *impl_;
    const auto bytes = static_cast<std::size_t>(bytes_per_sample(in.info.format));
    std::size_t done = 0;
    while (done < count) {
        if (in.end - in.begin < bytes && !in.fill()) {
            if (in.end != in.begin)
                throw Error({ "truncated recording: the last sample is not whole", in.path,
                              std::to_string(in.end - in.begin) + " bytes left",
                              std::to_string(bytes) + " bytes per sample" });
            break;
        }
        const std::size_t ready = std::min(count - done, (in.end - in.begin) / bytes);
        convert(in.info.format, in.buffer.data() + in.begin, ready, samples + done);
        in.begin += ready * bytes;
        done += ready;
    }
    return done;
}

} // namespace prunedamr::data
