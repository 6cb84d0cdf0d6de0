// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/zoo.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/zoo/architectures.h"

namespace prunedamr::graph {
namespace {

constexpr int kMaxUnitsPerStage = 200;

struct ArchitectureSpec {
    Architecture architecture;
    std::vector<StageShape> stages;
    void (*build)(Network&, const std::vector<StageShape>&, std::int64_t classes);
};

template <int StemKernel, int StemStride>
void residual(Network& network, const std::vector<StageShape>& stages, std::int64_t classes)
{
    build_amr_resnet(network, { StemKernel, StemStride }, stages, classes);
}

template <int StemChannels, int Kernel, int Squeeze>
void separable(Network& network, const std::vector<StageShape>& stages, std::int64_t classes)
{
    build_amr_separable(network, { StemChannels, Kernel, Squeeze }, stages, classes);
}

template <int StemKernel, int Kernel, int Large>
void large_kernel(Network& network, const std::vector<StageShape>& stages, std::int64_t classes)
{
    build_amr_large_kernel(network, { StemKernel, Kernel, Large }, stages, classes);
}

const std::vector<ArchitectureSpec>& architecture_specs()
{
    static const std::vector<ArchitectureSpec> table = {
        { { "resnet56", "the pruning papers' ResNet56 on a 1 x 2 x L image (853 k parameters)" },
          { { 16, 9 }, { 32, 9 }, { 64, 9 } },
          build_cifar_resnet },
        { { "resnet110", "the pruning papers' ResNet110 on a 1 x 2 x L image (1.73 M parameters)" },
          { { 16, 18 }, { 32, 18 }, { 64, 18 } },
          build_cifar_resnet },
        { { "vgg16", "the pruning papers' VGG16 (10 convs) on the same image" },
          { { 64, 2 }, { 128, 2 }, { 256, 3 }, { 512, 3 } },
          build_vgg16 },
        { { "cnn1d", "the pruning papers' CNN1D: six 1-D residual stacks" }, { { 32, 6 } }, build_cnn1d },
        { { "dense", "a large multi-layer perceptron, for pruning dense layers" }, { { 512, 4 } }, build_dense },
        { { "ulcnn", "ULCNN: complex stem, separable convs, attention (9,751 stored values at 11 classes)" },
          { { 32, 1 }, { 32, 1 }, { 32, 1 }, { 32, 1 }, { 32, 1 }, { 32, 1 } },
          build_ulcnn },
        { { "amr_s", "compact 1-D residual network, small" },
          { { 16, 2 }, { 24, 3 }, { 32, 3 }, { 48, 3 } },
          residual<7, 2> },
        { { "amr_m", "compact 1-D residual network, medium" },
          { { 24, 3 }, { 32, 4 }, { 48, 4 }, { 64, 3 } },
          residual<7, 2> },
        { { "amr_l", "compact 1-D residual network, large" },
          { { 32, 3 }, { 48, 4 }, { 64, 5 }, { 96, 3 } },
          residual<7, 2> },
        { { "amr_s4", "amr_s for frames of some 1000 samples: the stem quarters the rate" },
          { { 16, 2 }, { 24, 3 }, { 32, 3 }, { 48, 3 } },
          residual<15, 4> },
        { { "amr_m4", "amr_m for frames of some 1000 samples: the stem quarters the rate" },
          { { 24, 3 }, { 32, 4 }, { 48, 4 }, { 64, 3 } },
          residual<15, 4> },
        { { "amr_xs", "separable 1-D residual network of 10 k parameters" },
          { { 30, 3 }, { 30, 2 }, { 30, 1 } },
          separable<24, 7, 8> },
        { { "amr_ds_s", "separable 1-D residual network, small" },
          { { 48, 3 }, { 56, 3 }, { 64, 2 } },
          separable<32, 9, 8> },
        { { "amr_ds_m", "separable 1-D residual network, medium" },
          { { 64, 4 }, { 88, 4 }, { 112, 2 } },
          separable<48, 9, 8> },
        { { "amr_lk",
            "separable 1-D residual network of large kernels (80 k parameters, 4.9 M MACs at 128 samples)" },
          { { 64, 8 } },
          large_kernel<11, 9, 31> },
    };
    return table;
}

const ArchitectureSpec& find_architecture(const std::string& arch)
{
    std::string names;
    for (const ArchitectureSpec& spec : architecture_specs()) {
        if (arch == spec.architecture.name)
            return spec;
        names += (names.empty() ? "" : ", ") + std::string(spec.architecture.name);
    }
    throw Error({ "unknown architecture", "arch", "'" + arch + "'", names });
}

std::vector<StageShape> stages_of(const ArchitectureSpec& spec, const std::vector<int>& units_per_stage)
{
    std::vector<StageShape> stages = spec.stages;
    if (units_per_stage.empty())
        return stages;
    if (units_per_stage.size() != stages.size())
        throw Error({ "wrong number of stages", std::string("units per stage of ") + spec.architecture.name,
                      std::to_string(units_per_stage.size()), std::to_string(stages.size()) });
    for (std::size_t s = 0; s < stages.size(); ++s) {
        stages[s].units = units_per_stage[s];
        if (stages[s].units < 1 || stages[s].units > kMaxUnitsPerStage)
            throw Error({ "bad number of units", "stage " + std::to_string(s + 1), std::to_string(stages[s].units),
                          "1.." + std::to_string(kMaxUnitsPerStage) });
    }
    return stages;
}

} // namespace

const std::vector<Architecture>& architectures()
{
    static const std::vector<Architecture> list = [] {
        std::vector<Architecture> rows;
        for (const ArchitectureSpec& spec : architecture_specs())
            rows.push_back(spec.architecture);
        return rows;
    }();
    return list;
}

Network make_network(const ZooConfig& config)
{
    const ArchitectureSpec& spec = find_architecture(config.arch);
    Network network;
    network.length = config.length;
    spec.build(network, stages_of(spec, config.units_per_stage), config.classes);
    initialize(network, config.seed);
    validate(network);
    return network;
}

std::vector<std::string> build_stages(NetworkBuilder& build, const std::string& input, int channels,
                                      const std::vector<StageShape>& stages, bool first_changes,
                                      const UnitBuilder& unit)
{
    std::vector<std::string> outputs;
    std::string x = input;
    for (std::size_t s = 0; s < stages.size(); ++s) {
        const int stage = static_cast<int>(s) + 1;
        for (int u = 0; u < stages[s].units; ++u) {
            const bool transition = u == 0 && (s > 0 || first_changes);
            build.begin_unit("stage" + std::to_string(stage) + ".unit" + std::to_string(u + 1), stage, true,
                             transition);
            x = unit(build, { x, channels, stages[s].channels, transition });
            build.end_unit();
            channels = stages[s].channels;
        }
        outputs.push_back(x);
    }
    return outputs;
}

void build_dense(Network& network, const std::vector<StageShape>& stages, std::int64_t classes)
{
    NetworkBuilder build(network);
    auto x = build.plain(Op::flatten, "flatten", { build.plain(Op::input, "input", {}) });
    for (int u = 1; u <= stages.front().units; ++u) {
        build.begin_unit("layer" + std::to_string(u), 1, true, u == 1);
        x = build.plain(Op::relu, "relu", { build.linear("fc", x, stages.front().channels) });
        build.end_unit();
    }
    build.linear("fc", x, classes);
}

} // namespace prunedamr::graph
