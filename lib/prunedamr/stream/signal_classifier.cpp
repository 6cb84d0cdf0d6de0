// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/signal_classifier.h"

#include "prunedamr/base/error.h"
#include "prunedamr/stream/model.h"
#include "prunedamr/stream/prover.h"
#include "prunedamr/stream/stream_state.h"

#include <algorithm>
#include <limits>

namespace prunedamr::stream {
namespace {

Model compiled(const model::Model& model, const ClassifierConfig& config)
{
    check(config);
    engine::EngineConfig engine_config;
    engine_config.max_batch = config.max_batch;
    return { model.info, engine::Engine(model, engine_config) };
}

/// The samples of an interval or burst that is under way, as many as are measured, block by block.
class SampleStore
{
public:
    explicit SampleStore(std::size_t capacity) : samples_(capacity) { blocks_.reserve(kMaxBlocks); }

    void clear() noexcept
    {
        count_ = 0;
        blocks_.clear();
    }

    void add(const std::complex<float>* samples, int count, double level_dbfs) noexcept
    {
        const std::size_t taken = std::min(static_cast<std::size_t>(count), samples_.size() - count_);
        if (taken == 0 || blocks_.size() == kMaxBlocks)
            return;
        std::copy_n(samples, taken, samples_.data() + count_);
        blocks_.push_back({ count_, taken, level_dbfs });
        count_ += taken;
    }

    /// What is added next does not follow on what is there.
    void skip() noexcept
    {
        if (blocks_.size() < kMaxBlocks)
            blocks_.push_back({ count_, 0, -std::numeric_limits<double>::infinity() });
    }

    /// The longest stretch of blocks of at least that level.
    measure::Piece from(double level_dbfs) const noexcept
    {
        measure::Piece best;
        for (std::size_t first = 0, next = 0; first < blocks_.size(); first = next + 1) {
            std::size_t count = 0;
            for (next = first; next < blocks_.size() && blocks_[next].level_dbfs >= level_dbfs; ++next)
                count += blocks_[next].count;
            if (count > best.count)
                best = { samples_.data() + blocks_[first].begin, count };
        }
        return best;
    }

    void subtract_mean() noexcept
    {
        std::complex<double> sum;
        for (std::size_t i = 0; i < count_; ++i)
            sum += samples_[i];
        const auto mean = static_cast<std::complex<float>>(sum / static_cast<double>(std::max<std::size_t>(1, count_)));
        for (std::size_t i = 0; i < count_; ++i)
            samples_[i] -= mean;
    }

private:
    static constexpr std::size_t kMaxBlocks = 4096;
    struct Block {
        std::size_t begin, count;
        double level_dbfs;
    };
    std::vector<std::complex<float>> samples_;
    std::size_t count_ = 0;
    std::vector<Block> blocks_;
};

/// What proves decisions, each by itself.
struct Proof {
    explicit Proof(const ClassifierConfig& config)
        : prover(config.evidence, config.decisions), store(Prover::kMaxSamples)
    {
    }

    void decide(LabelEvent& event, const BlockClassifier& network, double tuned_hz) noexcept;

    Prover prover;
    SampleStore store;
};

void Proof::decide(LabelEvent& event, const BlockClassifier& network, double tuned_hz) noexcept
{
    doubt_strong_noise(event);
    if (event.note.view() == kDcSpike)
        store.subtract_mean();
    const measure::Piece piece = store.from(network.decided_from_dbfs());
    if (piece.count > 0)
        prover.prove(event, network.proposal(), { &piece, 1, event.sample_rate_hz, tuned_hz, 1.0 }, nullptr);
}

} // namespace

struct SignalClassifier::Impl {
    explicit Impl(StreamState& stream);

    Pipeline& pipeline() const noexcept { return state.pipeline(); }
    bool is_between_intervals() const noexcept { return blocks == 0 && buffered == 0; }
    void consume(const std::complex<float>* samples, std::size_t count) noexcept;
    std::uint64_t add_rest() noexcept;
    void on_full_block(const std::complex<float>* samples) noexcept;
    void skip_block() noexcept;
    void classify_block(const std::complex<float>* samples, int count) noexcept;
    void end_interval(std::uint64_t analyzed) noexcept;
    void end_segment() noexcept;
    bool classify_burst(const std::complex<float>* samples, std::size_t count, LabelEvent& event) noexcept;

    StreamState& state;
    std::function<void(std::uint64_t, std::uint64_t)> block_handler;
    std::unique_ptr<Proof> proof; ///< none: the network decides alone

    int buffered = 0;         ///< samples of a block that is not yet full
    std::uint64_t blocks = 0; ///< of this interval, skipped ones too
    std::uint64_t burst_samples = 0;
};

SignalClassifier::Impl::Impl(StreamState& stream) : state(stream)
{
    if (state.config.measure)
        proof = std::make_unique<Proof>(state.config);
}

void SignalClassifier::Impl::consume(const std::complex<float>* samples, std::size_t count) noexcept
{
    while (count > 0) {
        if (is_between_intervals()) {
            state.switch_model();
            state.begin_interval(state.wanted_tuned_hz.load(std::memory_order_relaxed));
        }
        const int block_length = pipeline().block_length;
        const auto room = static_cast<std::size_t>(block_length - buffered);
        const std::size_t taken = std::min(room, count);
        if (taken == static_cast<std::size_t>(block_length)) {
            on_full_block(samples); // a whole block is there: no copy
        } else {
            std::copy_n(samples, taken, pipeline().buffer.data() + buffered);
            buffered += static_cast<int>(taken);
            if (buffered == block_length) {
                buffered = 0;
                on_full_block(pipeline().buffer.data());
            }
        }
        samples += taken;
        count -= taken;
    }
}

/// Classifies what is left of the interval, if that is long enough to be; returns how many samples the interval
/// has.
std::uint64_t SignalClassifier::Impl::add_rest() noexcept
{
    const std::uint64_t all =
        blocks * static_cast<std::uint64_t>(pipeline().block_length) + static_cast<std::uint64_t>(buffered);
    if (buffered >= pipeline().front_end.min_samples())
        classify_block(pipeline().buffer.data(), buffered);
    buffered = 0;
    return all;
}

void SignalClassifier::Impl::on_full_block(const std::complex<float>* samples) noexcept
{
    const auto start = state.clock.steady_ns();
    const bool skip = state.must_skip();
    if (skip)
        skip_block();
    else
        classify_block(samples, pipeline().block_length);
    const double block_s = pipeline().block_s;
    ++blocks;
    if (blocks >= pipeline().blocks_per_interval)
        end_interval(blocks * static_cast<std::uint64_t>(pipeline().block_length));
    if (!skip)
        state.backlog.worked(state.seconds_since(start), block_s);
}

void SignalClassifier::Impl::skip_block() noexcept
{
    state.add<std::uint64_t>(state.dropped_frames, std::max(1, pipeline().front_end.max_frames()));
    state.backlog.skipped(pipeline().block_s);
    if (proof)
        proof->store.skip();
}

void SignalClassifier::Impl::classify_block(const std::complex<float>* samples, int count) noexcept
{
    if (block_handler)
        block_handler(state.interval_start + blocks * static_cast<std::uint64_t>(pipeline().block_length),
                      static_cast<std::uint64_t>(count));
    const double level_dbfs = pipeline().stream.add(samples, count, ZeroHz::tuned);
    if (proof)
        proof->store.add(samples, count, level_dbfs);
}

void SignalClassifier::Impl::end_interval(std::uint64_t analyzed) noexcept
{
    LabelEvent event = state.interval_event(analyzed);
    state.add(state.frames, pipeline().stream.decide(event));
    if (proof && !state.is_late())
        proof->decide(event, pipeline().stream, state.tuned_hz);
    if (proof)
        proof->store.clear();
    blocks = 0;
    state.interval_start += analyzed;
    state.emit(event);
}

void SignalClassifier::Impl::end_segment() noexcept
{
    const bool usable = buffered >= pipeline().front_end.min_samples(); // else it is left out of the last event
    const std::uint64_t rest = static_cast<std::uint64_t>(buffered);
    const std::uint64_t all = add_rest();
    if (const std::uint64_t analyzed = usable ? all : all - rest)
        end_interval(analyzed);
    state.interval_start = state.samples_in.load(std::memory_order_relaxed);
}

bool SignalClassifier::Impl::classify_burst(const std::complex<float>* samples, std::size_t count,
                                            LabelEvent& event) noexcept
{
    const auto start = state.clock.steady_ns();
    if (is_between_intervals())
        state.switch_model();
    const auto min_samples = static_cast<std::size_t>(pipeline().front_end.min_samples());
    if (count < min_samples)
        return false;
    event = state.new_event();
    event.time_ns = state.clock.system_ns();
    event.sample_start = burst_samples;
    event.sample_count = count;
    event.is_whole = true;
    const double tuned_hz = state.wanted_tuned_hz.load(std::memory_order_relaxed);
    event.center_freq_hz = tuned_hz;
    burst_samples += count;
    for (std::size_t done = 0; count - done >= min_samples;) {
        const std::size_t taken = std::min(count - done, static_cast<std::size_t>(pipeline().block_length));
        pipeline().burst.add(samples + done, static_cast<int>(taken), ZeroHz::signal);
        done += taken;
    }
    state.add(state.frames, pipeline().burst.decide(event));
    doubt_strong_noise(event);
    if (proof) {
        const measure::Piece piece{ samples, count };
        proof->prover.prove(event, pipeline().burst.proposal(), { &piece, 1, event.sample_rate_hz, tuned_hz, 1.0 }, nullptr);
    }
    state.add(state.busy_s, state.seconds_since(start));
    return true;
}

SignalClassifier::SignalClassifier(const model::Model& model, ClassifierConfig config, EventHandler handler)
    : SignalClassifier(compiled(model, config), config, std::move(handler))
{
}

SignalClassifier::SignalClassifier(Model model, ClassifierConfig config, EventHandler handler)
    : StreamClassifier(std::move(model), std::move(config), std::move(handler)),
      impl_(std::make_unique<Impl>(state()))
{
}

SignalClassifier::~SignalClassifier() = default;
SignalClassifier::SignalClassifier(SignalClassifier&&) noexcept = default;

void SignalClassifier::consume(const std::complex<float>* samples, std::size_t count) noexcept
{
    impl_->consume(samples, count);
}

void SignalClassifier::end_segment(bool) noexcept
{
    impl_->end_segment();
}

bool SignalClassifier::classify_burst(const std::complex<float>* samples, std::size_t count,
                                      LabelEvent& event) noexcept
{
    return impl_->classify_burst(samples, count, event);
}

void SignalClassifier::on_block(std::function<void(std::uint64_t, std::uint64_t)> handler)
{
    impl_->block_handler = std::move(handler);
}

} // namespace prunedamr::stream
