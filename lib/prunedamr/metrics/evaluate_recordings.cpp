// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/evaluate_recordings.h"

#include "prunedamr/dsp/front_end.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/model/class_table.h"
#include "prunedamr/model/logits.h"
#include "prunedamr/stream/signal_classifier.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <complex>
#include <filesystem>

namespace prunedamr::metrics {
namespace {

void add(Answers& answers, std::string_view label, std::string_view family, const std::string& truth)
{
    ++answers.count;
    answers.label_right += label == truth;
    answers.family_right += !truth.empty() && family == model::family_of(truth);
    answers.unknown += label == model::kUnknownLabel;
}

std::vector<std::complex<float>> read_all(recording::Recording& recording)
{
    std::vector<std::complex<float>> samples;
    std::vector<std::complex<float>> chunk(65536);
    while (const auto got = recording.read(chunk.data(), chunk.size()))
        samples.insert(samples.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(got));
    return samples;
}

/// The labeled segments of a recording, each once; the whole of one that has none.
std::vector<recording::Annotation> segments_of(const recording::RecordingInfo& info, std::uint64_t samples)
{
    std::vector<recording::Annotation> result;
    for (auto annotation : info.annotations) {
        if (annotation.label.empty() || annotation.is_own() || annotation.sample_start >= samples)
            continue;
        annotation.sample_count = std::min(annotation.sample_count, samples - annotation.sample_start);
        const bool again = !result.empty() && result.back().sample_start == annotation.sample_start &&
                           result.back().sample_count == annotation.sample_count;
        if (!again) // two signals at the same time are one segment of samples
            result.push_back(annotation);
    }
    if (result.empty())
        result.push_back({ 0, samples, "", {}, {}, "" });
    return result;
}

/// Each frame by itself, by the decision's first step: its best class, or unknown.
class FrameReader
{
public:
    explicit FrameReader(const model::Model& model)
        : model_(model), front_end_(model.info.front_end), engine_(model),
          frames_(static_cast<std::size_t>(front_end_.max_frames() * 2 * model.network.length)),
          logits_(model.info.labels.size()), reader_(model.info), probabilities_(reader_.classes())
    {
    }

    void add_frames(const std::complex<float>* samples, std::size_t count, const std::string& truth,
                    Answers& answers)
    {
        const auto block = static_cast<std::size_t>(front_end_.block_length());
        for (std::size_t begin = 0; begin < count; begin += block) {
            const auto taken = static_cast<int>(std::min(block, count - begin));
            const int frames = front_end_.process(samples + begin, taken, frames_.data()).frames;
            for (int i = 0; i < frames; ++i) {
                engine_.run(frames_.data() + i * 2 * model_.network.length, 1, logits_.data());
                reader_.probabilities(logits_.data(), probabilities_.data());
                const std::size_t best =
                    reader_.decide(probabilities_.data(), reader_.unknown_score(logits_.data()));
                if (best == model::LogitReader::kUnknown)
                    add(answers, model::kUnknownLabel, model::kUnknownLabel, truth);
                else
                    add(answers, model_.info.labels[best], model_.info.families[best], truth);
            }
        }
    }

private:
    const model::Model& model_;
    dsp::FrontEnd front_end_;
    engine::Engine engine_;
    std::vector<float> frames_, logits_;
    model::LogitReader reader_;
    std::vector<double> probabilities_;
};

std::string majority_of(const std::map<std::string, int>& counts)
{
    const auto best = std::max_element(counts.begin(), counts.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    return best == counts.end() ? "" : best->first;
}

void add(RecordingSummary::Fractions& sum, const Answers& answers)
{
    const double count = std::max(1, answers.count);
    sum.label_right += answers.label_right / count;
    sum.family_right += answers.family_right / count;
    sum.unknown += answers.unknown / count;
}

void divide(RecordingSummary::Fractions& sum, double count)
{
    sum.label_right /= count;
    sum.family_right /= count;
    sum.unknown /= count;
}

nlohmann::json to_json(const Answers& answers)
{
    return { { "count", answers.count },
             { "label_right", answers.label_right },
             { "family_right", answers.family_right },
             { "unknown", answers.unknown } };
}

} // namespace

RecordingScores evaluate_recording(const model::Model& model, recording::Recording& recording,
                                   const std::string& path, bool measure)
{
    const std::vector<std::complex<float>> samples = read_all(recording);
    RecordingScores scores;
    std::map<std::string, int> families;
    std::string truth; // of the present segment
    stream::ClassifierConfig config;
    config.sample_rate_hz = recording.info().sample_rate_hz;
    config.measure = measure;
    stream::SignalClassifier classifier(model, config, [&](const stream::LabelEvent& event) {
        add(scores.events, event.label.view(), event.family.view(), truth);
        ++scores.labels[std::string(event.label.view())];
        ++families[std::string(event.family.view())];
    });
    FrameReader frames(model);
    for (const auto& segment : segments_of(recording.info(), samples.size())) {
        truth = segment.label;
        if (scores.truth.find(truth) == std::string::npos)
            scores.truth += (scores.truth.empty() ? "" : "+") + truth;
        const std::complex<float>* first = samples.data() + segment.sample_start;
        classifier.process(first, segment.sample_count);
        classifier.flush();
        frames.add_frames(first, segment.sample_count, truth, scores.frames);
    }
    scores.file = std::filesystem::path(path).stem().string();
    scores.family = scores.truth.empty() ? "" : model::family_of(scores.truth);
    scores.majority = majority_of(scores.labels);
    scores.family_majority = majority_of(families);
    return scores;
}

RecordingSummary summarize(const std::vector<RecordingScores>& recordings)
{
    RecordingSummary summary;
    for (const RecordingScores& one : recordings) {
        if (one.truth.empty())
            continue;
        ++summary.recordings;
        summary.class_right += one.majority == one.truth;
        summary.family_right += one.family_majority == one.family;
        summary.unknown += one.majority == model::kUnknownLabel;
        add(summary.events, one.events);
        add(summary.frames, one.frames);
    }
    if (summary.recordings > 0) {
        divide(summary.events, summary.recordings);
        divide(summary.frames, summary.recordings);
    }
    return summary;
}

nlohmann::json to_json(const RecordingScores& scores)
{
    return { { "file", scores.file },
             { "truth", scores.truth },
             { "family", scores.family },
             { "labels", scores.labels },
             { "majority", scores.majority },
             { "family_majority", scores.family_majority },
             { "events", to_json(scores.events) },
             { "frames", to_json(scores.frames) } };
}

nlohmann::json to_json(const RecordingSummary& summary)
{
    nlohmann::json json = { { "recordings", summary.recordings },
                            { "class_right", summary.class_right },
                            { "family_right", summary.family_right },
                            { "unknown", summary.unknown } };
    if (summary.recordings == 0)
        return json;
    for (const auto& [level, of] :
         { std::pair{ "events_", summary.events }, std::pair{ "frames_", summary.frames } }) {
        json[std::string(level) + "label_right"] = of.label_right;
        json[std::string(level) + "family_right"] = of.family_right;
        json[std::string(level) + "unknown"] = of.unknown;
    }
    return json;
}

} // namespace prunedamr::metrics
