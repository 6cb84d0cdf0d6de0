// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/eval_detection.h"

#include "apps/common/cli.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/text.h"
#include "prunedamr/detect/detector.h"
#include "prunedamr/detect/judge.h"
#include "prunedamr/metrics/detections.h"
#include "prunedamr/metrics/judge_training.h"
#include "prunedamr/recording/recording.h"
#include "prunedamr/synth/scene/scene.h"

#include <algorithm>
#include <cmath>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <map>
#include <optional>

namespace prunedamr::tool {
namespace {

using metrics::EmissionBox;
using Samples = std::vector<std::complex<float>>;

std::vector<EmissionBox> truth_of(const recording::RecordingInfo& info)
{
    std::vector<EmissionBox> truth;
    for (const auto& note : info.annotations) {
        if (note.label == "noise" || note.label == "unknown" || !note.freq_lower_hz || !note.freq_upper_hz ||
            note.is_own())
            continue;
        EmissionBox box;
        box.start_s = static_cast<double>(note.sample_start) / info.sample_rate_hz;
        box.end_s = static_cast<double>(note.sample_start + note.sample_count) / info.sample_rate_hz;
        box.low_hz = *note.freq_lower_hz - info.center_freq_hz;
        box.high_hz = *note.freq_upper_hz - info.center_freq_hz;
        box.label = note.label;
        box.score = note.comment.compare(0, 4, "SNR ") == 0 ? std::atof(note.comment.c_str() + 4) : 0.0;
        if (const auto keyed = note.comment.find(synth::kKeyedIn); keyed != std::string::npos)
            box.core_hz = std::atof(note.comment.c_str() + keyed + std::strlen(synth::kKeyedIn));
        truth.push_back(box);
    }
    return truth;
}

/// The parts of each emission, put together.
class Collector
{
public:
    explicit Collector(double rate_hz) : rate_hz_(rate_hz) {}

    void take(const detect::Detector& detector)
    {
        for (int i = 0; i < detector.count(); ++i) {
            const auto& d = detector.detections()[i];
            Parts& parts = emissions_[d.emission];
            const double length = d.end_samples - d.start_samples;
            parts.low += length * d.low_hz;
            parts.high += length * d.high_hz;
            parts.length += length;
            parts.start = std::min(parts.start, d.start_samples);
            parts.end = std::max(parts.end, d.end_samples);
            parts.score = std::max(parts.score, double(d.score));
        }
    }

    std::vector<EmissionBox> boxes() const
    {
        std::vector<EmissionBox> boxes;
        for (const auto& [number, p] : emissions_)
            boxes.push_back(
                { p.start / rate_hz_, p.end / rate_hz_, p.low / p.length, p.high / p.length, {}, p.score });
        return boxes;
    }

private:
    struct Parts {
        double start = 1e300, end = 0.0, low = 0.0, high = 0.0, length = 0.0, score = -1e300;
    };

    double rate_hz_;
    std::map<std::uint64_t, Parts> emissions_;
};

/// The epochs that a judge learns from, in a file that is there when it is whole.
class EpochFile
{
public:
    explicit EpochFile(const std::string& path) : path_(path), file_(path), out_(file_.temporary(), std::ios::binary)
    {
        check();
    }

    void add(const metrics::JudgeEpoch& epoch)
    {
        metrics::write_epoch(out_, epoch);
        out_.flush();
        check();
    }

    void commit()
    {
        out_.close();
        check();
        file_.commit();
    }

private:
    void check() const
    {
        if (!out_)
            throw SystemError("cannot write", path_, errno);
    }

    std::string path_;
    AtomicFile file_;
    std::ofstream out_;
};

/// What the judge was asked in each epoch, and for each emission how right the best of its proposals was.
class Proposals
{
public:
    Proposals(const std::vector<EmissionBox>& truth, double rate_hz, double end_s, std::uint64_t scene,
              EpochFile* file)
        : truth_(truth), best_(truth.size()), rate_hz_(rate_hz), end_s_(end_s), scene_(scene), file_(file)
    {
    }

    void take(const detect::Detector& detector)
    {
        const auto start = static_cast<double>(detector.epoch_start());
        metrics::JudgeEpoch epoch;
        epoch.scene = scene_;
        epoch.rate_hz = rate_hz_;
        epoch.samples = std::min(end_s_ * rate_hz_ - start, static_cast<double>(detector.epoch_samples()));
        epoch.proposals.assign(detector.proposals(), detector.proposals() + detector.proposal_count());
        std::vector<std::size_t> here;
        for (std::size_t k = 0; k < truth_.size(); ++k) {
            EmissionBox box = truth_[k];
            box.start_s = box.start_s * rate_hz_ - start;
            box.end_s = box.end_s * rate_hz_ - start;
            box.low_hz /= rate_hz_;
            box.high_hz /= rate_hz_;
            box.core_hz /= rate_hz_;
            if (box.end_s <= 0.0 || box.start_s >= epoch.samples)
                continue;
            metrics::JudgeEpoch alone{ scene_, rate_hz_, epoch.samples, { box }, {} };
            for (const auto& p : epoch.proposals)
                best_[k] = std::max(best_[k], metrics::rightness(p, alone));
            epoch.emissions.push_back(box);
        }
        if (file_)
            file_->add(epoch);
    }

    /// Emissions with a proposal that has 0.4 of band and time in common with them.
    long proposed() const
    {
        return std::count_if(best_.begin(), best_.end(), [](float r) { return r >= 0.25f; });
    }

private:
    const std::vector<EmissionBox>& truth_;
    std::vector<float> best_;
    double rate_hz_, end_s_;
    std::uint64_t scene_;
    EpochFile* file_;
};

struct Measured {
    metrics::DetectionScores scores;
    std::vector<EmissionBox> reports, missed, wrong;
    double busy_s = 0.0; ///< processor's time in the detector
    long proposed = 0;
};

Measured measure(detect::Detector& detector, const Samples& samples, double rate_hz,
                 const std::vector<EmissionBox>& truth, std::uint64_t scene, EpochFile* file)
{
    Collector collector(rate_hz);
    const double duration_s = static_cast<double>(samples.size()) / rate_hz;
    Proposals proposals(truth, rate_hz, duration_s, scene, file);
    const auto take = [&] {
        collector.take(detector);
        proposals.take(detector);
    };
    Measured result;
    const std::clock_t begin = std::clock();
    for (std::size_t at = 0; at < samples.size();) {
        at += detector.process(samples.data() + at, std::min<std::size_t>(65536, samples.size() - at));
        if (detector.complete())
            take();
    }
    detector.finish();
    take();
    result.busy_s = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    result.proposed = proposals.proposed();
    result.reports = collector.boxes();
    result.scores = metrics::score_detections(truth, result.reports, duration_s, &result.missed, &result.wrong);
    return result;
}

struct Totals {
    metrics::DetectionScores scores;
    double busy_s = 0.0;
    long proposed = 0;

    void add(const Measured& m)
    {
        scores.add(m.scores);
        busy_s += m.busy_s;
        proposed += m.proposed;
    }
};

void print_boxes(const char* what, const std::vector<EmissionBox>& boxes)
{
    for (const auto& b : boxes)
        std::printf("  %-6s %-10s %.5f..%.5f s  %.0f..%.0f Hz  %.1f\n", what, printable(b.label).c_str(), b.start_s,
                    b.end_s, b.low_hz, b.high_hz, b.score);
}

nlohmann::json to_json(const metrics::DetectionScores& s)
{
    const auto share = [](const metrics::DetectionScores::Share& x) {
        return nlohmann::json{ { "of", x.of }, { "found", x.found }, { "boxed", x.boxed } };
    };
    return { { "lasting", share(s.lasting) },
             { "long_bursts", share(s.long_bursts) },
             { "short_bursts", share(s.short_bursts) },
             { "emissions", s.emissions },
             { "split", s.split },
             { "merged", s.merged },
             { "reports", s.reports },
             { "false_per_minute", s.false_per_minute() },
             { "minutes", s.minutes },
             { "precision", s.precision() },
             { "recall", s.recall() },
             { "average_precision", s.average_precision() } };
}

Samples samples_of(const synth::Scene& scene)
{
    Samples samples;
    samples.reserve(scene.sample_count());
    synth::render_scene(scene, [&](const std::complex<float>* piece, std::size_t count) {
        samples.insert(samples.end(), piece, piece + count);
    });
    return samples;
}

detect::Detector make_detector(double rate_hz, const std::string& judge)
{
    detect::DetectorConfig config;
    config.sample_rate_hz = rate_hz;
    return judge.empty() ? detect::Detector(config)
                         : detect::Detector(config, detect::Judge(read_file(judge), judge));
}

void eval_scenes(const DetectionOptions& options, Totals& total, EpochFile* rows)
{
    auto detector = make_detector(options.rate_hz, options.judge);
    for (int i = 0; i < options.scenes; ++i) {
        synth::BandSceneConfig config;
        config.sample_rate_hz = options.rate_hz;
        config.duration_s = options.duration_s;
        config.seed = options.seed + static_cast<std::uint64_t>(i);
        config.emissions = !options.noise;
        const auto scene = synth::band_scene(config);
        const auto measured =
            measure(detector, samples_of(scene), options.rate_hz, truth_of(synth::scene_info(scene)), config.seed,
                    rows);
        total.add(measured);
        if (options.list) {
            std::printf("scene %llu: image %.0f dB, third order %.0f dB, DC %.0f dBFS, gain step %.0f dB, noise "
                        "%.0f dBFS\n",
                        static_cast<unsigned long long>(config.seed), scene.receiver.image_db,
                        scene.receiver.third_order_db, scene.receiver.dc_dbfs, scene.receiver.gain_step_db,
                        scene.noise_dbfs_per_hz + 10.0 * std::log10(scene.sample_rate_hz));
            for (const auto& signal : scene.signals)
                std::printf("  %-10s %.0f Hz wide at %.0f Hz, %.1f dB, %.4f s from %.4f s, %lld times\n",
                            signal.label.c_str(), signal.bandwidth_hz, signal.offset_hz, *signal.snr_db,
                            signal.duration_s, signal.start_s, static_cast<long long>(signal.count));
            print_boxes("missed", measured.missed);
            print_boxes("false", measured.wrong);
        }
    }
}

void eval_captures(const DetectionOptions& options, Totals& total, EpochFile* rows)
{
    std::uint64_t number = 0;
    for (const auto& path : options.captures) {
        recording::Recording capture(path, {});
        const auto& info = capture.info();
        Samples samples(info.sample_count);
        samples.resize(capture.read(samples.data(), samples.size()));
        auto detector = make_detector(info.sample_rate_hz, options.judge);
        const auto measured = measure(detector, samples, info.sample_rate_hz, truth_of(info), number++, rows);
        const auto& s = measured.scores;
        std::printf("%-40s %3ld annotated, found %3ld, boxed %3ld, split %ld, %ld reports, %ld outside\n",
                    path.substr(path.find_last_of('/') + 1).c_str(), s.emissions,
                    s.lasting.found + s.long_bursts.found + s.short_bursts.found,
                    s.lasting.boxed + s.long_bursts.boxed + s.short_bursts.boxed, s.split, s.reports,
                    s.false_reports);
        if (options.list) {
            print_boxes("missed", measured.missed);
            print_boxes("report", measured.reports);
        }
        total.add(measured);
    }
}

} // namespace

void add_detection_options(CLI::App& command, DetectionOptions& options)
{
    auto* scenes = command.add_option("--scenes", options.scenes, "measure the detector on so many synthetic scenes")
                       ->check(CLI::Range(1, 1000000));
    auto* captures = command
                         .add_option("--captures", options.captures,
                                     "measure the detector on captures that others have annotated in frequency; what "
                                     "a receiver's --out sigmf: has written there is no truth")
                         ->type_name(cli::kInput);
    command
        .add_option("--scene-seed", options.seed, "random seed of the first scene (default 1), the next has one more")
        ->check(CLI::NonNegativeNumber)
        ->needs(scenes);
    cli::add_quantity(command, "--scene-rate", options.rate_hz, "sample rate of the scenes [Hz] (default 2M)")
        ->needs(scenes);
    command.add_option("--scene-duration", options.duration_s, "of each scene [s] (default 1)")
        ->check(CLI::Range(0.001, 3600.0))
        ->needs(scenes);
    command.add_flag("--scene-noise", options.noise, "scenes without emissions")->needs(scenes);
    auto* list = command.add_flag("--list", options.list,
                                  "of scenes and captures: also print each emission that was missed and each report "
                                  "that was false");
    auto* judge = command.add_option("--judge", options.judge, "JSON file: another judge than the detector's own")
                      ->type_name(cli::kInput);
    auto* proposals =
        command.add_option("--proposals", options.proposals, "write what a judge learns from to this file")
            ->type_name(cli::kOutput);
    auto* fit =
        command.add_option("--fit-judge", options.fit.epochs, "fit a judge to such files, instead of measuring")
            ->type_name(cli::kInput);
    for (CLI::Option* other : { scenes, captures, list, judge, proposals })
        fit->excludes(other);
    auto* out = command.add_option("--judge-out", options.fit.out, "JSON file for the judge")
                    ->type_name(cli::kOutput)
                    ->needs(fit);
    fit->needs(out);
    command.add_option("--judge-source", options.fit.source, "what the files were made from, kept in the judge")
        ->type_name("WORDS")
        ->needs(fit);
    command.add_option("--judge-others", options.fit.others, "judges fitted before: the mean of all is written")
        ->type_name(cli::kInput)
        ->needs(fit);
    command.add_option("--judge-trees", options.fit.trees, "number of trees (default 300)")
        ->check(CLI::Range(1, 10000))
        ->needs(fit);
    command.add_option("--judge-depth", options.fit.depth, "their depth (default 6)")
        ->check(CLI::Range(1, 8))
        ->needs(fit);
}

nlohmann::json eval_detection(const DetectionOptions& options)
{
    if (!options.fit.epochs.empty())
        return to_json(fit_judge(options.fit));
    Totals total;
    std::optional<EpochFile> rows;
    if (!options.proposals.empty())
        rows.emplace(options.proposals);
    if (options.scenes > 0)
        eval_scenes(options, total, rows ? &*rows : nullptr);
    eval_captures(options, total, rows ? &*rows : nullptr);
    if (rows)
        rows->commit();
    std::printf("%sproposed %ld of %ld; %.2f s of the processor for %.2f s of samples\n",
                total.scores.to_text().c_str(), total.proposed, total.scores.emissions, total.busy_s,
                60.0 * total.scores.minutes);
    auto result = to_json(total.scores);
    result["proposed"] = total.proposed;
    result["processor_s"] = total.busy_s;
    return result;
}

} // namespace prunedamr::tool
