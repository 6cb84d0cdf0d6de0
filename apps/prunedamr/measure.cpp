// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/capture_info.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/text.h"
#include "prunedamr/measure/measurer.h"
#include "prunedamr/measure/rough_band.h"
#include "prunedamr/recording/recording.h"
#include "prunedamr/report/measurement_page.h"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <set>
#include <tuple>

namespace prunedamr::tool {
namespace {

constexpr int kMinSamples = 256, kMaxSamples = 32768;

struct Options {
    std::string file, out, json;
    recording::RawOptions raw;
    double interval_s = 0.1, center_hz = 0.0, bandwidth_hz = 0.0;
};

/// Samples start..start + count, at most an interval, never over the edge of an annotation.
struct Interval {
    std::uint64_t start = 0, count = 0;
    std::string label;
};

std::vector<Interval> intervals(const recording::RecordingInfo& info, double interval_s)
{
    std::vector<Interval> all;
    const auto length = static_cast<std::uint64_t>(
        std::fmin(kMaxSamples, std::fmax(2 * kMinSamples, interval_s * info.sample_rate_hz)));
    const auto split = [&](std::uint64_t start, std::uint64_t count, const std::string& label) {
        for (std::uint64_t at = 0; at + kMinSamples <= count; at += length)
            all.push_back({ start + at, std::min(length, count - at), label });
    };
    for (const auto& note : info.annotations)
        split(note.sample_start, note.sample_count, note.label);
    if (info.annotations.empty())
        split(0, info.sample_count, "");
    return all;
}

nlohmann::json to_json(const measure::Measurement& found)
{
    nlohmann::json measured = nlohmann::json::object(), errors = nlohmann::json::object();
    for (int i = 0; i < measure::kQuantities; ++i)
        if (const auto& number = found.numbers[i]) {
            const char* name = measure::quantity_name(static_cast<measure::Quantity>(i));
            measured[name] = number->value;
            if (std::isfinite(number->error))
                errors[name] = number->error;
        }
    auto alphabets = nlohmann::json::array();
    for (int i = 0; i < found.score_count; ++i)
        alphabets.push_back({ { "name", found.scores[i].name },
                              { "log_odds", found.scores[i].log_likelihood - found.scores[0].log_likelihood },
                              { "decoy", found.scores[i].is_decoy } });
    nlohmann::json json = { { "method", to_string(found.method) },
                            { "measured", measured },
                            { "measured_error", errors } };
    if (found.method == measure::Method::none)
        json["refusal"] = to_string(found.refusal);
    else
        json["score"] = found.score;
    if (found.score_count > 0) {
        json["alphabet"] = found.alphabet;
        json["alphabet_accepted"] = found.is_accepted;
        json["equalized"] = found.is_equalized;
        json["alphabets"] = alphabets;
    }
    if (found.is_index_bound)
        json["index_is_lower_bound"] = true;
    return json;
}

void print(const Interval& interval, double rate_hz, const measure::Measurement& found)
{
    std::printf("%9.4f s %-8s %-8s", static_cast<double>(interval.start) / rate_hz,
                printable(interval.label).c_str(), to_string(found.method));
    if (found.score_count > 0)
        std::printf(" %s%s", found.alphabet, found.is_accepted ? "" : " (not sure)");
    for (int i = 0; i < measure::kQuantities; ++i)
        if (const auto& number = found.numbers[i]) {
            std::printf("  %s %.8g", measure::quantity_name(static_cast<measure::Quantity>(i)), number->value);
            if (std::isfinite(number->error))
                std::printf(" +-%.2g", number->error);
        }
    std::printf("%s%s\n", found.method == measure::Method::none ? "  " : "", to_string(found.refusal));
}

/// What the page draws: the first decision of each kind.
class Gallery
{
public:
    bool wants(const Interval& interval, const measure::Measurement& found)
    {
        return seen_.size() < kMost && seen_.emplace(interval.label, found.method, found.alphabet).second;
    }

private:
    static constexpr std::size_t kMost = 32;
    std::set<std::tuple<std::string, measure::Method, std::string>> seen_;
};

void check_options(const Options& options, double rate_hz)
{
    if (!(options.interval_s > 0.0))
        throw CLI::ValidationError("--interval", "expected more than 0 s");
    if (!(options.bandwidth_hz >= 0.0 && options.bandwidth_hz <= rate_hz))
        throw CLI::ValidationError("--bandwidth", "expected 0 to the sample rate");
    if (!(std::fabs(options.center_hz) <= rate_hz / 2.0))
        throw CLI::ValidationError("--center", "expected at most half the sample rate to either side");
    if (options.out.empty())
        return;
    if (const auto extension = std::filesystem::path(options.out).extension(); extension != ".html")
        throw Error({ "unknown extension", options.out, extension, ".html" });
    check_writable(options.out);
}

void run_measure(const Options& options)
{
    recording::Recording recording(options.file, options.raw);
    const auto& info = recording.info();
    check_options(options, info.sample_rate_hz);
    cli::warn(info.warnings);
    measure::Measurer measurer(kMaxSamples);
    measure::RoughBandFinder finder;
    std::vector<std::complex<float>> samples(kMaxSamples);
    auto rows = nlohmann::json::array();
    report::MeasuredCapture page{ std::filesystem::path(options.file).filename(), info.sample_rate_hz, {}, {} };
    if (info.center_freq_hz != 0.0)
        page.center_freq_hz = info.center_freq_hz;
    Gallery gallery;
    for (const Interval& interval : intervals(info, options.interval_s)) {
        recording.seek(interval.start);
        const auto count = recording.read(samples.data(), interval.count);
        const measure::Piece piece{ samples.data(), count };
        measure::Decision decision;
        decision.pieces = &piece;
        decision.piece_count = 1;
        decision.sample_rate_hz = info.sample_rate_hz;
        decision.center_hz = options.center_hz;
        decision.bandwidth_hz = options.bandwidth_hz;
        if (options.bandwidth_hz <= 0.0) {
            const dsp::Band band = finder.find(samples.data(), static_cast<int>(count));
            decision.center_hz = static_cast<double>(band.center) * info.sample_rate_hz;
            decision.bandwidth_hz = static_cast<double>(band.bandwidth) * info.sample_rate_hz;
        }
        const measure::Measurement& found = measurer.measure(decision);
        print(interval, info.sample_rate_hz, found);
        nlohmann::json row = to_json(found);
        row["sample_start"] = interval.start;
        row["sample_count"] = count;
        row["label"] = interval.label;
        row["band"] = { { "center_hz", decision.center_hz }, { "bandwidth_hz", decision.bandwidth_hz } };
        rows.push_back(row);
        if (options.out.empty())
            continue;
        page.decisions.push_back({ static_cast<double>(interval.start) / info.sample_rate_hz, static_cast<double>(count) / info.sample_rate_hz,
                                   interval.label, decision.center_hz, decision.bandwidth_hz, found, {} });
        if (gallery.wants(interval, found))
            page.decisions.back().samples.assign(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(count));
    }
    if (!options.out.empty())
        write_text_atomically(options.out, report::measurement_page(page));
    cli::write_json(
        { { "file", options.file }, { "sample_rate_hz", info.sample_rate_hz }, { "decisions", rows } }, options.json);
}

} // namespace

void add_measure(CLI::App& app)
{
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand(
        "measure", "measure the signal of a capture: rates, carriers, alphabets, each with its standard error");
    command->add_option("file", options->file, "capture: SigMF, WAV or raw samples")->type_name(cli::kInput)->required();
    add_raw_options(*command, options->raw);
    cli::add_quantity(*command, "--interval", options->interval_s,
                      "length of a decision [s]; at most 32,768 samples (default 0.1)");
    auto* bandwidth = cli::add_quantity(*command, "--bandwidth", options->bandwidth_hz,
                                        "bandwidth of the signal [Hz]; without it the strongest band of each decision");
    cli::add_quantity(*command, "--center", options->center_hz,
                      "center of the signal, from that of the capture [Hz] (default 0)")
        ->needs(bandwidth);
    command->add_option("--out", options->out, "a page of it: numbers, spectrum, constellation, eye, discriminator (.html)")
        ->type_name(cli::kOutput);
    cli::add_json(*command, options->json, "all of it as JSON");
    command->callback([options] { run_measure(*options); });
}

} // namespace prunedamr::tool
