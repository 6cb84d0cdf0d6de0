// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/model_update.h"

#include "prunedamr/model/model_patch.h"

#include <algorithm>
#include <cstring>

namespace prunedamr::model {
namespace {

constexpr std::string_view kUpdateMagic = "PAMRSIGN";
constexpr std::size_t kSequenceAt = 12, kTimeAt = 20, kBaseAt = 28, kUpdatedAt = 60, kKeyAt = 92, kSizeAt = 124,
                      kPatchAt = 132;

void append_number(std::string& bytes, std::uint64_t value, int count)
{
    for (int i = 0; i < count; ++i)
        bytes += static_cast<char>(value >> (8 * i));
}

std::uint64_t number_at(std::string_view bytes, std::size_t offset, std::size_t count)
{
    std::uint64_t value = 0;
    for (std::size_t i = count; i-- > 0;)
        value = value << 8 | static_cast<std::uint8_t>(bytes[offset + i]);
    return value;
}

template <class Bytes> std::string_view bytes_of(const Bytes& bytes)
{
    return { reinterpret_cast<const char*>(bytes.data()), bytes.size() };
}

[[noreturn]] void refuse_damaged(const std::string& name, const std::string& what, const std::string& found,
                                 const std::string& expected)
{
    throw UpdateRefused(UpdateFault::damaged, { "update is damaged: " + what, name, found, expected });
}

/// All but who signed it.
Update parsed(const std::string& bytes, const std::string& name)
{
    if (bytes.rfind("PAMRDIFF", 0) == 0)
        refuse_damaged(name, "it is not signed", "what 'model diff' wrote without --sign", "what 'model diff --sign' wrote");
    if (bytes.size() < kPatchAt + sizeof(Signature) || !is_signed_update(bytes))
        refuse_damaged(name, "it does not begin as a signed update does", "", "what 'model diff --sign' wrote");
    if (const auto format = number_at(bytes, 8, 4); format < 1 || format > kUpdateFormat)
        refuse_damaged(name, "or it is of a newer format", "format " + std::to_string(format),
                       "at most format " + std::to_string(kUpdateFormat));
    const std::uint64_t size = number_at(bytes, kSizeAt, 8);
    if (size != bytes.size() - kPatchAt - sizeof(Signature))
        refuse_damaged(name, "its length is wrong", std::to_string(bytes.size()) + " bytes", "");
    Update update;
    update.sequence = number_at(bytes, kSequenceAt, 8);
    if (update.sequence > kMaxSequence)
        refuse_damaged(name, "its number is too large", std::to_string(update.sequence), "at most " + std::to_string(kMaxSequence));
    update.time_s = static_cast<std::int64_t>(number_at(bytes, kTimeAt, 8));
    std::memcpy(update.base.data(), bytes.data() + kBaseAt, update.base.size());
    std::memcpy(update.updated.data(), bytes.data() + kUpdatedAt, update.updated.size());
    std::memcpy(update.key.data(), bytes.data() + kKeyAt, update.key.size());
    update.patch = bytes.substr(kPatchAt, size);
    try {
        const PatchEnds ends = patch_ends(update.patch);
        if (ends.base != update.base || ends.updated != update.updated)
            refuse_damaged(name, "it names other models than its content", to_hex(ends.base), to_hex(update.base));
    } catch (const UpdateRefused&) {
        throw;
    } catch (const Error& error) {
        throw UpdateRefused(UpdateFault::damaged, { error.parts().problem, name, error.parts().found, error.parts().expected });
    }
    return update;
}

void check_signature(const Update& update, const std::string& bytes, const std::string& name)
{
    Signature signature;
    const std::size_t covered = bytes.size() - signature.size();
    std::memcpy(signature.data(), bytes.data() + covered, signature.size());
    if (!is_signed_by(update.key, std::string_view(bytes).substr(0, covered), signature))
        throw UpdateRefused(UpdateFault::bad_signature, { "update has a bad signature", name, "", "" });
}

} // namespace

const char* to_string(UpdateFault fault)
{
    switch (fault) {
    case UpdateFault::damaged:
        return "damaged";
    case UpdateFault::unknown_key:
        return "unknown_key";
    case UpdateFault::bad_signature:
        return "bad_signature";
    case UpdateFault::other_base:
        return "other_base";
    case UpdateFault::not_newer:
        return "not_newer";
    case UpdateFault::unusable:
        break;
    }
    return "unusable";
}

std::string signed_update(const std::string& patch, std::uint64_t sequence, std::int64_t time_s, const SigningKey& key)
{
    const PatchEnds ends = patch_ends(patch);
    std::string bytes(kUpdateMagic);
    append_number(bytes, kUpdateFormat, 4);
    append_number(bytes, sequence, 8);
    append_number(bytes, static_cast<std::uint64_t>(time_s), 8);
    bytes += bytes_of(ends.base);
    bytes += bytes_of(ends.updated);
    bytes += bytes_of(key.public_key());
    append_number(bytes, patch.size(), 8);
    bytes += patch;
    bytes += bytes_of(key.sign(bytes));
    if (bytes.size() > kMaxUpdateBytes)
        throw Error({ "the update is too large", "", std::to_string(bytes.size()) + " bytes",
                      "at most " + std::to_string(kMaxUpdateBytes) });
    return bytes;
}

bool is_signed_update(const std::string& bytes)
{
    return bytes.compare(0, kUpdateMagic.size(), kUpdateMagic) == 0;
}

Update read_update(const std::string& bytes, const std::vector<PublicKey>& keys, const std::string& name)
{
    const Update update = parsed(bytes, name);
    if (std::find(keys.begin(), keys.end(), update.key) == keys.end())
        throw UpdateRefused(UpdateFault::unknown_key,
                            { "update is signed by an unknown key", name, fingerprint(update.key), "" });
    check_signature(update, bytes, name);
    return update;
}

Update read_update(const std::string& bytes, const std::string& name)
{
    const Update update = parsed(bytes, name);
    check_signature(update, bytes, name);
    return update;
}

} // namespace prunedamr::model
