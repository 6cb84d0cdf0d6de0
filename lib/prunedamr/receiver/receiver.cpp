// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/receiver.h"
#include "prunedamr/base/stage_times.h"
#include "prunedamr/base/time.h"

#include "prunedamr/receiver/reader.h"
#include "prunedamr/stream/model.h"
#include "prunedamr/stream/signal_classifier.h"
#include "prunedamr/stream/wideband_scanner.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <future>
#include <utility>

namespace prunedamr::receiver {
namespace {

constexpr std::size_t kBlockSamples = 8192; ///< 64 KiB, which stay in the cache between the two threads
constexpr std::size_t kBlocks = 8;          ///< for a source that can wait
constexpr double kShortestBlockS = 0.005;   ///< of those that wait in the ring, as `Reader` makes them
constexpr double kSpareRoom = 1.2; ///< in the ring of a live source, of the lag that its classifier may have

std::size_t block_count(const SourceInfo& source)
{
    if (!source.live && !source.realtime)
        return kBlocks;
    const double lag_s = kSpareRoom * stream::default_max_lag_s(source.sample_rate_hz);
    const double full = lag_s * source.sample_rate_hz / kBlockSamples;
    return static_cast<std::size_t>(std::ceil(std::max(full, lag_s / kShortestBlockS))) + 2;
}

stream::ClassifierConfig stream_config(const ReceiverConfig& config, const SourceInfo& source)
{
    stream::ClassifierConfig result;
    result.source = config.name;
    result.sample_rate_hz = source.sample_rate_hz;
    result.center_freq_hz = source.center_freq_hz;
    result.min_confidence = config.min_confidence;
    result.live = source.live;
    stream::check(result); // first, so that a bad rate is not taken for a bad interval
    result.interval_s = config.interval_s;
    result.measure = config.measure;
    result.evidence = config.evidence;
    result.decisions = config.decisions;
    return result;
}

stream::ModelConfig model_config(const ReceiverConfig& config)
{
    stream::ModelConfig result;
    result.backend = config.backend;
    result.max_latency_us = config.max_latency_us;
    return result;
}

/// Without a model, that of `config` is opened once the rest of it has been checked.
std::unique_ptr<stream::StreamClassifier> make_classifier(std::optional<stream::Model> given,
                                                          const ReceiverConfig& config, const SourceInfo& source,
                                                          stream::EventHandler handler)
{
    const stream::ClassifierConfig stream = stream_config(config, source);
    stream::Model model = given ? std::move(*given) : stream::open_model(config.model, model_config(config));
    if (config.single)
        return std::make_unique<stream::SignalClassifier>(std::move(model), stream, std::move(handler));
    return std::make_unique<stream::WidebandScanner>(std::move(model), stream, std::move(handler));
}

} // namespace

namespace {

/// What the reading thread works with, and keeps should it be abandoned.
struct Input {
    Input(std::unique_ptr<Source> wanted, SystemClock clock, NoticeHandler notice)
        : source(std::move(wanted)), ring(block_count(source->info()), kBlockSamples),
          reader(*source, ring, std::move(clock), std::move(notice))
    {
    }

    const std::unique_ptr<Source> source;
    BlockRing ring;
    Reader reader;
};

} // namespace

struct Receiver::Impl {
    Impl(std::unique_ptr<Source> wanted, std::optional<stream::Model> model, const ReceiverConfig& config,
         stream::EventHandler handler, SystemClock clock)
        : info(wanted->info()), models(model_config(config)), now_tuned_hz(info.center_freq_hz),
          classifier(make_classifier(std::move(model), config, info, std::move(handler))),
          input(std::make_shared<Input>(std::move(wanted), std::move(clock), config.on_notice))
    {
        input->reader.set_taps(config.samples);
    }

    /// Of the classifying thread: block after block, to the last.
    void classify() noexcept
    {
        for (bool last = false; !last;) {
            Block& block = input->ring.take();
            const StageTimer timer(Stage::stream);
            begin(block);
            classifier->process(block.samples, block.count);
            samples += block.count;
            last = block.is_last;
            input->ring.release(block);
        }
        classifier->flush();
    }

    /// What holds from the block's first sample on. No label is made of samples from both sides of a gap or a
    /// retune.
    void begin(const Block& block) noexcept
    {
        if (block.center_freq_hz && block.center_freq_hz != tuned_hz && !block.visit)
            classifier->flush();
        else if (block.after_gap || block.overflows > 0 || block.visit)
            classifier->cut();
        for (std::uint64_t i = 0; i < block.overflows; ++i)
            classifier->count_overflow();
        if (block.center_freq_hz) {
            tuned_hz = block.center_freq_hz;
            classifier->set_center_freq_hz(*tuned_hz);
            now_tuned_hz = *tuned_hz;
        }
        if (block.visit)
            classifier->set_visit(*block.visit);
        if (block.time)
            classifier->set_time(samples, block.time->time_ns, block.time->source);
    }

    const SourceInfo info; ///< the source's own is of the reading thread once that runs
    const stream::ModelConfig models;
    std::atomic<double> now_tuned_hz;
    const std::unique_ptr<stream::StreamClassifier> classifier;
    const std::shared_ptr<Input> input;
    bool abandoned = false;
    std::optional<std::string> fault; ///< of an abandoned source
    std::uint64_t samples = 0;
    std::optional<double> tuned_hz; ///< of the last change while samples flowed
    std::future<void> end;          ///< of the classifying thread
};

Receiver::Receiver(std::unique_ptr<Source> source, const ReceiverConfig& config, stream::EventHandler handler,
                   std::function<std::int64_t()> system_time_ns)
    : impl_(std::make_unique<Impl>(std::move(source), std::nullopt, config, std::move(handler),
                                   system_time_ns ? std::move(system_time_ns) : prunedamr::system_time_ns))
{
}

Receiver::Receiver(std::unique_ptr<Source> source, stream::Model model, const ReceiverConfig& config,
                   stream::EventHandler handler, std::function<std::int64_t()> system_time_ns)
    : impl_(std::make_unique<Impl>(std::move(source), std::move(model), config, std::move(handler),
                                   system_time_ns ? std::move(system_time_ns) : prunedamr::system_time_ns))
{
}

Receiver::~Receiver()
{
    stop();
    if (impl_->end.valid())
        impl_->end.wait();
    if (!impl_->abandoned)
        impl_->input->reader.join(); // before it is the last to keep what it uses
}

const SourceInfo& Receiver::source() const noexcept
{
    return impl_->info;
}

void Receiver::start()
{
    impl_->end = std::async(std::launch::async, [impl = impl_.get()] { impl->classify(); });
    impl_->input->reader.start(impl_->input);
}

void Receiver::stop() noexcept
{
    impl_->input->reader.stop();
}

bool Receiver::abandon(std::optional<std::string> fault)
{
    if (impl_->abandoned || !impl_->input->reader.abandon())
        return impl_->abandoned;
    impl_->fault = std::move(fault);
    return impl_->abandoned = true;
}

bool Receiver::wait_for(std::chrono::milliseconds time)
{
    return impl_->end.wait_for(time) == std::future_status::ready;
}

std::optional<std::string> Receiver::fault() const
{
    return impl_->abandoned ? impl_->fault : impl_->input->reader.fault();
}

void Receiver::set_model(const std::string& model)
{
    impl_->classifier->set_model(stream::open_model(model, impl_->models));
}

void Receiver::set_model(stream::Model model)
{
    impl_->classifier->set_model(std::move(model));
}

bool Receiver::revert_model()
{
    return impl_->classifier->revert_model();
}

void Receiver::tune(double center_freq_hz)
{
    change({ center_freq_hz, {} }).get();
}

std::future<void> Receiver::change(const SourceChange& change)
{
    return impl_->input->reader.change(change);
}

void Receiver::set_min_confidence(std::optional<double> min_confidence) noexcept
{
    impl_->classifier->set_min_confidence(min_confidence);
}

double Receiver::center_freq_hz() const noexcept
{
    return impl_->now_tuned_hz;
}

ReceiverStats Receiver::stats() const noexcept
{
    const Reader::Counts counts = impl_->input->reader.counts();
    return { impl_->classifier->stats(),
             counts.overflows,
             counts.dropped_samples,
             counts.silent_s,
             counts.rejected,
             counts.stuck_s };
}

std::string Receiver::description() const
{
    return impl_->classifier->description();
}

} // namespace prunedamr::receiver
