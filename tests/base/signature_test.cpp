// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/signature.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace prunedamr {
namespace {

namespace fs = std::filesystem;

class Signatures : public ::testing::Test
{
protected:
    Signatures() : folder_(fs::temp_directory_path() / ("prunedamr-signature-" + std::to_string(::getpid())))
    {
        fs::create_directory(folder_);
    }
    ~Signatures() override { fs::remove_all(folder_); }

    std::string path(const std::string& name) const { return folder_ / name; }

    static std::string fault(const std::function<void()>& work)
    {
        try {
            work();
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    }

    const fs::path folder_;
};

TEST_F(Signatures, OnlyTheKeyThatSignedIsGoodForTheseBytes)
{
    const SigningKey key = SigningKey::make(), other = SigningKey::make();
    std::string text = "an update";
    Signature signature = key.sign(text);
    EXPECT_TRUE(is_signed_by(key.public_key(), text, signature));
    EXPECT_FALSE(is_signed_by(other.public_key(), text, signature));
    signature[40] ^= 1;
    EXPECT_FALSE(is_signed_by(key.public_key(), text, signature));
    signature[40] ^= 1;
    text[0] ^= 1;
    EXPECT_FALSE(is_signed_by(key.public_key(), text, signature));
}

TEST_F(Signatures, AKeyComesBackAndItsSecretIsTheOwners)
{
    const SigningKey key = SigningKey::make();
    key.write(path("roof"));
    EXPECT_EQ(fs::status(path("roof")).permissions() & fs::perms::all, fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(SigningKey::read(path("roof")).public_key(), key.public_key());
    EXPECT_EQ(read_public_keys(path("roof.pub")), std::vector{ key.public_key() });
    EXPECT_EQ(fingerprint(key.public_key()).size(), 32u);
    EXPECT_NE(fault([&] { key.write(path("roof")); }).find("a name that is not taken"), std::string::npos);
}

TEST_F(Signatures, KeysOfAFolder)
{
    const SigningKey a = SigningKey::make(), b = SigningKey::make();
    EXPECT_NE(fault([&] { read_public_keys(folder_); }).find("no public key"), std::string::npos);
    b.write(path("b"));
    a.write(path("a"));
    EXPECT_EQ(read_public_keys(folder_), (std::vector{ a.public_key(), b.public_key() }));
}

TEST_F(Signatures, WhatIsNoKeyIsRefusedByName)
{
    const SigningKey key = SigningKey::make();
    key.write(path("k"));
    EXPECT_EQ(fault([&] { read_public_keys(path("k")); }).find(path("k") + ": this key is secret"), 0u);
    EXPECT_EQ(fault([&] { SigningKey::read(path("k.pub")); }).find(path("k.pub") + ": no secret key"), 0u);
    std::string text = read_file(path("k"));
    text[40] = text[40] == 'A' ? 'B' : 'A'; // of the seed: the public key behind it is no longer its own
    write_text_atomically(path("k"), text);
    EXPECT_EQ(fault([&] { SigningKey::read(path("k")); }).find(path("k") + ": the secret key is damaged"), 0u);
}

/// RFC 8032, 7.1, test 1: the key and the signature of no bytes.
TEST_F(Signatures, ThePublishedVector)
{
    const PublicKey key = { 0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
                            0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a };
    const Signature signature = { 0xe5, 0x56, 0x43, 0x00, 0xc3, 0x60, 0xac, 0x72, 0x90, 0x86, 0xe2, 0xcc, 0x80, 0x6e, 0x82, 0x8a,
                                  0x84, 0x87, 0x7f, 0x1e, 0xb8, 0xe5, 0xd9, 0x74, 0xd8, 0x73, 0xe0, 0x65, 0x22, 0x49, 0x01, 0x55,
                                  0x5f, 0xb8, 0x82, 0x15, 0x90, 0xa3, 0x3b, 0xac, 0xc6, 0x1e, 0x39, 0x70, 0x1c, 0xf9, 0xb4, 0x6b,
                                  0xd2, 0x5b, 0xf5, 0xf0, 0x59, 0x5b, 0xbe, 0x24, 0x65, 0x51, 0x41, 0x43, 0x8e, 0x7a, 0x10, 0x0b };
    EXPECT_TRUE(is_signed_by(key, "", signature));
}

} // namespace
} // namespace prunedamr
