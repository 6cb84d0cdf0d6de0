// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
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

/// One tensor: to be written, with its `data`; or as a `File` describes it, with its place there.
struct View {
    Dtype dtype;
    std::vector<std::int64_t> shape;
    const std::byte* data; ///< null in those of a `File`
    std::size_t size_bytes;
    std::uint64_t offset = 0; ///< of its first byte in the `File`

    std::size_t count() const; ///< number of elements
};

/// A file whose header is read at once and whose tensors are read when they are asked for. Every length is bounded
/// by the file's size before it is used. A file that others write to meanwhile gives an `Error`.
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

    /// Bytes `first`..`first + bytes` of a tensor of this file. Throws `Error` when the file no longer holds them.
    void read(const View& tensor, std::size_t first, std::size_t bytes, void* out) const;

    /// All elements of a tensor of this file, whose type has the size of T.
    template <typename T> std::vector<T> values(const View& tensor) const
    {
        std::vector<T> result(tensor.size_bytes / sizeof(T));
        read(tensor, 0, result.size() * sizeof(T), result.data());
        return result;
    }

    /// Throws `Error` when somebody has written to the file since it was opened.
    void check_unchanged() const;

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
