// SPDX-License-Identifier: GPL-3.0-or-later
// The first byte chooses: public keys, a secret key, a signed update as it comes, or the fields of one in whose content the
// checksum is right.
#include "prunedamr/base/checksum.h"
#include "prunedamr/base/signature.h"
#include "prunedamr/model/model_patch.h"
#include "prunedamr/model/model_update.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace prunedamr;

constexpr std::size_t kPatchAt = 132;

void put(std::string& bytes, std::size_t at, std::string_view what)
{
    if (bytes.size() >= at + what.size())
        bytes.replace(at, what.size(), what);
}

/// With its length and its checksum, and the hashes of the models where the update repeats them.
std::string completed(std::string bytes)
{
    if (bytes.size() < kPatchAt + 92)
        return bytes;
    const std::string patch = bytes.substr(kPatchAt);
    const Sha256 hash = sha256(patch.data(), patch.size());
    const std::size_t size = patch.size() + hash.size();
    for (std::size_t i = 0; i < 8; ++i)
        bytes[kPatchAt - 8 + i] = static_cast<char>(size >> (8 * i) & 0xff);
    put(bytes, 28, patch.substr(12, 64));
    bytes.append(reinterpret_cast<const char*>(hash.data()), hash.size());
    return bytes.append(sizeof(Signature), '\0');
}

void read(unsigned kind, const std::string& text)
{
    const std::vector<PublicKey> keys{ PublicKey{} };
    if (kind == 2)
        model::read_update(text, "input");
    if (kind == 3)
        model::read_update(completed(text), keys, "input");
    if (kind >= 2)
        return;
    const fuzz::InputFile file(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    if (kind == 0)
        fuzz::require(!read_public_keys(file.path()).empty());
    else
        SigningKey::read(file.path()).public_key();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        if (size > 0)
            read(data[0] & 3, std::string(fuzz::text_of(data + 1, size - 1)));
    } catch (const Error&) {
    }
    return 0;
}
