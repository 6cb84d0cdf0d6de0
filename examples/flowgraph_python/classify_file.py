#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A headless GNU Radio flowgraph that labels the signal in a file of raw complex float32 samples: one JSON line per label.

usage: classify_file.py MODEL SAMPLES RATE
"""
import json
import sys

import pmt
from gnuradio import blocks, gr, prunedamr


class LabelPrinter(gr.basic_block):
    """Prints each label message, which is a dict."""

    def __init__(self):
        super().__init__("label_printer", None, None)
        self.message_port_register_in(pmt.intern("labels"))
        self.set_msg_handler(pmt.intern("labels"), self.print_label)

    def print_label(self, message):
        label = pmt.to_python(message)
        seconds, fraction = label["time"]
        label["time"] = seconds + fraction
        print(json.dumps(label))


def main(model, samples, rate):
    gr.logging().set_default_level(gr.log_levels.warn)  # GNU Radio logs to standard output, where the labels go
    flowgraph = gr.top_block("classify_file")
    source = blocks.file_source(gr.sizeof_gr_complex, samples, False)
    classifier = prunedamr.classifier(model, float(rate), interval_s=0.1, single=True)
    printer = LabelPrinter()
    flowgraph.connect(source, classifier)
    flowgraph.msg_connect(classifier, "labels", printer, "labels")
    flowgraph.run()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
