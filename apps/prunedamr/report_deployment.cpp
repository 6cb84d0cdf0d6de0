// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/report_deployment.h"

#include "apps/common/cli.h"
#include "apps/prunedamr/compare_models.h"
#include "apps/prunedamr/frame_data.h"

#include "prunedamr/base/file.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_patch.h"
#include "prunedamr/model/model_search.h"
#include "prunedamr/report/deployment.h"

#include <fmt/format.h>
#include <malloc.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>
#include <unistd.h>

namespace prunedamr::tool {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int kBatch = 8; ///< frames of a decision
constexpr std::size_t kMaxPlanBytes = 1u << 20;

/// Energy that the processors have taken, by RAPL of Intel and AMD. https://docs.kernel.org/power/powercap/powercap.html
class EnergyMeter
{
public:
    EnergyMeter()
    {
        std::error_code ignored;
        for (const auto& zone : fs::directory_iterator("/sys/class/powercap", ignored)) {
            const std::string name = zone.path().filename();
            if (name.rfind("intel-rapl:", 0) == 0 && std::count(name.begin(), name.end(), ':') == 1 && number(zone.path() / "energy_uj"))
                packages_.push_back(zone.path());
        }
    }

    bool is_there() const { return !packages_.empty(); }

    /// Joules that `work` takes beyond those of a machine that does what it did before; none where the counters say nothing.
    std::optional<double> joules_of(const std::function<void()>& work) const
    {
        const auto idle_start = Clock::now();
        const auto idle = joules([] { std::this_thread::sleep_for(1s); });
        const double idle_s = seconds_since(idle_start);
        const auto start = Clock::now();
        const auto busy = joules(work);
        if (!idle || !busy)
            return std::nullopt;
        return std::max(0.0, *busy - *idle / idle_s * seconds_since(start));
    }

private:
    static double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

    static std::optional<double> number(const fs::path& file)
    {
        std::ifstream stream(file);
        double value = 0.0;
        return stream >> value ? std::optional(value) : std::nullopt;
    }

    std::optional<double> joules(const std::function<void()>& work) const
    {
        std::vector<std::optional<double>> before;
        for (const fs::path& package : packages_)
            before.push_back(number(package / "energy_uj"));
        work();
        double sum = 0.0;
        for (std::size_t i = 0; i < packages_.size(); ++i) {
            const auto after = number(packages_[i] / "energy_uj");
            if (!before[i] || !after)
                return std::nullopt;
            const double range = number(packages_[i] / "max_energy_range_uj").value_or(0.0);
            sum += (*after >= *before[i] ? *after - *before[i] : *after - *before[i] + range) / 1e6; // the counter wraps
        }
        return packages_.empty() ? std::nullopt : std::optional(sum);
    }

    std::vector<fs::path> packages_;
};

/// Of this machine: "AMD EPYC 7763, 2 cores".
std::string host_name()
{
    std::string name = "this machine";
    std::ifstream processors("/proc/cpuinfo"), board("/proc/device-tree/model");
    if (!std::getline(board, name, '\0'))
        for (std::string line; std::getline(processors, line);)
            if (line.rfind("model name", 0) == 0)
                name = line.substr(line.find(": ") + 2);
    return name + fmt::format(", {} cores", std::thread::hardware_concurrency());
}

double heap_bytes()
{
    const auto heap = mallinfo2();
    return static_cast<double>(heap.uordblks + heap.hblkhd);
}

/// Heap that an engine takes which is ready for a decision.
double memory_of(const model::Model& model)
{
    const double before = heap_bytes();
    engine::EngineConfig config;
    config.max_batch = kBatch;
    const metrics::Runner runner = metrics::engine_runner(model, config);
    return heap_bytes() - before;
}

std::optional<double> millijoules_of(const model::Model& model, const EnergyMeter& meter)
{
    if (!meter.is_there())
        return std::nullopt;
    engine::EngineConfig config;
    config.max_batch = kBatch;
    const metrics::Runner runner = metrics::engine_runner(model, config);
    const std::vector<float> frames(static_cast<std::size_t>(kBatch * 2 * runner.length), 0.5f);
    std::vector<float> logits(static_cast<std::size_t>(kBatch * runner.classes));
    double count = 0.0;
    const auto joules = meter.joules_of([&] {
        for (const auto end = Clock::now() + 2s; Clock::now() < end; count += kBatch)
            runner.run(frames.data(), kBatch, logits.data());
    });
    return joules ? std::optional(*joules * 1e3 / count) : std::nullopt;
}

/// Bytes of the difference between two model files; of one to itself, which will be retrained as a whole, those of the file.
double update_bytes(const std::string& base, const std::string& updated)
{
    if (fs::equivalent(base, updated))
        return static_cast<double>(fs::file_size(base));
    const fs::path patch = fs::temp_directory_path() / fmt::format("prunedamr-{}.patch", ::getpid());
    const auto summary = model::diff_models(base, updated, patch);
    fs::remove(patch);
    return static_cast<double>(summary.patch_bytes);
}

/// The last step that made a model: the last entry of its provenance that tells a command.
std::string made_by(const model::ModelInfo& info)
{
    std::string found;
    const auto provenance = nlohmann::ordered_json::parse(info.provenance);
    for (const auto& [step, entry] : provenance.items())
        if (entry.is_object() && entry.contains("command"))
            found = step;
    return found.empty() ? "not told" : found;
}

nlohmann::json to_json(const report::Weighed& row)
{
    const auto& m = row.measured;
    const auto or_null = [](const std::optional<double>& value) { return value ? nlohmann::json(*value) : nlohmann::json(); };
    return { { "model", m.name },           { "made_by", m.made_by },
             { "accuracy", m.accuracy },    { "cost", m.cost },
             { "cost_error", m.cost_error }, { "latency_us", m.latency_us },
             { "memory_bytes", m.memory_bytes }, { "update_bytes", m.update_bytes },
             { "update_s", row.update_s },  { "millijoules_per_frame", or_null(m.millijoules_per_frame) },
             { "training_hours", or_null(m.training_hours) },
             { "yearly",
               { { "mistakes", row.mistakes }, { "energy", or_null(row.energy) }, { "link", row.link },
                 { "training", or_null(row.training) }, { "total", row.total } } },
             { "over", row.over } };
}

} // namespace

void report_deployment(const std::string& file, const std::string& out, const std::string& json)
{
    const report::Deployment plan = report::read_deployment(read_file(file, kMaxPlanBytes), file);
    metrics::GateConfig gate;
    gate.costs = metrics::read_costs(plan.cost_matrix, file + ": cost_matrix");
    const std::string base_file = model::find_model(plan.base);
    const model::Model base = model::load_model(base_file);
    FrameData frames;
    frames.data = plan.data;
    frames.frames_per_class = plan.frames_per_class;
    frames.data_seed = plan.seed;
    frames.front_end = base.info.front_end;
    const dataset::Dataset dataset = frames.is_recipe() ? make_recipe_frames(frames) : dataset::read_dataset(plan.data);

    const EnergyMeter meter;
    std::vector<report::Weighed> rows;
    for (const auto& candidate : plan.candidates) {
        const std::string model_file = model::find_model(candidate.model);
        const model::Model model = model::load_model(model_file);
        const Opinions both = opinions(base, model, dataset, plan.data);
        const auto cost = metrics::check_cost({ &both.joint }, gate).numbers;
        report::Measured measured;
        measured.name = candidate.model;
        measured.made_by = made_by(model.info);
        const auto right = std::count_if(both.joint.decisions.begin(), both.joint.decisions.end(),
                                         [](const metrics::Answer& one) { return one.after == one.truth; });
        measured.accuracy = static_cast<double>(right) / static_cast<double>(both.joint.decisions.size());
        measured.cost = cost.at("cost").get<double>();
        measured.cost_error = cost.at("standard_error").get<double>();
        measured.latency_us = latencies_us(base, model).second;
        measured.memory_bytes = memory_of(model);
        measured.update_bytes = update_bytes(base_file, model_file);
        measured.millijoules_per_frame = candidate.millijoules_per_frame ? candidate.millijoules_per_frame : millijoules_of(model, meter);
        measured.training_hours = candidate.training_hours;
        rows.push_back(report::weigh(plan, measured));
    }
    nlohmann::json report{ { "command", cli::command_line() }, { "host", host_name() } };
    for (const std::size_t i : report::ranked(rows)) {
        const auto& row = rows[i];
        std::printf("%-24s accuracy %.2f %%, cost %.4f, %.1f us a frame, update %.1f kB, total %.4g a year%s\n", row.measured.name.c_str(),
                    100.0 * row.measured.accuracy, row.measured.cost, row.measured.latency_us, row.measured.update_bytes / 1e3, row.total,
                    row.over.empty() ? "" : (", over: " + row.over).c_str());
        report["models"].push_back(to_json(row));
    }
    if (!meter.is_there())
        cli::warn({ "this machine tells no energy (RAPL): give millijoules_per_frame where it is known" });
    write_text_atomically(out, report::deployment_page(plan, rows, host_name()));
    cli::write_json(report, json);
}

} // namespace prunedamr::tool
