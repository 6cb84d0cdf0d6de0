// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/detector.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/stage_times.h"
#include "prunedamr/base/vector_clones.h"
#include "prunedamr/detect/choice.h"
#include "prunedamr/detect/context.h"
#include "prunedamr/detect/cutter.h"
#include "prunedamr/detect/edges.h"
#include "prunedamr/detect/floor.h"
#include "prunedamr/detect/judge.h"
#include "prunedamr/detect/remnants.h"
#include "prunedamr/detect/statistics.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::detect {
namespace {

constexpr int kCoarsest = 64, kFinest = 1 << 16; // samples of a transform
constexpr std::ptrdiff_t kBlock = 1 << 16; // samples that are transformed at a time
constexpr std::size_t kTilesInEpoch = 16;  // at least, at the finest resolution
constexpr int kMinTiles = 4;               // of a field that is looked at
constexpr int kMaxDetections = Choice::kMaxChosen;
constexpr double kSameBand = 0.3; // intersection over union of what is followed into the next epoch
// What begins so early in an epoch may have gone on from the one before: parts of the epoch and of its own length.
constexpr double kSeam = 0.02, kSeamPart = 0.1;
constexpr float kGoesOn =
    1.5f; // log-odds that what was on at the end of an epoch has more at the start of the next
constexpr float kLargest = 1e9f; // samples beyond are no measurement

std::size_t epoch_of(const DetectorConfig& config)
{
    if (!(config.sample_rate_hz >= 100.0 && config.sample_rate_hz <= 1e9))
        throw InvalidArgument(
            { "bad sample rate", "detector", std::to_string(config.sample_rate_hz), "100..1e9 Hz" });
    if (config.epoch_samples == 0)
        return std::size_t{ 1 } << std::clamp(static_cast<int>(std::lround(std::log2(config.sample_rate_hz))), 14,
                                              21);
    if (config.epoch_samples < (1u << 14) || (config.epoch_samples & (config.epoch_samples - 1)) != 0)
        throw InvalidArgument(
            { "bad epoch", "detector", std::to_string(config.epoch_samples), "a power of two from 16384 on" });
    return config.epoch_samples;
}

PRUNEDAMR_VECTOR_CLONES
void copy_clean(const float* __restrict in, float* __restrict out, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i)
        out[i] = std::abs(in[i]) < kLargest ? in[i] : 0.0f;
}

/// One resolution.
struct Level {
    Level(int transform, std::size_t epoch, int hop, int number)
        : field(transform, epoch, hop), floor(field), blobs(field), cutter(field, number), lines(field)
    {
    }

    TileField field;
    Floor floor;
    Blobs blobs;
    Cutter cutter;
    Lines lines;
    bool is_normal = false; ///< the field holds ratios to the floor
};

double band_iou(double a0, double a1, double b0, double b1)
{
    const double both = std::max(0.0, std::min(a1, b1) - std::max(a0, b0));
    return both / std::max(1e-12, std::max(a1, b1) - std::min(a0, b0));
}

} // namespace

struct Detector::Impl {
    Impl(const DetectorConfig& config, Judge judge);

    std::size_t take(const std::complex<float>* in, std::size_t count) noexcept;
    bool full() const noexcept { return filled - first == static_cast<std::ptrdiff_t>(samples.size()); }
    void advance() noexcept;
    void analyze() noexcept;
    void gather() noexcept;
    void gather_across() noexcept;
    void score() noexcept;
    Proposal sharpened(const Proposal& box) const noexcept;
    void follow() noexcept;
    double seam(const Proposal& p) const noexcept;
    Detection* predecessor(const Proposal& p) noexcept;
    void next_epoch() noexcept;

    DetectorConfig config;
    Judge judge;
    std::ptrdiff_t epoch, finest,
        end; ///< samples: of an epoch, of the longest transform, of an epoch with its tail
    std::vector<Level> levels;
    std::vector<std::complex<float>> samples; ///< the last ones
    std::ptrdiff_t first = 0, filled = 0;     ///< samples of the epoch: samples[0], and how many have come
    std::uint64_t start = 0, analyzed = 0;    ///< of the epoch that fills; of the last one looked at
    std::vector<Proposal> proposals;
    int proposal_count = 0;
    Choice choice{ 0 };
    Remnants remnants;
    std::vector<const TileField*> fields; ///< of the levels that are normal
    int chosen_count = 0;
    std::vector<Detection> detections, open;
    int count = 0, open_count = 0;
    std::uint64_t next_emission = 1;
    bool done = false; ///< the epoch that fills `samples` has been looked at
};

Detector::Impl::Impl(const DetectorConfig& wanted, Judge given)
    : config(wanted), judge(std::move(given)), epoch(static_cast<std::ptrdiff_t>(epoch_of(wanted)))
{
    finest = std::min<std::ptrdiff_t>(kFinest, epoch / (2 * kTilesInEpoch));
    int coarsest = static_cast<int>(finest);
    while (coarsest / 4 >= kCoarsest / 2)
        coarsest /= 4;
    for (int n = coarsest; n <= finest; n *= 4)
        levels.emplace_back(n, epoch, 0, static_cast<int>(levels.size()));
    end = epoch + finest / 2;
    samples.resize(finest + std::min<std::ptrdiff_t>(kBlock, epoch));
    fields.resize(levels.size());
    proposals.resize(levels.size() * Cutter::kMaxProposals);
    choice = Choice(static_cast<int>(proposals.size()));
    detections.resize(kMaxDetections);
    open.resize(kMaxDetections);
}

void Detector::Impl::gather() noexcept
{
    proposal_count = 0;
    const TileField* finer = nullptr;
    for (Level& level : levels) {
        level.is_normal = level.field.tiles() >= kMinTiles && level.floor.normalize(level.field);
        if (!level.is_normal)
            continue;
        level.blobs.find(level.field);
        level.cutter.propose(level.field, finer, level.blobs);
        finer = &level.field;
    }
    gather_across();
    for (Level& level : levels) {
        const int found = level.is_normal ? level.cutter.count() : 0;
        std::copy_n(level.cutter.proposals(), found, proposals.begin() + proposal_count);
        proposal_count += found;
    }
}

/// What crosses narrow lasting emissions, with these covered.
void Detector::Impl::gather_across() noexcept
{
    for (Level& level : levels)
        if (level.is_normal) {
            level.lines.find(level.field, level.floor);
            level.lines.cover(level.field);
        }
    const TileField* finer = nullptr;
    for (Level& level : levels) {
        if (!level.is_normal)
            continue;
        if (level.lines.count() > 0) {
            level.blobs.find(level.field);
            level.cutter.propose_across(level.field, finer, level.blobs, level.lines);
        }
        finer = &level.field;
    }
    for (Level& level : levels)
        if (level.is_normal)
            level.lines.uncover(level.field);
}

void Detector::Impl::score() noexcept
{
    describe_context(proposals.data(), proposal_count);
    for (int i = 0; i < proposal_count; ++i) {
        Proposal& p = proposals[i];
        if (p.level >= 1)
            p.features[kCoarseHalves] = Cutter::halves(levels[p.level - 1].field, p);
        if (p.level >= 2)
            p.features[kCoarserHalves] = Cutter::halves(levels[p.level - 2].field, p);
        p.score = judge.score(p);
    }
    choice.describe_rivals(proposals.data(), proposal_count);
    for (Proposal* p = proposals.data(); p < proposals.data() + proposal_count; ++p)
        p->score = judge.score_beside_rivals(*p) + (predecessor(*p) ? kGoesOn : 0.0f);
}

double Detector::Impl::seam(const Proposal& p) const noexcept
{
    return std::max(2.0 * levels[p.level].field.tile_samples(),
                    std::min(kSeamPart * p.duration(), kSeam * static_cast<double>(epoch)));
}

/// What was on at the end of the epoch before in the same band, and has not been taken yet.
Detection* Detector::Impl::predecessor(const Proposal& p) noexcept
{
    Detection* best = nullptr;
    double most = kSameBand;
    for (int k = 0; p.start < seam(p) && k < open_count; ++k) {
        const double same = band_iou(open[k].low_hz, open[k].high_hz, p.low * config.sample_rate_hz,
                                     p.high * config.sample_rate_hz);
        if (open[k].emission > 0 && same > most) {
            most = same;
            best = &open[k];
        }
    }
    return best;
}

/// Its times, by one field after the other that is finer in time, as far as they show it; not where samples begin or
/// end, over which it may go on.
Proposal Detector::Impl::sharpened(const Proposal& box) const noexcept
{
    Proposal p = box;
    for (int level = p.level - 1; level >= 0 && levels[level].is_normal; --level)
        if (!sharpen(p, levels[level].field))
            break;
    if (box.start < seam(box))
        p.start = box.start;
    if (box.end > static_cast<double>(std::min(epoch, filled)) - seam(box))
        p.end = box.end;
    return p;
}

/// Gives numbers: what begins with the epoch goes on with what was on at the end of the one before.
void Detector::Impl::follow() noexcept
{
    count = chosen_count;
    for (int i = 0; i < count; ++i) {
        const Proposal p = sharpened(proposals[choice.chosen()[i]]);
        Detection& d = detections[i];
        d = {};
        d.start_samples = static_cast<double>(start) + std::max(0.0, p.start);
        d.end_samples = static_cast<double>(start) + std::min(p.end, static_cast<double>(filled));
        d.low_hz = p.low * config.sample_rate_hz;
        d.high_hz = p.high * config.sample_rate_hz;
        d.density_db = decibels(p.density);
        d.score = p.score;
        d.goes_on = p.end > static_cast<double>(epoch) - seam(p);
        if (Detection* before = predecessor(p)) {
            d.emission = before->emission;
            d.continues = true;
            before->emission = 0;
        }
    }
    std::sort(detections.begin(), detections.begin() + count, [](const Detection& a, const Detection& b) {
        return a.start_samples != b.start_samples ? a.start_samples < b.start_samples : a.low_hz < b.low_hz;
    });
    open_count = 0;
    for (int i = 0; i < count; ++i) {
        if (!detections[i].continues)
            detections[i].emission = next_emission++;
        if (detections[i].goes_on)
            open[open_count++] = detections[i];
    }
}

/// Up to the end of the block that fills.
std::size_t Detector::Impl::take(const std::complex<float>* in, std::size_t count) noexcept
{
    const auto room = std::min<std::ptrdiff_t>(end - filled, first + samples.size() - filled);
    const std::size_t taken = std::min(count, static_cast<std::size_t>(room));
    copy_clean(reinterpret_cast<const float*>(in), reinterpret_cast<float*>(samples.data() + (filled - first)),
               2 * taken);
    filled += taken;
    return taken;
}

/// Transforms what has come, and keeps what the next transforms begin with.
void Detector::Impl::advance() noexcept
{
    for (Level& level : levels)
        level.field.advance(samples.data(), filled, first);
    const std::ptrdiff_t kept = std::min(finest, filled - first);
    std::copy(samples.begin() + (filled - first - kept), samples.begin() + (filled - first), samples.begin());
    first = filled - kept;
}

void Detector::Impl::analyze() noexcept
{
    gather();
    score();
    chosen_count = choice.choose(proposals.data(), proposal_count, config.min_score);
    for (std::size_t i = 0; i < levels.size(); ++i)
        fields[i] = levels[i].is_normal ? &levels[i].field : nullptr;
    chosen_count = remnants.drop(proposals.data(), choice.chosen(), chosen_count, fields);
    follow();
    analyzed = start;
}

void Detector::Impl::next_epoch() noexcept
{
    first -= epoch;
    filled -= epoch;
    start += epoch;
    for (Level& level : levels)
        level.field.restart();
    done = false;
}

Detector::Detector(const DetectorConfig& config) : Detector(config, Judge()) {}
Detector::Detector(const DetectorConfig& config, Judge judge)
    : impl_(std::make_unique<Impl>(config, std::move(judge)))
{
}
Detector::~Detector() = default;
Detector::Detector(Detector&&) noexcept = default;
Detector& Detector::operator=(Detector&&) noexcept = default;

std::size_t Detector::epoch_samples() const noexcept
{
    return static_cast<std::size_t>(impl_->epoch);
}

std::size_t Detector::process(const std::complex<float>* samples, std::size_t count) noexcept
{
    const StageTimer timer(Stage::detect);
    Impl& d = *impl_;
    d.count = 0;
    if (d.done)
        d.next_epoch();
    std::size_t taken = 0;
    while (taken < count && !d.done) {
        taken += d.take(samples + taken, count - taken);
        d.done = d.filled == d.end;
        if (d.done || d.full())
            d.advance();
    }
    if (d.done)
        d.analyze();
    return taken;
}

void Detector::finish() noexcept
{
    const StageTimer timer(Stage::detect);
    Impl& d = *impl_;
    d.count = 0;
    if (d.done)
        d.next_epoch();
    d.advance();
    d.analyze();
    d.open_count = 0;
    d.first = d.filled = 0;
    d.start = 0;
    for (Level& level : d.levels)
        level.field.restart();
}

bool Detector::complete() const noexcept
{
    return impl_->done;
}

int Detector::count() const noexcept
{
    return impl_->count;
}

const Detection* Detector::detections() const noexcept
{
    return impl_->detections.data();
}

int Detector::proposal_count() const noexcept
{
    return impl_->proposal_count;
}

const Proposal* Detector::proposals() const noexcept
{
    return impl_->proposals.data();
}

std::uint64_t Detector::epoch_start() const noexcept
{
    return impl_->analyzed;
}

} // namespace prunedamr::detect
