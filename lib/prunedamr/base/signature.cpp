// SPDX-License-Identifier: GPL-3.0-or-later
// A key file is one line of text: "prunedamr-secret-key ed25519 " and libsodium's 64 bytes of seed and public key in
// base64, or "prunedamr-public-key ed25519 " and its 32. Lines that are empty or begin with # say nothing.
#include "prunedamr/base/signature.h"

#include "prunedamr/base/checksum.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/text.h"

#include <sodium.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sstream>
#include <unistd.h>

namespace prunedamr {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSecret = "prunedamr-secret-key ed25519 ", kPublic = "prunedamr-public-key ed25519 ";
constexpr std::size_t kMaxFileBytes = 1'000'000;

static_assert(sizeof(PublicKey) == crypto_sign_PUBLICKEYBYTES && sizeof(Signature) == crypto_sign_BYTES);

void start_sodium()
{
    if (sodium_init() < 0)
        throw Error({ "cannot use libsodium", "", "", "" });
}

template <std::size_t kBytes> std::string_view view_of(const std::array<std::uint8_t, kBytes>& bytes)
{
    return { reinterpret_cast<const char*>(bytes.data()), kBytes };
}

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    std::istringstream all(text);
    for (std::string line; std::getline(all, line);) {
        line.erase(line.find_last_not_of(" \t\r") + 1);
        if (!line.empty() && line.front() != '#')
            lines.push_back(line);
    }
    return lines;
}

/// The bytes behind `kind`; none where that does not stand there, or other than `kBytes` behind it.
template <std::size_t kBytes>
std::optional<std::array<std::uint8_t, kBytes>> key_in(const std::string& line, std::string_view kind)
{
    std::array<std::uint8_t, kBytes> key;
    if (line.compare(0, kind.size(), kind) != 0)
        return std::nullopt;
    auto bytes = from_base64(std::string_view(line).substr(kind.size()));
    if (!bytes || bytes->size() != kBytes)
        return std::nullopt;
    std::memcpy(key.data(), bytes->data(), kBytes);
    sodium_memzero(bytes->data(), kBytes);
    return key;
}

void write_new(const std::string& path, const std::string& text, mode_t mode)
{
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0)
        throw SystemError("cannot make a key file", path, errno, errno == EEXIST ? "a name that is not taken" : "");
    const bool whole = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
    const int fault = errno;
    ::close(file);
    if (whole)
        return;
    ::unlink(path.c_str());
    throw SystemError("cannot write a key file", path, fault);
}

void append_keys_of(const std::string& path, std::vector<PublicKey>& keys)
{
    for (const std::string& line : lines_of(read_file(path, kMaxFileBytes))) {
        const auto key = key_in<sizeof(PublicKey)>(line, kPublic);
        if (!key)
            throw Error({ line.compare(0, kSecret.size(), kSecret) == 0 ? "this key is secret" : "no public key", path, "",
                          "NAME.pub of 'prunedamr key new'" });
        keys.push_back(*key);
    }
}

} // namespace

std::string fingerprint(const PublicKey& key)
{
    return to_hex(sha256(key.data(), key.size())).substr(0, 32);
}

SigningKey SigningKey::make()
{
    start_sodium();
    SigningKey key;
    PublicKey ignored;
    crypto_sign_keypair(ignored.data(), key.secret_.data());
    return key;
}

SigningKey SigningKey::read(const std::string& path)
{
    start_sodium();
    const auto lines = lines_of(read_file(path, kMaxFileBytes));
    auto found = lines.size() == 1 ? key_in<64>(lines.front(), kSecret) : std::nullopt;
    if (!found)
        throw Error({ "no secret key for signatures", path, "", "the file that 'prunedamr key new' made" });
    SigningKey key;
    key.secret_ = *found;
    sodium_memzero(found->data(), found->size());
    std::array<std::uint8_t, crypto_sign_SEEDBYTES> seed;
    PublicKey expected;
    std::array<std::uint8_t, 64> again;
    crypto_sign_ed25519_sk_to_seed(seed.data(), key.secret_.data());
    crypto_sign_seed_keypair(expected.data(), again.data(), seed.data());
    const bool sound = expected == key.public_key();
    sodium_memzero(seed.data(), seed.size());
    sodium_memzero(again.data(), again.size());
    if (!sound)
        throw Error({ "the secret key is damaged", path, "", "" });
    return key;
}

SigningKey::~SigningKey()
{
    sodium_memzero(secret_.data(), secret_.size());
}

void SigningKey::write(const std::string& path) const
{
    if (fs::path(path).extension() == ".pub")
        throw InvalidArgument({ "bad name of a secret key", path, "", "one without .pub, which is the public key's" });
    const std::string beside = path + ".pub";
    if (std::error_code ignored; fs::exists(beside, ignored))
        throw SystemError("cannot make a key file", beside, EEXIST, "a name that is not taken");
    std::string text = std::string(kSecret) + to_base64(view_of(secret_)) + "\n";
    write_new(path, text, 0600);
    sodium_memzero(text.data(), text.size());
    try {
        write_new(beside, std::string(kPublic) + to_base64(view_of(public_key())) + "\n", 0644);
    } catch (const Error&) {
        ::unlink(path.c_str()); // half a pair is none
        throw;
    }
}

PublicKey SigningKey::public_key() const
{
    PublicKey key;
    crypto_sign_ed25519_sk_to_pk(key.data(), secret_.data());
    return key;
}

Signature SigningKey::sign(std::string_view bytes) const
{
    Signature signature;
    crypto_sign_detached(signature.data(), nullptr, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                         secret_.data());
    return signature;
}

bool is_signed_by(const PublicKey& key, std::string_view bytes, const Signature& signature)
{
    start_sodium();
    return crypto_sign_verify_detached(signature.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                                       bytes.size(), key.data()) == 0;
}

std::vector<PublicKey> read_public_keys(const std::string& path)
{
    std::vector<PublicKey> keys;
    std::error_code failure;
    if (!fs::is_directory(path, failure)) {
        append_keys_of(path, keys);
    } else {
        std::vector<fs::path> files;
        for (fs::directory_iterator entry(path, failure), end; !failure && entry != end; entry.increment(failure))
            if (entry->path().extension() == ".pub")
                files.push_back(entry->path());
        if (failure)
            throw Error({ "cannot read the folder of keys", path, failure.message(), "" });
        std::sort(files.begin(), files.end()); // so that of two bad ones always the same is named
        for (const fs::path& file : files)
            append_keys_of(file, keys);
    }
    if (keys.empty())
        throw Error({ "no public key", path, "", "NAME.pub of 'prunedamr key new'" });
    return keys;
}

} // namespace prunedamr
