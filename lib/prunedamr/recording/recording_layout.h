// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/recording/byte_source.h"
#include "prunedamr/recording/recording.h"

#include <utility>

namespace prunedamr::recording {

/// Strange things that do not stop the reading, counted by kind so that a thousand of one kind are one line.
class Notes
{
public:
    void add(const std::string& kind, const std::string& example);

    /// "WHERE: KIND (3 times, first: EXAMPLE)"
    std::vector<std::string> lines(const std::string& where) const;

private:
    struct Note {
        std::string kind;
        std::string first;
        std::uint64_t times;
    };
    std::vector<Note> notes_;
};

/// Samples that follow each other in the file, as the file counts them: two real-valued ones become one.
struct SampleRange {
    std::uint64_t first_sample;
    std::uint64_t sample_count;
    std::uint64_t file_offset; ///< in bytes, of first_sample
};

/// Where the samples of a recording lie; what the reader of each container finds out.
struct RecordingLayout {
    std::shared_ptr<ByteSource> bytes; ///< that hold the samples
    RecordingInfo info;
    std::vector<SampleRange> ranges; ///< in order, gapless from sample 0, not empty ones, inside the file
    int channels = 1;                ///< interleaved
    int channel = 0;                 ///< the one to read
    float scale = 1.0f;              ///< of samples that do not fill their words
    bool q_first = false;
};

/// More interleaved channels than any receiver has; bounds what a file can make us buffer.
constexpr int kMaxChannels = 1024;

/// A file that is to be read as a recording.
struct Input {
    std::string path;
    std::string name; ///< the path without the ending of a compression
    std::shared_ptr<ByteSource> bytes;
    std::string head; ///< the first 4 KiB
    Notes notes;
};

/// One kind of container. The contents decide which reader takes a file; only where none knows them, the extension.
struct Reader {
    const char* name;
    const char* extensions; ///< " .wav .wave "
    bool (*recognizes)(const Input& input);
    RecordingLayout (*open)(Input& input, const RawOptions& raw);
};

RecordingLayout open_layout(const std::string& path, const RawOptions& raw);
RecordingLayout open_layout(Input& input, const RawOptions& raw); ///< any but SigMF in two files

bool is_sigmf(const std::string& path);
RecordingLayout open_sigmf(const std::string& path, const RawOptions& raw);
RecordingLayout open_sigmf_archive(Input& input, const RawOptions& raw);
bool is_wav(const Input& input);
RecordingLayout open_wav(Input& input, const RawOptions& raw);
bool is_sdriq(const Input& input);
RecordingLayout open_sdriq(Input& input, const RawOptions& raw);
bool is_npy(const Input& input);
RecordingLayout open_npy(Input& input, const RawOptions& raw);
bool is_xml_headed(const Input& input);
RecordingLayout open_xml_headed(Input& input, const RawOptions& raw);
bool is_blue(const Input& input);
RecordingLayout open_blue(Input& input, const RawOptions& raw);
bool is_gnuradio_meta(const Input& input);
RecordingLayout open_gnuradio_meta(Input& input, const RawOptions& raw);
bool is_vita49(const Input& input);
RecordingLayout open_vita49(Input& input, const RawOptions& raw);
RecordingLayout open_raw(Input& input, const RawOptions& raw);

/// Size in bytes of a regular file that must exist and hold something.
std::uint64_t checked_size(const std::string& path);
Input open_input(const std::string& path);
Input open_input(std::unique_ptr<ByteSource> bytes); ///< that are not empty, compressed or not

/// What the option says and what the file says (`file_rate_hz` <= 0: nothing) must agree; one must be there.
double agreed_rate(const std::string& path, double file_rate_hz, const RawOptions& raw, const char* absent);
void check_format_agrees(const std::string& path, SampleFormat of_file, const RawOptions& raw);

/// Frames (one sample of each channel) in `bytes`; what is left over of one is noted. Throws `Error` for none.
std::uint64_t whole_frames(const std::string& path, std::uint64_t bytes, SampleFormat format, int channels,
                           Notes& notes);

/// Sets channels and the one to read; notes that one of several is read unasked. `name`: what the file calls them.
void choose_channel(std::uint64_t channels, const char* name, const std::string& where, const RawOptions& raw,
                    RecordingLayout& layout, Notes& notes);

/// `count` samples from `offset` on behind those that are there.
void add_range(RecordingLayout& layout, std::uint64_t count, std::uint64_t offset);

/// What a simple container says: samples of one capture.
struct Header {
    SampleFormat format = SampleFormat::ci16_le;
    double sample_rate_hz = 0.0;
    std::optional<double> center_freq_hz;
    std::optional<std::int64_t> time_ns;
    std::uint64_t channels = 1;
    std::uint64_t begin = 0; ///< of the samples
    std::uint64_t end = 0;   ///< in bytes, below 2^63; behind the file: noted and cut there
    std::vector<std::pair<std::uint64_t, std::uint64_t>> more = {}; ///< begin and end of further stretches
    float scale = 1.0f;
    bool q_first = false;
};

/// Checked against the options, completed by the name.
RecordingLayout layout_of(const Header& header, Input& input, const RawOptions& raw);

/// Notes become warnings; real-valued samples are counted as what `RealToComplex` makes of them.
void finish(RecordingLayout& layout, const std::string& where, const Notes& notes);

/// Unsigned number of `count` bytes, 0 where they are not there.
std::uint64_t number_at(const std::string& bytes, std::size_t offset, std::size_t count, bool big_endian = false);
double double_at(const std::string& bytes, std::size_t offset, bool big_endian = false);

/// `ns` in seconds since 1970, where that fits in 63 bits of nanoseconds.
std::optional<std::int64_t> time_of_seconds(double seconds);

} // namespace prunedamr::recording
