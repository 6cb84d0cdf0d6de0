# SPDX-License-Identifier: GPL-3.0-or-later
"""classify_array.py MODEL SAMPLES RATE: labels of raw complex float32 samples, one JSON line per 0.1 s."""
import json
import sys

import numpy as np
import prunedamr

model_file, samples_file, rate = sys.argv[1:]
model = prunedamr.Model(model_file)
samples = np.fromfile(samples_file, np.complex64)
for event in model.classify(samples, sample_rate_hz=float(rate)):
    print(json.dumps(event))
