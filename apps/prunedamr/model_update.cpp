// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/signature.h"
#include "prunedamr/base/time.h"
#include "prunedamr/model/model_patch.h"
#include "prunedamr/model/model_search.h"
#include "prunedamr/model/model_update.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

namespace prunedamr::tool {
namespace {

struct Options {
    std::string base;
    std::string other; ///< the new model of diff, the update of patch
    std::string out;
    std::string json;
    std::string key;  ///< secret, of diff
    std::string keys; ///< public ones, of patch
    std::optional<std::uint64_t> sequence;
};

nlohmann::json to_json(const model::PatchSummary& summary, const std::string& out)
{
    return { { "out", out },
             { "patch_bytes", summary.patch_bytes },
             { "model_bytes", summary.model_bytes },
             { "coded",
               { { "same", summary.same },
                 { "sliced", summary.sliced },
                 { "changed", summary.changed },
                 { "whole", summary.whole } } } };
}

/// Makes a signed update of the patch at `path`.
nlohmann::json sign(const std::string& path, const Options& options)
{
    const SigningKey key = SigningKey::read(options.key);
    const std::int64_t now_s = system_time_ns() / 1'000'000'000;
    const std::uint64_t sequence = options.sequence.value_or(static_cast<std::uint64_t>(now_s));
    write_text_atomically(options.out, model::signed_update(read_file(path), sequence, now_s, key));
    std::printf("%s: number %llu, signed by %s\n", options.out.c_str(), static_cast<unsigned long long>(sequence),
                fingerprint(key.public_key()).c_str());
    return { { "sequence", sequence }, { "signed_by", fingerprint(key.public_key()) } };
}

void diff(const Options& options)
{
    if (!options.key.empty())
        SigningKey::read(options.key); // before the work
    const std::string patch = options.key.empty() ? options.out : options.out + ".unsigned";
    auto summary = model::diff_models(model::find_model(options.base), model::find_model(options.other), patch);
    nlohmann::json signature;
    if (!options.key.empty()) {
        signature = sign(patch, options);
        std::filesystem::remove(patch);
    }
    summary.patch_bytes = std::filesystem::file_size(options.out);
    std::printf(
        "%s: %zu bytes for a model of %zu (%.1f %%): %zu as in the base, %zu slices of it, %zu changed, %zu new\n",
        options.out.c_str(), summary.patch_bytes, summary.model_bytes,
        100.0 * static_cast<double>(summary.patch_bytes) / static_cast<double>(summary.model_bytes), summary.same,
        summary.sliced, summary.changed, summary.whole);
    auto report = to_json(summary, options.out);
    if (!signature.is_null())
        report.update(signature);
    cli::write_json(report, options.json);
}

void patch(const Options& options)
{
    std::string bytes = read_file(options.other);
    if (!options.keys.empty()) {
        bytes = model::read_update(bytes, read_public_keys(options.keys), options.other).patch;
    } else if (model::is_signed_update(bytes)) {
        const auto update = model::read_update(bytes, options.other);
        std::printf("%s: number %llu, signed by %s; without --keys nobody knows who that is\n", options.other.c_str(),
                    static_cast<unsigned long long>(update.sequence), fingerprint(update.key).c_str());
        bytes = update.patch;
    }
    const auto summary = model::apply_patch(model::find_model(options.base), bytes, options.other, options.out);
    std::printf("%s: %zu bytes, as the update of %zu promises\n", options.out.c_str(), summary.model_bytes,
                summary.patch_bytes);
    cli::write_json(to_json(summary, options.out), options.json);
}

void add_diff(CLI::App& model)
{
    auto options = std::make_shared<Options>();
    auto* command = model.add_subcommand("diff", "write what turns one model into another as a small update");
    command->add_option("base", options->base, "model that is there already")->type_name(cli::kModel)->required();
    command->add_option("new", options->other, "model that shall be there")->type_name(cli::kModel)->required();
    command->add_option("--out", options->out, "update file to write")->type_name(cli::kOutput)->required();
    auto* key = command->add_option("--sign", options->key,
                                    "secret key of 'key new': sign the update, for receivers with --update-keys")
                    ->type_name(cli::kInput);
    command
        ->add_option("--sequence", options->sequence,
                     "number of the update: a receiver takes only greater ones than it had (default: the seconds since 1970)")
        ->check(CLI::Range(std::uint64_t{ 1 }, model::kMaxSequence))
        ->needs(key);
    cli::add_json(*command, options->json, "write the sizes to this file");
    command->callback([options] { diff(*options); });
}

void add_patch(CLI::App& model)
{
    auto options = std::make_shared<Options>();
    auto* command = model.add_subcommand("patch", "make the new model from the base and an update");
    command->add_option("base", options->base, "the model that the update was made for")
        ->type_name(cli::kModel)
        ->required();
    command->add_option("update", options->other, "update file, signed or not")->type_name(cli::kInput)->required();
    command->add_option("--out", options->out, "model file to write, byte by byte the one of 'diff'")
        ->type_name(cli::kOutput)
        ->required();
    command->add_option("--keys", options->keys,
                        "public keys, a file or a folder of NAME.pub: the update must be signed by one of them")
        ->type_name(cli::kInput);
    cli::add_json(*command, options->json, "write the sizes to this file");
    command->callback([options] { patch(*options); });
}

void show_key(const std::string& file, const PublicKey& key)
{
    std::printf("%s: fingerprint %s\n", file.c_str(), fingerprint(key).c_str());
}

} // namespace

void add_model_update(CLI::App& model)
{
    add_diff(model);
    add_patch(model);
}

void add_key(CLI::App& app)
{
    auto* command = app.add_subcommand("key", "keys that sign updates of models");
    command->require_subcommand(1);
    auto file = std::make_shared<std::string>();
    auto* make = command->add_subcommand("new", "make a secret key, and the public one beside it");
    make->add_option("file", *file, "secret key to write; the public one is FILE.pub")->type_name(cli::kOutput)->required();
    make->callback([file] {
        const SigningKey key = SigningKey::make();
        key.write(*file);
        show_key(*file + ".pub", key.public_key());
    });
    auto* show = command->add_subcommand("show", "fingerprints of public keys");
    show->add_option("keys", *file, "a file, or a folder of NAME.pub")->type_name(cli::kInput)->required();
    show->callback([file] {
        for (const PublicKey& key : read_public_keys(*file))
            show_key(*file, key);
    });
}

} // namespace prunedamr::tool
