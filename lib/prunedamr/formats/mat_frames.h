// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/frame_source.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::formats {

constexpr std::size_t kMaxArrayRank = 8;

/// A variable of a MAT file. Extents are MATLAB's: the first axis varies fastest.
struct MatVariable {
    enum class Kind { numbers, text, cell, other };
    std::string name;
    Kind kind = Kind::other;
    std::vector<std::size_t> extents;
    bool is_complex = false;

    std::string text() const; ///< "XTrainIQ [2,512,1,252000]"
};

/// A part of a numeric variable, as doubles.
struct MatSlab {
    std::vector<double> real;
    std::vector<double> imaginary; ///< empty when the variable is real
};

/// A MAT file of version 5 (v6, v7) or 7.3, through libmatio, which is kept silent. No variable is read whose
/// claimed size the file could not hold, compressed or not. Throws `Error` naming file and variable.
class MatFile
{
public:
    explicit MatFile(const std::string& path);
    ~MatFile();
    MatFile(const MatFile&) = delete;
    MatFile& operator=(const MatFile&) = delete;

    const std::vector<MatVariable>& variables() const;

    /// Elements start..start + count - 1 along each axis. In version 7.3 only they are read; a variable of version
    /// 5 (2 GiB at most) is read as a whole the first time.
    MatSlab read(const MatVariable& variable, const std::vector<std::size_t>& start,
                 const std::vector<std::size_t>& count) const;

    /// The strings of a cell array, or the rows of a char matrix.
    std::vector<std::string> strings(const MatVariable& variable) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Walks over the structure of a MAT file of version 5 before libmatio does, which believes its lengths: every
/// element lies inside the one around it, every array has the data that its extents ask for (a compressed array of
/// numbers: could have it), nothing but numbers, characters and cells of them. The format is MathWorks' "MAT-File
/// Format", level 5. Throws `Error` naming the byte of the variable.
void check_mat5(const std::string& path);

/// Labeled frames in a MATLAB file, by the names of its variables (in any case):
/// - frames: XTrainIQ, X, IQ, frames, data or signals; complex [N, L] or [L, N], or real with I and Q on an axis of
///   extent 2: [N, 2, L], [N, L, 2], [2, L, N], [L, 2, N] (axes of extent 1 do not count); N is that of the labels;
/// - labels: label, labels, Y, modulation or mods; N strings (cell array or rows of a char matrix), or N numbers
/// into
///   class_names, classes or modulations, counted from 0 where a 0 occurs and else from 1;
/// - SNR in dB, which may be absent: snr, snr_db, snrs or Z; one number per frame, or one for all.
///
/// A file without labels whose XTrainIQ is [2, 512, 1, N] is HKDD_AMC12 (S. Zheng et al., "Toward Next-Generation
/// Signal Intelligence", IEEE TCCN 2023; github.com/Zhxj5678/HKDD_zhouxiaoyu): version 7.3, 21 SNRs -20..20 dB in
/// turn, in each the 12 classes BPSK QPSK 8PSK OQPSK 2FSK 4FSK 8FSK 16QAM 32QAM 64QAM 4PAM 8PAM in turn, N / 252
/// frames of each (1000 for training, 500 for test). The class order of HKDD_AMC36 is not published.
///
/// The front end is as_is with L samples and unit RMS (frames are scaled), each frame a group of its own.

bool is_mat_file(const dataset::FileHead& head);

/// Throws `Error` naming file, variable and frame; when variables are missing, it lists those found.
std::unique_ptr<dataset::FrameSource> open_mat_frames(const std::string& path);

/// Which axis of a MATLAB array is what.
struct MatLayout {
    std::size_t frame_axis = 0;
    std::size_t sample_axis = 0;
    std::optional<std::size_t> channel_axis; ///< I and Q; none when the array is complex
    std::size_t frames = 0;
    std::size_t length = 0; ///< samples of a frame

    /// Frames [n, 2, length] of a slab with `extents`.
    void frames_of(const MatSlab& slab, const std::vector<std::size_t>& extents, float* out) const;
};

/// The first of [N,2,L], [N,L,2], [2,L,N], [L,2,N] (real), [N,L], [L,N] (complex) that the array can be with
/// N = `frames` and L = 16..65536; axes of extent 1 are passed over.
std::optional<MatLayout> find_layout(const MatVariable& variable, std::size_t frames);

} // namespace prunedamr::formats
