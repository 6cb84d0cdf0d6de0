// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/recording/byte_source.h"

#include "prunedamr/base/error.h"
#include "prunedamr/recording/recording_layout.h"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace prunedamr::recording {
namespace {

class PlainFile : public ByteSource
{
public:
    explicit PlainFile(const std::string& path) : ByteSource(path), file_(open(path.c_str(), O_RDONLY | O_CLOEXEC))
    {
        if (file_ < 0)
            throw SystemError("cannot open", path, errno, "a readable file");
        struct stat status;
        if (fstat(file_, &status) != 0) {
            const int code = errno;
            close(file_);
            throw SystemError("cannot read", path, code);
        }
        size_ = static_cast<std::uint64_t>(status.st_size);
    }
    ~PlainFile() override { close(file_); }

    std::uint64_t size() const override { return size_; }

    void read(std::uint64_t offset, void* bytes, std::size_t count) override
    {
        for (std::size_t done = 0; done < count;) {
            const auto got =
                pread(file_, static_cast<char*>(bytes) + done, count - done, static_cast<off_t>(offset + done));
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                throw SystemError("cannot read", path(), errno);
            if (got == 0)
                throw Error({ "truncated file", path(), "its end at byte " + std::to_string(offset + done),
                              std::to_string(count - done) + " more bytes" });
            done += static_cast<std::size_t>(got);
        }
    }

private:
    int file_;
    std::uint64_t size_ = 0;
};

/// What a decoder works on: it moves `in` and `out` forward.
struct Work {
    const char* in;
    std::size_t in_size;
    char* out;
    std::size_t out_size;
    bool in_ends; ///< nothing comes behind `in`
};

enum class Progress { more, end, damaged };

class Decoder
{
public:
    virtual ~Decoder() = default;
    virtual Progress step(Work& work) = 0;
};

class Gzip : public Decoder
{
public:
    Gzip() { PRUNEDAMR_CHECK(inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK, "zlib starts"); }
    ~Gzip() override { inflateEnd(&stream_); }

    Progress step(Work& work) override
    {
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(work.in));
        stream_.avail_in = static_cast<uInt>(work.in_size);
        stream_.next_out = reinterpret_cast<Bytef*>(work.out);
        stream_.avail_out = static_cast<uInt>(work.out_size);
        const int code = inflate(&stream_, Z_NO_FLUSH);
        work = { work.in + (work.in_size - stream_.avail_in), stream_.avail_in,
                 work.out + (work.out_size - stream_.avail_out), stream_.avail_out, work.in_ends };
        if (code == Z_STREAM_END) { // another member may follow; what is none ends the file, as gzip has it
            inflateReset(&stream_);
            return work.in_size == 0 ? (work.in_ends ? Progress::end : Progress::more)
                                     : (*work.in == '\x1f' ? Progress::more : Progress::end);
        }
        return code == Z_OK || code == Z_BUF_ERROR ? Progress::more : Progress::damaged;
    }

private:
    z_stream stream_{};
};

class Bzip2 : public Decoder
{
public:
    Bzip2() { start(); }
    ~Bzip2() override { BZ2_bzDecompressEnd(&stream_); }

    Progress step(Work& work) override
    {
        stream_.next_in = const_cast<char*>(work.in);
        stream_.avail_in = static_cast<unsigned>(work.in_size);
        stream_.next_out = work.out;
        stream_.avail_out = static_cast<unsigned>(work.out_size);
        const int code = BZ2_bzDecompress(&stream_);
        work = { stream_.next_in, stream_.avail_in, stream_.next_out, stream_.avail_out, work.in_ends };
        if (code == BZ_STREAM_END) {
            BZ2_bzDecompressEnd(&stream_);
            start();
            return work.in_size == 0 && work.in_ends ? Progress::end : Progress::more;
        }
        return code == BZ_OK ? Progress::more : Progress::damaged;
    }

private:
    void start()
    {
        stream_ = {};
        PRUNEDAMR_CHECK(BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK, "bzip2 starts");
    }

    bz_stream stream_{};
};

class Xz : public Decoder
{
public:
    Xz()
    {
        constexpr std::uint64_t kMemory = 256u << 20; // four times what `xz -9` needs
        PRUNEDAMR_CHECK(lzma_stream_decoder(&stream_, kMemory, LZMA_CONCATENATED) == LZMA_OK, "liblzma starts");
    }
    ~Xz() override { lzma_end(&stream_); }

    Progress step(Work& work) override
    {
        stream_.next_in = reinterpret_cast<const std::uint8_t*>(work.in);
        stream_.avail_in = work.in_size;
        stream_.next_out = reinterpret_cast<std::uint8_t*>(work.out);
        stream_.avail_out = work.out_size;
        const lzma_ret code = lzma_code(&stream_, work.in_ends ? LZMA_FINISH : LZMA_RUN);
        work = { reinterpret_cast<const char*>(stream_.next_in), stream_.avail_in,
                 reinterpret_cast<char*>(stream_.next_out), stream_.avail_out, work.in_ends };
        if (code == LZMA_STREAM_END)
            return Progress::end;
        return code == LZMA_OK || code == LZMA_BUF_ERROR ? Progress::more : Progress::damaged;
    }

private:
    lzma_stream stream_ = LZMA_STREAM_INIT;
};

class Zstd : public Decoder
{
public:
    Zstd() : stream_(ZSTD_createDStream()) { PRUNEDAMR_CHECK(stream_ != nullptr, "zstd starts"); }
    ~Zstd() override { ZSTD_freeDStream(stream_); }

    Progress step(Work& work) override
    {
        ZSTD_inBuffer in{ work.in, work.in_size, 0 };
        ZSTD_outBuffer out{ work.out, work.out_size, 0 };
        const std::size_t code = ZSTD_decompressStream(stream_, &out, &in);
        work = { work.in + in.pos, work.in_size - in.pos, work.out + out.pos, work.out_size - out.pos,
                 work.in_ends };
        if (ZSTD_isError(code))
            return Progress::damaged;
        return code == 0 && work.in_size == 0 && work.in_ends ? Progress::end : Progress::more;
    }

private:
    ZSTD_DStream* stream_;
};

struct Codec {
    const char* name;
    std::string_view magic;
    std::string_view ending;
    std::unique_ptr<Decoder> (*make)();
};

template <typename D> std::unique_ptr<Decoder> make()
{
    return std::make_unique<D>();
}

constexpr Codec kCodecs[] = { { "gzip", "\x1f\x8b\x08", ".gz", make<Gzip> },
                              { "bzip2", "BZh", ".bz2", make<Bzip2> },
                              { "xz", { "\xfd\x37zXZ\0", 6 }, ".xz", make<Xz> },
                              { "zstd", "\x28\xb5\x2f\xfd", ".zst", make<Zstd> } };

const Codec* codec_of(std::string_view head)
{
    for (const auto& codec : kCodecs)
        if (head.substr(0, codec.magic.size()) == codec.magic)
            return &codec;
    return nullptr;
}

class CompressedFile : public ByteSource
{
public:
    CompressedFile(std::unique_ptr<ByteSource> file, const Codec& codec, Notes& notes)
        : ByteSource(file->path()), file_(std::move(file)), codec_(codec)
    {
        restart();
        while (const std::size_t got = decode(scratch_.data(), scratch_.size()))
            size_ += got;
        if (!ended_well_)
            notes.add(std::string("the ") + codec.name + " file is cut short or damaged, what comes before is read",
                      "byte " + std::to_string(consumed_));
        if (size_ == 0)
            throw Error({ "compressed file is damaged or empty", path(), codec.name, "samples" });
        restart();
    }

    std::uint64_t size() const override { return size_; }
    bool is_compressed() const override { return true; }

    void read(std::uint64_t offset, void* bytes, std::size_t count) override
    {
        if (offset < position_)
            restart();
        while (position_ < offset)
            take(scratch_.data(),
                 static_cast<std::size_t>(std::min<std::uint64_t>(scratch_.size(), offset - position_)));
        for (std::size_t done = 0; done < count;)
            done += take(static_cast<char*>(bytes) + done, count - done);
    }

private:
    void restart()
    {
        decoder_ = codec_.make();
        consumed_ = position_ = 0;
        begin_ = end_ = 0;
        ended_ = ended_well_ = false;
    }

    std::size_t take(char* bytes, std::size_t count)
    {
        const std::size_t got = decode(bytes, count);
        if (got == 0)
            throw Error({ "truncated file", path(), "its end at byte " + std::to_string(position_),
                          std::to_string(count) + " more bytes" });
        return got;
    }

    /// Up to `count` bytes, 0 at the end.
    std::size_t decode(char* bytes, std::size_t count)
    {
        Work work{ nullptr, 0, bytes, count, false };
        while (!ended_ && work.out_size > 0) {
            if (begin_ == end_)
                refill();
            work.in = input_.data() + begin_;
            work.in_size = end_ - begin_;
            work.in_ends = consumed_ == file_->size();
            const std::size_t before = work.in_size + work.out_size;
            const Progress progress = decoder_->step(work);
            begin_ = end_ - work.in_size;
            ended_well_ = progress == Progress::end;
            ended_ = progress != Progress::more ||
                     (work.in_ends && work.in_size + work.out_size == before); // it waits for what never comes
        }
        position_ += count - work.out_size;
        return count - work.out_size;
    }

    void refill()
    {
        begin_ = 0;
        end_ = static_cast<std::size_t>(std::min<std::uint64_t>(input_.size(), file_->size() - consumed_));
        file_->read(consumed_, input_.data(), end_);
        consumed_ += end_;
    }

    std::unique_ptr<ByteSource> file_;
    const Codec& codec_;
    std::unique_ptr<Decoder> decoder_;
    std::vector<char> input_ = std::vector<char>(64 << 10), scratch_ = std::vector<char>(64 << 10);
    std::size_t begin_ = 0, end_ = 0; ///< of what is not yet decoded in input_
    std::uint64_t consumed_ = 0;      ///< of the file
    std::uint64_t position_ = 0;      ///< of what is inside
    std::uint64_t size_ = 0;
    bool ended_ = false, ended_well_ = false;
};

} // namespace

std::string ByteSource::text(std::uint64_t offset, std::uint64_t size, std::size_t limit)
{
    if (size > limit)
        throw Error({ "file is too large", path_, std::to_string(size) + " bytes of metadata",
                      "at most " + std::to_string(limit) });
    const std::uint64_t end = this->size();
    if (offset > end || size > end - offset)
        throw Error({ "truncated file", path_, "its end at byte " + std::to_string(end),
                      std::to_string(size) + " bytes from byte " + std::to_string(offset) });
    std::string content(size, '\0');
    read(offset, content.data(), content.size());
    return content;
}

std::string ByteSource::some(std::uint64_t offset, std::size_t count)
{
    const std::uint64_t left = size() - std::min(size(), offset);
    return text(offset, std::min<std::uint64_t>(count, left), count);
}

std::unique_ptr<ByteSource> open_file(const std::string& path)
{
    checked_size(path);
    return std::make_unique<PlainFile>(path);
}

std::unique_ptr<ByteSource> open_bytes(const std::string& path, Notes& notes)
{
    return decompressed(open_file(path), notes);
}

std::unique_ptr<ByteSource> decompressed(std::unique_ptr<ByteSource> bytes, Notes& notes)
{
    if (const Codec* codec = codec_of(bytes->some(0, 8)))
        return std::make_unique<CompressedFile>(std::move(bytes), *codec, notes);
    return bytes;
}

std::string without_compression(const std::string& path)
{
    for (const auto& codec : kCodecs)
        if (path.size() > codec.ending.size() &&
            path.compare(path.size() - codec.ending.size(), codec.ending.size(), codec.ending) == 0)
            return path.substr(0, path.size() - codec.ending.size());
    return path;
}

const char* compression_of(const std::string& head)
{
    const Codec* codec = codec_of(head);
    return codec ? codec->name : nullptr;
}

} // namespace prunedamr::recording
