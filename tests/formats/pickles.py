# SPDX-License-Identifier: GPL-3.0-or-later
"""Pickles as Python writes and reads them: write FOLDER, or show FILE as Python 3 users of RML2016 load it."""
import pickle
import sys

import numpy as np


def unit_frames(count, length):
    phase = 0.37 * np.arange(length)[None, :] + np.arange(count)[:, None]
    return np.stack([np.cos(phase), np.sin(phase)], axis=1) / length


def variants():
    frames = unit_frames(3, 32)
    yield "plain", {("QPSK", 2): frames.astype("<f4"), ("BPSK", -4): frames[:2].astype("<f4")}
    yield "big", {("QPSK", 2): frames.astype(">f4"), ("BPSK", -4): frames[:2].astype(">f8")}
    yield "fortran", {("QPSK", 2): np.asfortranarray(frames.astype("f4")),
                      ("BPSK", -4): np.asfortranarray(frames[:2])}
    yield "bytes_keys", {(b"QPSK", 2): frames.astype("f4"), (b"BPSK", -4): frames[:2].astype("f4")}
    yield "numpy_snr", {("QPSK", np.int64(2)): frames.astype("f4"), ("BPSK", np.float32(-4)): frames[:2]}
    yield "with_empty_cell", {("QPSK", 2): frames.astype("f4"), ("BPSK", -4): frames[:2].astype("f4"),
                              ("BPSK", 0): frames[:0].astype("f4")}


def main():
    if sys.argv[1] == "write":
        for name, cells in variants():
            for protocol in range(6):
                with open(f"{sys.argv[2]}/{name}_{protocol}.pkl", "wb") as file:
                    pickle.dump(cells, file, protocol)
        return
    with open(sys.argv[2], "rb") as file:
        cells = pickle.load(file, encoding="latin1")
    for (name, snr), frames in sorted(cells.items()):
        error = np.abs(frames - unit_frames(len(frames), frames.shape[2])).max()
        print(type(name).__name__, name, type(snr).__name__, snr, frames.dtype, frames.shape, error < 1e-6)


main()
