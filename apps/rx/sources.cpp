// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/rx/sources.h"
#include "apps/common/cli.h"
#include "apps/rx/stdin_reader.h"
#include "apps/rx/zmq_reader.h"

#include "prunedamr/base/error.h"
#include "prunedamr/data/recording/recording.h"

#include <gnuradio/soapy/source.h>

namespace prunedamr::rx {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

/// What changes at the recording's later captures, as a receiver's driver would say it. A frequency given by
/// option holds for all of them.
std::vector<gr::tag_t> capture_tags(const data::RecordingInfo& info, bool frequency_is_given)
{
    std::vector<gr::tag_t> tags;
    const auto add = [&tags](std::uint64_t sample, const char* key, const pmt::pmt_t& value) {
        gr::tag_t tag;
        tag.offset = sample;
        tag.key = pmt::mp(key);
        tag.value = value;
        tags.push_back(tag);
    };
    for (const auto& capture : info.captures) {
        if (capture.sample_start == 0)
            continue;
        if (capture.center_freq_hz && !frequency_is_given)
            add(capture.sample_start, "rx_freq", pmt::from_double(*capture.center_freq_hz));
        if (capture.time_ns && *capture.time_ns >= 0)
            add(capture.sample_start, "rx_time",
                pmt::make_tuple(pmt::from_uint64(static_cast<std::uint64_t>(*capture.time_ns / kNsPerSecond)),
                                pmt::from_double(static_cast<double>(*capture.time_ns % kNsPerSecond) / 1e9)));
    }
    return tags;
}

Source make_file(const SourceOptions& options)
{
    const auto recording = std::make_shared<data::Recording>(options.address, options.raw);
    cli::warn(recording->info().warnings);
    Source source;
    source.samples = sample_source::make(
        [recording](gr_complex* samples, int count) {
            const auto read = recording->read(samples, static_cast<std::size_t>(count));
            return read == 0 ? sample_source::kEnd : static_cast<int>(read);
        },
        capture_tags(recording->info(), options.center_freq_hz.has_value()));
    source.block = source.samples;
    source.sample_rate_hz = recording->info().sample_rate_hz;
    source.center_freq_hz = options.center_freq_hz.value_or(recording->info().center_freq_hz);
    source.recording = recording->info();
    // A file without a date starts at 1970, so that reading it twice gives the same labels.
    source.time_ns = recording->info().time_ns.value_or(0);
    return source;
}

Source make_stdin(const SourceOptions& options)
{
    const auto reader = std::make_shared<StdinReader>(options.raw.format.value());
    Source source;
    source.samples = sample_source::make([reader](gr_complex* samples, int count) {
        const auto read = reader->read(samples, static_cast<std::size_t>(count));
        return read ? static_cast<int>(*read) : sample_source::kEnd;
    });
    source.block = source.samples;
    source.sample_rate_hz = options.raw.sample_rate_hz.value();
    source.center_freq_hz = options.center_freq_hz.value_or(0.0);
    return source;
}

Source make_zmq(const SourceOptions& options)
{
    const auto reader = std::make_shared<ZmqReader>(options.address);
    Source source;
    source.samples = sample_source::make([reader](gr_complex* samples, int count) {
        return static_cast<int>(reader->read(samples, static_cast<std::size_t>(count)));
    });
    source.block = source.samples;
    source.sample_rate_hz = options.raw.sample_rate_hz.value();
    source.center_freq_hz = options.center_freq_hz.value_or(0.0);
    source.live = true;
    return source;
}

Source make_soapy(const SourceOptions& options)
{
    Source source;
    try {
        const auto receiver = gr::soapy::source::make(options.address, "fc32", 1);
        receiver->set_sample_rate(0, options.raw.sample_rate_hz.value());
        receiver->set_frequency(0, options.center_freq_hz.value());
        if (options.gain_db)
            receiver->set_gain(0, *options.gain_db);
        else if (receiver->has_gain_mode(0))
            receiver->set_gain_mode(0, true);
        source.sample_rate_hz = receiver->get_sample_rate(0);
        source.center_freq_hz = receiver->get_frequency(0);
        source.block = receiver;
    } catch (const std::exception& fault) {
        throw Error{ { "cannot use this receiver", "soapy:" + options.address, fault.what(), "" } };
    }
    source.live = true;
    return source;
}

} // namespace

Source make_source(const SourceOptions& options)
{
    switch (options.kind) {
    case SourceKind::file:
        return make_file(options);
    case SourceKind::standard_input:
        return make_stdin(options);
    case SourceKind::soapy:
        return make_soapy(options);
    case SourceKind::zmq:
        return make_zmq(options);
    }
    PRUNEDAMR_CHECK(false, "unknown source kind");
    return {};
}

} // namespace prunedamr::rx
