#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the corpora of the fuzz targets, those of data sets apart. usage: make_corpus.py corpus"""
import base64
import bz2
import gzip
import io
import json
import lzma
import struct
import subprocess
import sys
import tarfile
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


def archive(form, meta, name="x"):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as tar:
        for ending, content in ((".sigmf-meta", json.dumps(meta).encode()), (".sigmf-data", SAMPLES)):
            entry = tarfile.TarInfo(name + ending)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return file.getvalue().rstrip(b"\0")


def tag(item, key, value):
    return struct.pack("<Q", item) + b"\x02" + struct.pack(">H", len(key)) + key + value + b"\x06"


def tag_header(*tags):
    return struct.pack("<HBQQ", 0x5FF0, 1, 1000, len(tags)) + b"".join(tags) + SAMPLES[:16]


def safetensors(tensors, metadata):
    """Of {name: (shape, floats)}, in the order of the names."""
    header, data = {"__metadata__": metadata}, b""
    for name, (shape, values) in sorted(tensors.items()):
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + 4 * len(values)]}
        data += struct.pack("<%df" % len(values), *values)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def model(wrong=0.0):
    """Two labels, by the means of I and Q."""
    nodes = [{"name": "input", "op": "input", "inputs": []},
             {"name": "pool", "op": "global_avg_pool", "inputs": ["input"]},
             {"name": "flatten", "op": "flatten", "inputs": ["pool"]},
             {"name": "fc", "op": "linear", "inputs": ["flatten"], "out_channels": 2, "bias": True}]
    described = {"format": 1, "name": "tiny", "labels": ["noise", "BPSK"], "families": ["noise", "PSK"], "accuracy": {},
                 "provenance": {}, "decision": {"hysteresis": 0.1, "min_confidence": 0.4, "temperature": 1.0},
                 "front_end": {"block_length": 64, "frame_length": 16, "kind": "auto_band", "occupied_fraction": 0.5,
                               "scale": "unit_rms"},
                 "nodes": nodes, "units": []}
    golden = [1.0] * 16 + [2.0] * 16
    return safetensors({"fc.weight": ([2, 2], [1.0, 0.0, 0.0, 1.0]), "fc.bias": ([2], [0.5, wrong]),
                        "golden.input": ([2, 16], golden), "golden.logits": ([2], [1.5, 2.0])},
                       {"prunedamr": json.dumps(described)})


def judge(depth=1, trees=2):
    """With the features of the judge that is compiled in."""
    shipped = json.loads((Path(__file__).parents[2] / "lib/prunedamr/detect/judge.json").read_text())
    leaves = trees << depth
    packed = lambda values, form: base64.b64encode(struct.pack(f"<{len(values)}{form}", *values)).decode()
    return json.dumps({"base": -1.5, "depth": depth, "features": shipped["features"], "trees": trees,
                       "feature": packed([3] * (leaves - trees), "B"), "cuts": packed([0.5], "f"),
                       "limit": packed([0] * (leaves - trees), "H"), "value": packed([0.25] * leaves, "e")}).encode()


def write_others():
    sigmf = {"global": {"core:datatype": "ci8", "core:sample_rate": 1e6, "core:version": "1.0.0"},
             "captures": [{"core:sample_start": 0, "core:frequency": 1e8}],
             "annotations": [{"core:sample_start": 1, "core:sample_count": 3, "core:label": "x"}]}
    for name, data in (("ustar", archive(tarfile.USTAR_FORMAT, sigmf)), ("gnu", archive(tarfile.GNU_FORMAT, sigmf, "n" * 120)),
                       ("pax", archive(tarfile.PAX_FORMAT, sigmf, "\u00fc"))):
        write("sigmf_archive", name, data)
    freq = tag(1002, b"rx_freq", b"\x04" + struct.pack(">d", 1e8))
    time = tag(1000, b"rx_time", b"\x0c" + struct.pack(">I", 2) + b"\x0b" + struct.pack(">Q", 1700000000) + b"\x04" +
               struct.pack(">d", .5))
    other = tag(1001, b"other", entry(b"a", b"\x0a" + struct.pack(">BIB", 9, 2, 1) + b"\0" + SAMPLES[:16]) + b"\x06")
    for name, data in (("none", tag_header()), ("two", tag_header(time, freq)), ("dictionary", tag_header(other, freq)),
                       ("rate", tag_header(tag(1000, b"rx_rate", b"\x03" + struct.pack(">i", 48000))))):
        write("tag_header", name, data)
    key = b"JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
    for name, data in (("key", key + b"\n"), ("keys", key + b"\n" + key), ("certificate", b"#   " + b"*" * 20 +
                       b"\nmetadata\ncurve\n    public-key = \"" + key + b"\"\n    secret-key = \"" + key + b"\"\n"),
                       ("long_word", b"x" * 9000), ("long_value", b"public-key = \"" + b"x" * 200000 + b"\"")):
        write("curve_key", name, data)
    plan = [{"code": "text", "bytes": 4}, {"code": "same", "bytes": 4, "base": 0},
            {"code": "slice", "rows": 2, "columns": 2, "block": 4, "keep_rows": [1], "keep_columns": [0, 1], "base": 4},
            {"code": "change", "bytes": 4, "base": 20}, {"code": "whole", "bytes": 4}]
    for name, chosen in (("all", plan), ("slice", plan[2:3]), ("text", plan[:1])):
        stored = sum(s["bytes"] for s in chosen if s["code"] in ("text", "change", "whole"))
        made = sum(s.get("bytes", 8) for s in chosen)
        write("patch_plan", name, bytes([made]) + json.dumps(chosen).encode() + b"\0" + SAMPLES[:stored])
    write("judge", "stumps", judge())
    write("judge", "trees", judge(3))
    write("model_file", "tiny", model())
    write("model_file", "self_check_fails", model(1.0))
    for name in ("gqrx_20200101_120000_433920000_1000000_fc.raw", "g001_433.92M_250k.cu8",
                 "gamutrf_recording_x_1700000000_100000000Hz_1000000sps.s16", "NAME-f4.339200e+08-s1.000000e+06-t20160807180210.cfile",
                 "2023-07-07_14-44-25_1000000SPS_1700000000Hz.s16", "20211008T150350Z_702000_NAME_iq.wav",
                 "HackRF-20200101_120000-433_92MHz-2MSps-2MHz.complex16s", "SDRSharp_20130101_120000Z_144800000Hz_IQ.wav"):
        write("file_name", name.split("_")[0].split("-")[0], name.encode())
    for kind in (0, 7, 20, 35):
        write("raw", "kind%d" % kind, bytes([kind]) + SAMPLES)
    for name, data in (("wave", b"RIFF\x24\0\0\0WAVE"), ("meta", meta(64) + SAMPLES), ("zip", b"PK\x03\x04" + SAMPLES),
                       ("gzip", gzip.compress(npy("<c8", "8,"), mtime=0))):
        write("recording", name, data)


def write_texts():
    """What comes over networks and in the files of the tools."""
    run, digits, time = "0123456789abcdef", "0" * 64, "2026-01-02T03:04:05.678Z"
    event = {"v": 2, "seq": 7, "track": 1, "time": time, "sample_count": 6540, "sample_rate_hz": 250000, "center_freq_hz": 1.6e8,
             "bandwidth_hz": 10620.5, "snr_db": None, "state": "signal", "label": "MSK", "model": "m", "confidence": 0.5,
             "drift": {"quantity": "snr_db", "of": "", "change": "fewer", "expected": 0.1, "found": 0.4}}
    named = {"name": "m", "hash": digits}
    for topic, name, rest in (
            (0, "receiver", {"name": "rx", "run": run, "since": time, "version": "1", "sequence": 3, "keys": ["a"],
                             "model": dict(named, classes=["noise"]), "position": {"latitude": 47.5, "longitude": -8}}),
            (2, "health", {"run": run, "time": time, "status": {"a": [1]}, "seq": 5, "waiting": 0, "lost": 0}),
            (3, "labels", {"run": run, "events": [event, dict(event, seq=8)]}),
            (4, "snippet", {"run": run, "id": "x", "event": event, "png": base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()}),
            (5, "answer", {"run": run, "update": digits, "result": "taken", "why": "", "model": named, "sequence": 1}),
            (6, "stored", {"run": run, "ranges": [[1, 3], [7, 7]]}), (8, "return", {"sequence": 3})):
        write("hub_message", name, bytes([topic]) + json.dumps(dict({"v": 1}, **rest)).encode())
    write("hub_message", "status", b"\1online")
    write("hub_message", "name", b"\1%C3%BCber")
    public, secret = (b"prunedamr-%s-key ed25519 %s\n" % (kind, base64.b64encode(bytes(size))) for kind, size in ((b"public", 32), (b"secret", 64)))
    fields = b"PAMRSIGN" + struct.pack("<IQQ", 1, 7, 1700000000) + bytes(64 + 32) + struct.pack("<Q", 0)
    patch = b"PAMRDIFF" + struct.pack("<I", 1) + bytes(64) + struct.pack("<QQ", 100, 100) + zlib.compress(SAMPLES)
    for kind, name, data in ((0, "public", public), (1, "secret", secret),
                             (2, "bare", fields + bytes(64)), (3, "fields", fields + patch)):
        write("update", name, bytes([kind]) + data)
    system = {"name": "AIS", "what": "ships", "bands_mhz": {"world": [161.975, [162, 163]]}, "raster_hz": [25000],
              "bandwidth_hz": [8000, 16000], "labels": ["MSK"], "burst_s": [0.02, 0.1], "sources": ["ITU-R M.1371-5"],
              "measured": {"symbol_rate_hz": {"values": [9600], "tolerance": 0.0001}, "modulation_index": {"from": 0.4, "to": 0.6}}}
    write("systems", "one", json.dumps({"version": 1, "systems": [system]}).encode())
    for name, text in (("list", "# a comment\n433.92M dwell=2 gain=20\n868M..870M gain=auto\n"), ("option", "433M..435M,868.3M"),
                       ("address", "[::1]:1234"), ("host", "localhost:65535")):
        write("scan", name, text.encode())
    for route in range(24):
        body = '{"frequency_hz": 1e8, "gain_db": null, "probability": 0.5, "name": "x"}' if route % 2 else "limit=10&id=3"
        write("request", "route%d" % route, bytes([route]) + body.encode())
        hub = "3/pause\0limit=10&receiver=a%20b\0" + '{"update": "%s", "stages": ["1", "10%%"], "watch_s": 60}' % digits
        write("hub_request", "route%d" % route, bytes([route]) + hub.encode())
    counts = {"level_dbfs": {"27": 12}, "confidence": {"63": 1}}
    write("drift_reference", "site", json.dumps({"v": 1, "of": "site", "model": "m", "decisions": 20, "seconds": 3.5,
                                                 "labels": {"": counts, "2FSK": counts}}).encode())
    scene = {"sample_rate_hz": 1e6, "duration_s": 1, "signals": [
        {"label": "QPSK", "bandwidth_hz": 1e4, "snr_db": 20, "offset_hz": 1e3, "repeat": {"count": 5, "period_s": 0.2}}]}
    write("recipe", "scene", b"\0// a comment\n" + json.dumps(scene).encode())
    stage = {"stage": "gain", "probability": 0.5}
    write("recipe", "recipe", b"\1" + json.dumps({"format": 1, "name": "x", "classes": {"BPSK": {}}, "stages": [stage]}).encode())
    write("run_file", "costs", b'\2{"BPSK": {"noise": 2}}')
    write("run_file", "plan", b'\1{"candidates": [{"model": "m"}], "base": "b", "receivers": 10, "prices": {"mistake": 1}}')
    write("run_file", "bench", b'\0[{"model": "m", "backend": "engine", "batch": 1, "median_us": 3.5}]')


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
    write_others()
    write_texts()


main()
