// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/checksum.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/signature.h"

#include <cstdint>
#include <string>
#include <vector>

/// Signed updates: what turns one model into another (model_patch.h), with a number and a time, signed as a whole.
/// The layout is in docs/user/formats.md.
namespace prunedamr::model {

/// Format version written; readers refuse a greater one by name.
inline constexpr int kUpdateFormat = 1;

/// Of an update's number: what every reader of JSON keeps exactly.
inline constexpr std::uint64_t kMaxSequence = std::uint64_t{ 1 } << 53;

/// Of an update; receivers, hubs and the tools take no larger one.
inline constexpr std::size_t kMaxUpdateBytes = 64u << 20;

/// Why a receiver does not take an update.
enum class UpdateFault { damaged, unknown_key, bad_signature, other_base, not_newer, unusable };

const char* to_string(UpdateFault fault); ///< "damaged", "unknown_key", ...

class UpdateRefused : public Error
{
public:
    UpdateRefused(UpdateFault fault, Parts parts) : Error(std::move(parts)), fault_(fault) {}
    UpdateFault fault() const { return fault_; }

private:
    UpdateFault fault_;
};

struct Update {
    std::uint64_t sequence = 0; ///< a receiver takes only greater ones than it had
    std::int64_t time_s = 0;    ///< when it was signed, seconds since 1970
    Sha256 base{}, updated{};   ///< hashes of the two model files
    PublicKey key{};            ///< of who signed it
    std::string patch;          ///< what `apply_patch` reads
};

/// The bytes of an update file. `patch`: what `diff_models` wrote; throws `Error` for what is no such file, and where the
/// update would be too large.
std::string signed_update(const std::string& patch, std::uint64_t sequence, std::int64_t time_s, const SigningKey& key);

/// Whether bytes begin as an update file does.
bool is_signed_update(const std::string& bytes);

/// Reads an update file that one of `keys` has signed. `name` stands in messages. Throws `UpdateRefused`, in this
/// order: damaged (cut short, a wrong checksum, a newer format), unknown key, bad signature.
Update read_update(const std::string& bytes, const std::vector<PublicKey>& keys, const std::string& name);

/// The same of any key, the one in it: the signature must be good, but by whom it is nobody knows.
Update read_update(const std::string& bytes, const std::string& name);

} // namespace prunedamr::model
