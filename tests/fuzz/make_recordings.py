#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the corpora of the recording readers' fuzz targets. usage: make_recordings.py corpus"""
import bz2
import gzip
import lzma
import struct
import subprocess
import sys
import zlib
from pathlib import Path

SAMPLES = bytes((17 * i) % 256 for i in range(64))


def write(target, name, data):
    folder = Path(sys.argv[1]) / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def sdriq(bits):
    head = struct.pack("<IQQII", 48000, 433920000, 1700000000000, bits, 0)
    return head + struct.pack("<I", zlib.crc32(head)) + SAMPLES


def blue(order, code, detached=0, extended=b""):
    head = bytearray(512)
    head[:12] = b"BLUE" + (b"EEEIEEEI" if order == "<" else b"IEEEIEEE")
    struct.pack_into(order + "i", head, 12, detached)
    struct.pack_into(order + "ii", head, 24, 2 if extended else 0, len(extended))
    struct.pack_into(order + "dd", head, 32, 512.0, float(len(SAMPLES)))
    struct.pack_into(order + "i", head, 48, 1000)
    head[52:54] = code
    struct.pack_into(order + "d", head, 56, 2208988800.0)
    struct.pack_into(order + "i", head, 160, 15)
    head[164:179] = b"RF_FREQ=100000\0"
    struct.pack_into(order + "ddi", head, 256, 0.0, 1e-6, 1)
    return bytes(head) + (SAMPLES.ljust(512, b"\0") + extended if extended else SAMPLES)


def npy(kind, shape, version=1):
    text = ("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }" % (kind, shape)).encode().ljust(117) + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(text)) + text + SAMPLES


def xml(container, order="LSB"):
    return (b'<?xml version="1.0"?><SDR><Time Unit="UTC" Value="2023-09-10 05:56:52"/><Samplerate Unit="Hz" Value="2048000"/>'
            b'<Channels Bits="8" Container="%s" Ordering="%s"><Channel Value="I"/></Channels><Datablock Number="1" Offset="400">'
            b'<Frequency Unit="kHz" Value="202928"/></Datablock></SDR>' % (container, order.encode())).ljust(400, b"\0") + SAMPLES


def entry(key, value):
    return b"\x09\x07\x02" + struct.pack(">H", len(key)) + key + value


def meta(count, kind=0, cplx=b"\x00", size=2, freq=1e8):
    extra = entry(b"rx_freq", b"\x04" + struct.pack(">d", freq)) + b"\x06"
    rest = (entry(b"bytes", b"\x0b" + struct.pack(">Q", count)) + entry(b"cplx", cplx) +
            entry(b"type", b"\x03" + struct.pack(">i", kind)) + entry(b"size", b"\x03" + struct.pack(">i", size)) +
            entry(b"rx_time", b"\x0c" + struct.pack(">I", 2) + b"\x0b" + struct.pack(">Q", 1700000000) + b"\x04" +
                  struct.pack(">d", .5)) + entry(b"rx_rate", b"\x04" + struct.pack(">d", 1e6)) + b"\x06")
    length = len(entry(b"strt", b"\x0b" + bytes(8)) + rest + extra)
    return entry(b"strt", b"\x0b" + struct.pack(">Q", length)) + rest + extra


def packet(kind, count, content, stream=7):
    return struct.pack(">IIIQ", kind << 28 | 1 << 22 | 2 << 20 | count << 16 | (5 + len(content) // 4), stream, 1700000000,
                       25 * 10**10) + content


def context(rate=1e6, freq=1e9, word=1 << 29 | 7 << 6 | 7):
    fixed = [int(x * 2**20) for x in (rate / 2, freq, rate)]
    return struct.pack(">IQQIQII", 1 << 31 | 1 << 29 | 1 << 27 | 1 << 24 | 1 << 21 | 1 << 15, fixed[0], fixed[1], 0, fixed[2],
                       word, 0)


def main():
    for bits in (16, 24, 8):
        write("sdriq", "bits%d" % bits, sdriq(bits))
    keyword = struct.pack("<iHB", 24, 14, 6)[:7] + b"D" + struct.pack("<d", 915e6) + b"COL_RF" + b"  "
    for name, data in (("little", blue("<", b"CI")), ("big", blue(">", b"CF")), ("real", blue("<", b"SB")),
                       ("detached", blue("<", b"CB", 1)), ("extended", blue("<", b"CB", 0, keyword))):
        write("blue", name, data)
    for name, data in (("complex", npy("<c8", "8,")), ("pairs", npy(">i2", "16, 2")), ("real", npy("|i1", "64,")),
                       ("rows", npy("<c16", "2, 2", 2)), ("huge", npy("<c8", "999999999999999,"))):
        write("npy", name, data)
    for name, data in (("uint8", xml(b"uint8")), ("int16", xml(b"int16", "MSB")), ("float", xml(b"float"))):
        write("xml_headed", name, data)
    for name, data in (("one", meta(64) + SAMPLES), ("two", meta(32) + SAMPLES[:32] + meta(32, freq=2e8) + SAMPLES[32:]),
                       ("open", meta(0) + SAMPLES), ("floats", meta(64, 5, b"\x00", 8) + SAMPLES),
                       ("real", meta(64, 1, b"\x01", 2) + SAMPLES)):
        write("gnuradio_meta", name, data)
    stream = packet(4, 0, context()) + b"".join(packet(1, i, SAMPLES[:32]) for i in range(4))
    for name, data in (("stream", stream), ("lost", stream + packet(1, 6, SAMPLES)), ("retuned", stream +
                       packet(4, 1, context(1e6, 2e9)) + packet(1, 4, SAMPLES)), ("two", stream + packet(1, 0, SAMPLES, 9)),
                       ("polar", packet(4, 0, context(word=2 << 29 | 15 << 6 | 15)) + packet(1, 0, SAMPLES))):
        write("vita49", name, data)
    zstd = subprocess.run(["zstd", "-qc"], input=SAMPLES * 4, stdout=subprocess.PIPE, check=True).stdout
    for name, data in (("gzip", gzip.compress(SAMPLES * 4, mtime=0)), ("bzip2", bz2.compress(SAMPLES * 4)),
                       ("xz", lzma.compress(SAMPLES * 4)), ("zstd", zstd), ("two", gzip.compress(SAMPLES, mtime=0) * 2),
                       ("inside", gzip.compress(sdriq(16), mtime=0))):
        write("compressed", name, data)
    riff = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 2, 12000, 48000, 4, 16)
    for _ in range(3):
        riff += b"kiwi" + struct.pack("<IBBII", 10, 0, 0, 1000, 0) + b"data" + struct.pack("<I", 16) + SAMPLES[:16]
    write("wav", "kiwi", b"RIFF" + struct.pack("<I", len(riff)) + riff)


main()
