// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/file.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_patch.h"
#include "prunedamr/model/model_update.h"

#include "tests/graph/networks.h"
#include "tests/model/model_bytes.h"
#include "tests/model/models.h"

#include <filesystem>

namespace prunedamr::model {
namespace {

namespace fs = std::filesystem;

/// A base, a new model and the signed update between them.
class ModelUpdate : public ::testing::Test
{
protected:
    ModelUpdate() : base_(temporary_path(".safetensors")), updated_(temporary_path(".safetensors")), file_(temporary_path(".patch"))
    {
        auto model = model_of(graph::tiny_net());
        save_model(model, base_);
        model.info.decision.temperature = 1.5;
        save_model(model, updated_);
        diff_models(base_, updated_, file_);
        bytes_ = signed_update(read_file(file_), 7, 1000, key_);
    }
    ~ModelUpdate() override
    {
        for (const auto& path : { base_, updated_, file_ })
            fs::remove(path);
    }

    /// What refuses these bytes; none: nothing.
    std::optional<UpdateFault> fault_of(const std::string& bytes, const std::vector<PublicKey>& keys) const
    try {
        read_update(bytes, keys, "u");
        return std::nullopt;
    } catch (const UpdateRefused& refused) {
        EXPECT_EQ(std::string(refused.what()).find("u: update is "), std::string(refused.what()).find("u: ")) << refused.what();
        return refused.fault();
    }

    const SigningKey key_ = SigningKey::make(), other_ = SigningKey::make();
    const std::string base_, updated_, file_;
    std::string bytes_;
};

TEST_F(ModelUpdate, SaysWhatItIsAndGivesTheNewModel)
{
    const Update update = read_update(bytes_, { other_.public_key(), key_.public_key() }, "u");
    EXPECT_EQ(update.sequence, 7u);
    EXPECT_EQ(update.time_s, 1000);
    EXPECT_EQ(update.key, key_.public_key());
    const std::string base = read_file(base_), updated = read_file(updated_);
    EXPECT_EQ(update.base, sha256(base.data(), base.size()));
    EXPECT_EQ(update.updated, sha256(updated.data(), updated.size()));
    apply_patch(base_, update.patch, "u", file_);
    EXPECT_EQ(read_file(file_), updated);
    EXPECT_EQ(read_update(bytes_, "u").key, key_.public_key());
}

TEST_F(ModelUpdate, AnotherKeyIsUnknown)
{
    EXPECT_EQ(fault_of(bytes_, { other_.public_key() }), UpdateFault::unknown_key);
    EXPECT_EQ(fault_of(bytes_, {}), UpdateFault::unknown_key);
}

TEST_F(ModelUpdate, ItsNumberIsSigned)
{
    std::string bytes = bytes_;
    bytes[12] = 8; // the sequence
    EXPECT_THROW(read_update(bytes, { key_.public_key() }, "u"), UpdateRefused);
    try {
        read_update(bytes, { key_.public_key() }, "u");
    } catch (const UpdateRefused& refused) {
        EXPECT_EQ(refused.fault(), UpdateFault::bad_signature);
        EXPECT_STREQ(refused.what(), "u: update has a bad signature");
    }
}

TEST_F(ModelUpdate, EveryByteCounts)
{
    for (std::size_t at = 0; at < bytes_.size(); ++at) {
        std::string bytes = bytes_;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
        EXPECT_THROW(read_update(bytes, { key_.public_key() }, "u"), UpdateRefused) << at;
        EXPECT_THROW(read_update(bytes_.substr(0, at), { key_.public_key() }, "u"), UpdateRefused) << at;
    }
    EXPECT_THROW(read_update(bytes_ + "x", { key_.public_key() }, "u"), UpdateRefused);
}

TEST_F(ModelUpdate, WhatIsCutShortOrAnotherFileIsDamaged)
{
    EXPECT_EQ(fault_of("", { key_.public_key() }), UpdateFault::damaged);
    EXPECT_EQ(fault_of(read_file(base_), { key_.public_key() }), UpdateFault::damaged);
    EXPECT_EQ(fault_of(bytes_.substr(0, bytes_.size() - 1), { key_.public_key() }), UpdateFault::damaged);
    std::string bytes = bytes_;
    bytes[200] = static_cast<char>(bytes[200] ^ 1); // of the content
    EXPECT_EQ(fault_of(bytes, { key_.public_key() }), UpdateFault::damaged);
}

} // namespace
} // namespace prunedamr::model
