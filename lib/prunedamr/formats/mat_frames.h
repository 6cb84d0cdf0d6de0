// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/frame_source.h"
#include "prunedamr/formats/mat_file.h"

#include <memory>
#include <optional>
#include <string>

namespace prunedamr::formats {

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
