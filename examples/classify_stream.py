# SPDX-License-Identifier: GPL-3.0-or-later
"""classify_stream.py MODEL RATE < SAMPLES: labels of complex float32 samples as they arrive, one JSON line per 0.1 s."""
import json
import sys

import numpy as np
import prunedamr

model_file, rate = sys.argv[1:]
classifier = prunedamr.SignalClassifier(model_file, sample_rate_hz=float(rate))
while data := sys.stdin.buffer.read(8 * 16384):
    for event in classifier.process(np.frombuffer(data, np.complex64)):
        print(json.dumps(event), flush=True)
for event in classifier.flush():
    print(json.dumps(event))
