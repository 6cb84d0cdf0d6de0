// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr {

/// The safetensors container: an 8-byte little-endian header length, a JSON header
/// {name: {dtype, shape, data_offsets}, "__metadata__": {string: string}}, then the tensors' bytes.
/// Used by model files and, where HDF5 is absent, by data sets.
namespace safetensors {

enum class Dtype { f32, f16, i64, i32, i8, u8 };

std::size_t size_of(Dtype dtype);
const char* to_string(Dtype dtype); ///< "F32", "F16", "I64", "I32", "I8", "U8"

/// A view of one tensor; `data` stays valid while the `File` that gave it lives.
struct View {
    Dtype dtype;
    std::vector<std::int64_t> shape;
    const std::byte* data;
    std::size_t size_bytes;

    std::size_t count() const; ///< number of elements
};

/// A file mapped read-only. Every length is bounded by the file's size before it is used.
class File
{
public:
    /// Throws `Error` naming what is wrong: unreadable, shorter than its header says, header that is not
    /// JSON, unknown dtype, shape that disagrees with its byte range, ranges that overlap or leave holes.
    explicit File(const std::string& path);
    ~File();
    File(File&&) noexcept;
    File& operator=(File&&) noexcept;

    const std::map<std::string, std::string>& metadata() const;
    const std::map<std::string, View>& tensors() const;

    /// Throws `Error` naming the tensor when it is absent or of another dtype.
    const View& at(const std::string& name, Dtype dtype) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

struct Layout {
    Dtype dtype;
    std::vector<std::int64_t> shape;
};

/// The bytes before the tensors' own, which follow in name order without gaps. Padded to 8 bytes and to at least
/// `min_bytes`, so that a writer can leave room for it and fill it in when it knows the shapes.
std::string file_header(const std::map<std::string, Layout>& tensors,
                        const std::map<std::string, std::string>& metadata, std::size_t min_bytes = 0);

/// Writes atomically. The views' data must stay valid during the call. Tensors are stored in name order
/// without gaps, so that equal content gives equal bytes. The header is padded to 8 bytes.
void write(const std::string& path, const std::map<std::string, View>& tensors,
           const std::map<std::string, std::string>& metadata);

} // namespace safetensors
} // namespace prunedamr
