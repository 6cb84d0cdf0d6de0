// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/checksum.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/graph/rewrite/rewrite.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_patch.h"

#include "tests/graph/networks.h"
#include "tests/model/model_bytes.h"
#include "tests/model/models.h"

#include <filesystem>

namespace prunedamr::model {
namespace {

using namespace graph;

namespace fs = std::filesystem;

class ModelPatch : public ::testing::Test
{
protected:
    void TearDown() override
    {
        for (const std::string& path : made_)
            fs::remove(path);
    }

    std::string path(const std::string& extension = ".safetensors")
    {
        made_.push_back(temporary_path(extension));
        return made_.back();
    }

    std::string saved(const Network& network)
    {
        const std::string file = path();
        save_model(model_of(network), file);
        return file;
    }

    /// Diff, patch, compare; returns the sizes.
    PatchSummary round_trip(const Network& base, const Network& updated)
    {
        const std::string from = saved(base), to = saved(updated), patch = path(".patch"), result = path();
        const PatchSummary made = diff_models(from, to, patch);
        const PatchSummary used = patch_model(from, patch, result);
        EXPECT_EQ(read_file(result), read_file(to));
        EXPECT_EQ(made.patch_bytes, fs::file_size(patch));
        EXPECT_EQ(made.model_bytes, fs::file_size(to));
        EXPECT_EQ(made.same + made.sliced + made.changed + made.whole, made.model_bytes);
        EXPECT_EQ(used.changed, made.changed);
        return made;
    }

private:
    std::vector<std::string> made_;
};

/// What fine-tuning does: every weight moves by about a thousandth of itself.
Network fine_tuned(Network network)
{
    Rng rng(9);
    for (auto& item : network.tensors)
        for (float& value : item.second.data)
            value *= static_cast<float>(1.0 + 1e-3 * rng.normal());
    return network;
}

Network sample_net()
{
    Network network = make_network(zoo_config("resnet56", 32, 4, { 2, 1, 1 }));
    randomize(network, 3);
    return network;
}

TEST_F(ModelPatch, IdenticalModelsNeedATinyUpdate)
{
    const PatchSummary summary = round_trip(sample_net(), sample_net());
    EXPECT_LT(summary.patch_bytes, 1000u);
    EXPECT_EQ(summary.changed + summary.sliced, 0u);
}

TEST_F(ModelPatch, AFineTunedModelIsSmallerThanItself)
{
    const PatchSummary summary = round_trip(sample_net(), fine_tuned(sample_net()));
    EXPECT_GT(summary.changed, summary.model_bytes / 2);
    EXPECT_LT(static_cast<double>(summary.patch_bytes), 0.75 * static_cast<double>(summary.model_bytes));
}

TEST_F(ModelPatch, PrunedModelsAreSlicesOfTheirBase)
{
    const Network base = sample_net();
    const Network shorter = remove_unit(base, "stage1.unit2");
    const PatchSummary short_one = round_trip(base, shorter);
    EXPECT_LT(short_one.patch_bytes, short_one.model_bytes / 20);
    const std::string node = [&] {
        for (const Node& one : base.nodes)
            if (one.name.find("stage2") == 0 && one.op == Op::conv)
                return one.name;
        return std::string();
    }();
    const PatchSummary thin = round_trip(base, keep_channels(base, node, { 0, 3, 5, 6, 11, 30 }));
    EXPECT_GT(thin.sliced, 0u);
    EXPECT_LT(thin.patch_bytes, thin.model_bytes / 20);
}

TEST_F(ModelPatch, EveryKindOfNetworkComesBack)
{
    std::vector<Network> nets = all_nets();
    nets.push_back(tiny_net());
    for (std::size_t i = 0; i < nets.size(); ++i) {
        round_trip(nets[i], fine_tuned(nets[i]));
        round_trip(nets[i], nets[(i + 1) % nets.size()]); // nothing in common
    }
}

TEST_F(ModelPatch, AnotherBaseIsRefused)
{
    const std::string base = saved(tiny_net()), updated = saved(fine_tuned(tiny_net())), patch = path(".patch"),
                      result = path();
    diff_models(base, updated, patch);
    EXPECT_ERROR(patch_model(updated, patch, result), updated + ": update " + patch + " was made for another base");
    std::string bytes = read_file(base);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    write_text_atomically(base, bytes);
    EXPECT_ERROR(patch_model(base, patch, result),
                 "was made for another base: found SHA-256 " + to_hex(sha256(bytes.data(), bytes.size())));
    EXPECT_FALSE(fs::exists(result));
}

TEST_F(ModelPatch, WhatIsNoUpdateIsRefusedByName)
{
    const std::string base = saved(tiny_net()), patch = path(".patch"), result = path();
    EXPECT_ERROR(diff_models(base, patch, result), patch + ": cannot open");
    write_text_atomically(patch, "Dear sir,");
    EXPECT_ERROR(diff_models(base, patch, result), patch);
    EXPECT_ERROR(patch_model(base, patch, result), patch + ": not a model update");
    EXPECT_ERROR(patch_model(base, base, result), base + ": not a model update");
    EXPECT_FALSE(fs::exists(result));
}

/// A changed update with its checksum made right again.
std::string sealed(std::string bytes)
{
    bytes.resize(bytes.size() - 32);
    const Sha256 hash = sha256(bytes.data(), bytes.size());
    return bytes.append(reinterpret_cast<const char*>(hash.data()), hash.size());
}

TEST_F(ModelPatch, EveryDamagedByteIsNoticed)
{
    const std::string base = saved(tiny_net()), updated = saved(fine_tuned(tiny_net())), patch = path(".patch"),
                      result = path();
    diff_models(base, updated, patch);
    const std::string good = read_file(patch);
    int refused = 0;
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ (1 << i % 8));
        write_text_atomically(patch, bad);
        EXPECT_ERROR(patch_model(base, patch, result), patch + ": ");
        ASSERT_FALSE(fs::exists(result)) << i;
        write_text_atomically(patch, sealed(bad)); // by one who knows the format
        try {
            patch_model(base, patch, result);
            ASSERT_EQ(read_file(result), read_file(updated)) << i;
            fs::remove(result);
        } catch (const Error&) {
            ++refused;
        }
        ASSERT_FALSE(fs::exists(result)) << i;
    }
    EXPECT_GT(refused, static_cast<int>(good.size()) - 64);
    for (std::size_t size = 0; size < good.size(); size += 7) {
        write_text_atomically(patch, good.substr(0, size));
        EXPECT_ERROR(patch_model(base, patch, result), patch + ": ");
    }
}

TEST_F(ModelPatch, PromisesBeyondTheFileAreRefusedBeforeTheyAreKept)
{
    const std::string base = saved(tiny_net()), updated = saved(fine_tuned(tiny_net())), patch = path(".patch"),
                      result = path();
    diff_models(base, updated, patch);
    const std::string good = read_file(patch);
    const auto refused = [&](std::size_t at, const std::string& field, const std::string& part) {
        write_text_atomically(patch, sealed(std::string(good).replace(at, field.size(), field)));
        EXPECT_ERROR(patch_model(base, patch, result), part);
    };
    refused(8, std::string("\x02\0\0\0", 4), "newer format, or damaged: found format 2, expected at most format 1");
    refused(8, std::string(4, '\0'), "promises too much");
    refused(76, std::string(8, '\xff'), "promises too much");
    refused(84, std::string("\0\0\0\x40\0\0\0\0", 8), "cannot hold what it promises");
    refused(76, std::string("\1\0\0\0\0\0\0\0", 8), "do not add up");
    EXPECT_FALSE(fs::exists(result));
}

} // namespace
} // namespace prunedamr::model
