#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a model's labels can be believed: what it says of receiver noise, and of signals that it has no name for.

usage: ood_eval.py PRUNEDAMR-RX MODEL OUT.json [MINUTES]
MINUTES of noise (default 10), shared by five colors; 20 s of each of twenty kinds of signals, at 10, 20 and 30 dB in
turn. The signals are made here, by none of the code that made the training frames. Ten kinds have relatives in the
recipe's class `unknown`; the other ten are HELD_OUT: nothing, neither recipe nor threshold nor model, may be chosen by
what comes of them.
"""
import json
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import one_line

import numpy as np

RATE = 100_000  # samples per second
SIGNAL_S = 20
CHUNK = 1 << 16
DECISION = 8192  # samples of a label


def white(rng, count):
    return (rng.standard_normal(count) + 1j * rng.standard_normal(count)) / np.sqrt(2)


def shaped(samples, gain):
    """`gain`: of frequency in cycles per sample."""
    return np.fft.ifft(np.fft.fft(samples) * gain(np.fft.fftfreq(len(samples))))


def filtered(samples, width):
    """To `width` of the rate, with a raised-cosine edge of a tenth of it, as a channel filter does it."""
    edge = 0.1 * width
    return shaped(samples, lambda f: 0.5 + 0.5 * np.cos(np.pi * np.clip((np.abs(f) - width / 2) / edge + 0.5, 0, 1)))


NOISE = {
    "white": lambda rng, n: white(rng, n),
    "tilted": lambda rng, n: shaped(white(rng, n), lambda f: 10 ** (6 * f / 20)),
    "rolled off": lambda rng, n: shaped(white(rng, n), lambda f: 1 / np.sqrt(1 + (np.abs(f) / 0.42) ** 16)),
    "humped": lambda rng, n: shaped(white(rng, n), lambda f: 1 + 0.3 * np.exp(-((f - 0.1) / 0.15) ** 2)),
    "coarse": lambda rng, n: np.round(2 * white(rng, n)) / 2,
}


def linear_of(points, count, per_symbol=8, roll_off=0.3):
    """Root raised cosine, by its spectrum."""
    symbols = np.zeros(count, complex)
    symbols[::per_symbol] = points[: len(symbols[::per_symbol])]

    def gain(f):
        f = np.abs(f) * per_symbol
        slope = np.clip((f - (1 - roll_off) / 2) / roll_off, 0, 1)
        return np.cos(np.pi / 2 * slope)

    return shaped(symbols, gain)


def linear(rng, count, alphabet):
    return linear_of(rng.choice(alphabet, count // 8 + 1), count)


def rings(*counts_and_radii):
    return np.concatenate([radius * np.exp(2j * np.pi * (np.arange(count) + 0.5) / count)
                           for count, radius in counts_and_radii])


def from_frequency(f):
    return np.exp(2j * np.pi * np.cumsum(f))


def held(values, each, count):
    return np.repeat(values, each)[:count]


def fsk8(rng, count):
    return from_frequency(held(rng.integers(0, 8, count // 32 + 1) - 3.5, 32, count) / 32)


def fmcw(rng, count):
    return from_frequency(0.3 * (2 * np.abs((np.arange(count) / 3000) % 1 * 2 - 1) - 1) / 2)


def voice(rng, count):
    """Syllables of a pitch and its overtones, 300 to 3000 Hz."""
    t = np.arange(count) / RATE
    pitch = 120 + 30 * np.sin(2 * np.pi * 0.7 * t)
    tone = sum(np.sin(2 * np.pi * k * np.cumsum(pitch) / RATE + rng.uniform(0, 6)) / k ** 0.7 for k in range(3, 25))
    syllables = np.clip(np.sin(2 * np.pi * 3 * t + 2 * np.sin(2 * np.pi * 0.4 * t)), 0, None) + 0.05
    return tone * syllables / np.std(tone * syllables)


def scrambler(rng, count):
    """Voice inverted about 3.3 kHz, then FM."""
    t = np.arange(count) / RATE
    inverted = voice(rng, count) * np.cos(2 * np.pi * 3300 * t)
    low = np.real(shaped(inverted, lambda f: np.abs(f) < 3300 / RATE))
    return from_frequency(2500 / RATE * low / np.std(low))


def impulses(rng, count):
    sparks = np.where(rng.random(count) < 0.004, rng.exponential(1, count), 0) * np.exp(2j * np.pi * rng.random(count))
    return shaped(sparks, lambda f: np.exp(-((f / 0.15) ** 2)))


def dtmf(rng, count):
    each, t = 4000, np.arange(count)
    pairs = rng.integers(0, 4, (count // each + 1, 2))
    low = held(np.array([697, 770, 852, 941])[pairs[:, 0]], each, count)
    high = held(np.array([1209, 1336, 1477, 1633])[pairs[:, 1]], each, count)
    return np.exp(2j * np.pi * low * t / RATE) + np.exp(2j * np.pi * high * t / RATE)


def hopping(rng, count):
    return from_frequency(held(rng.uniform(-0.3, 0.3, count // 500 + 1), 500, count))


def pulsed_chirp(rng, count):
    place = np.arange(count) % 1000
    return np.where(place < 300, np.exp(1j * np.pi * 0.4 / 300 * (place - 150.0) ** 2), 0)


UNNAMED = {
    "32APSK": lambda rng, n: linear(rng, n, rings((4, 1), (12, 2.64), (16, 4.64))),
    "64APSK": lambda rng, n: linear(rng, n, rings((4, 1), (12, 2.4), (20, 4.3), (28, 7.0))),
    "16PSK": lambda rng, n: linear(rng, n, rings((16, 1))),
    "8FSK": fsk8,
    "FMCW": fmcw,
    "voice scrambler": scrambler,
    "impulse noise": impulses,
    "DTMF": dtmf,
    "frequency hopping": hopping,
    "pulsed chirp": pulsed_chirp,
}


def vestigial(rng, count):
    """8VSB: eight levels and a pilot, one sideband and a little of the other."""
    symbols = held(2 * rng.integers(0, 8, count // 8 + 1) - 7 + 1.25, 8, count).astype(complex)
    return shaped(symbols, lambda f: np.clip((f + 0.008) / 0.016, 0, 1) * (f < 0.075))


def picture(rng, count):
    """Analogue television: lines of brightness between sync pulses, which are the highest amplitude."""
    line, lines = 640, count // 640 + 1
    drift = np.cumsum(0.05 * rng.standard_normal((lines, 20)), axis=0)
    content = np.repeat(0.4 + 0.25 * np.tanh(rng.standard_normal((1, 20)) + drift), line // 20, axis=1)
    content[:, :47] = 1.0
    content[:, 47:100] = 0.75
    return shaped(content.ravel()[:count].astype(complex), lambda f: np.clip((f + 0.03) / 0.02, 0, 1) * (f < 0.2))


def navigation_pulses(rng, count):
    """LORAN-C: groups of eight slowly falling pulses whose signs follow a code."""
    t = np.arange(250)
    shape = (t / 40.0) ** 2 * np.exp(2 - 2 * t / 40.0)
    signal, place = np.zeros(count, complex), 0
    while place + 8 * 400 + 250 < count:
        for sign in rng.choice([-1, 1], 8):
            signal[place : place + 250] += sign * shape
            place += 400
        place += int(rng.integers(1500, 4000))
    return signal


def costas_pulses(rng, count):
    order = np.array([2, 4, 8, 5, 10, 9, 7, 3, 6, 1])
    pulse = from_frequency(held((order - 5.5) * 0.02, 50, 500))
    return np.tile(np.concatenate([pulse, np.zeros(700)]), count // 1200 + 1)[:count]


def keyed_chirp(rng, count):
    bits = held(rng.choice([-1, 1], count // 64 + 1), 64, count)
    return bits * fmcw(rng, count)


def parallel_tones(rng, count):
    """Eight telegraph channels side by side, each a 2FSK of its own."""
    return sum(from_frequency(0.04 * (k - 3.5) + held(rng.choice([-0.01, 0.01], count // 100 + 2), 100, count + 50)[50:])
               for k in range(8))


def wandering(rng, count):
    return from_frequency(0.1 * np.sin(0.02 * np.cumsum(rng.standard_normal(count))))


def pulsed_noise(rng, count):
    return filtered(white(rng, count), 0.3) * (np.arange(count) % 900 < 350)


def duobinary(rng, count):
    bits = rng.choice([-1, 1], count // 8 + 2)
    return linear_of(0.5 * (bits[1:] + bits[:-1]), count)


def data_below_voice(rng, count):
    """Broadcast AM whose carrier's phase carries slow data."""
    phase = np.real(filtered(held(rng.choice([-1, 1], count // 400 + 1), 400, count).astype(complex), 0.01))
    return (1 + 0.3 * voice(rng, count)) * np.exp(1j * 0.9 * phase)


HELD_OUT = {
    "8VSB": vestigial,
    "analogue picture": picture,
    "LORAN-C": navigation_pulses,
    "Costas pulses": costas_pulses,
    "keyed chirp": keyed_chirp,
    "parallel telegraphs": parallel_tones,
    "wandering carrier": wandering,
    "pulsed noise": pulsed_noise,
    "duobinary": duobinary,
    "data below AM voice": data_below_voice,
}


def chunks_of_noise(kind, seconds, rng):
    for _ in range(int(seconds * RATE / CHUNK)):
        yield 0.02 * NOISE[kind](rng, CHUNK)


def chunks_of_signal(make, rng):
    count = SIGNAL_S * RATE // CHUNK
    signal = make(rng, count * CHUNK)
    signal = signal / np.sqrt(np.mean(np.abs(signal) ** 2)) * np.exp(2j * np.pi * 0.03 * np.arange(len(signal)))
    for number in range(count):
        noise = white(rng, CHUNK) * 10 ** (-(10, 20, 30)[number % 3] / 20)
        yield 0.1 * (signal[number * CHUNK : (number + 1) * CHUNK] + noise)


def start(line):
    try:
        return subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    except OSError as error:
        sys.exit(f"ood_eval.py: {line[0]}: cannot be run: {error.strerror}")


def labels(receiver, model, chunks, *options):
    line = [receiver, "--source", "stdin", "--format", "cf32", "--rate", str(RATE), "--model", model, "--quiet", "--single",
            "--interval", str(DECISION / RATE), "--out", "json:-", *options]
    with start(line) as process:
        def feed():
            try:
                for chunk in chunks:
                    process.stdin.write(chunk.astype(np.complex64).tobytes())
                process.stdin.close()
            except BrokenPipeError:
                pass  # its exit status tells

        feeder = threading.Thread(target=feed)
        feeder.start()
        count = Counter(json.loads(event)["label"] for event in process.stdout)
        feeder.join()
    if process.returncode != 0:
        sys.exit("the receiver failed")
    return count


def main(receiver, model, out, minutes="10"):
    result = {"noise": {}, "unnamed": {}, "held_out": {}}
    for seed, kind in enumerate(NOISE):
        rng = np.random.default_rng(seed)
        count = labels(receiver, model, chunks_of_noise(kind, 60 * float(minutes) / len(NOISE), rng))
        result["noise"][kind] = {"events": sum(count.values()), "noise": count["noise"], "labels": dict(count)}
        print(f"{kind:18} {count['noise']} of {sum(count.values())} noise", dict(count.most_common(4)))
    for name, kinds, first_seed in (("unnamed", UNNAMED, 100), ("held_out", HELD_OUT, 200)):
        for seed, (kind, make) in enumerate(kinds.items(), first_seed):
            count, alone = (labels(receiver, model, chunks_of_signal(make, np.random.default_rng(seed)), *options)
                            for options in ([], ["--no-measure"]))
            result[name][kind] = {"events": sum(count.values()), "unknown": count["unknown"], "labels": dict(count),
                                  "alone": {"events": sum(alone.values()), "unknown": alone["unknown"], "labels": dict(alone)}}
            print(f"{kind:18} {count['unknown']} of {sum(count.values())} unknown", dict(count.most_common(4)))
    with open(out, "w") as file:
        json.dump(result, file, indent=1)


if __name__ == "__main__":
    if not 4 <= len(sys.argv) <= 5:
        sys.exit(__doc__)
    one_line.run(main, *sys.argv[1:])
