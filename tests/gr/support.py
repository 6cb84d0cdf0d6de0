# SPDX-License-Identifier: GPL-3.0-or-later
"""What the block tests share: the tiny model, a signal, flowgraphs that run to their end."""

import os
import queue

import numpy as np
import pmt
from gnuradio import blocks, gr

MODEL = os.environ["PRUNEDAMR_TEST_MODEL"]
EXAMPLES = os.environ["PRUNEDAMR_EXAMPLES"]
RATE = 100e3
KEYS = """v source seq track visit time time_source sample_start sample_count sample_rate_hz center_freq_hz bandwidth_hz snr_db
power_dbfs state label family confidence top measured measured_error candidates model dropped_frames overflows clipped note""".split()


def qpsk(count, seed=1):
    """Complex float32 QPSK of unit power, 4 samples per symbol, rectangular, with a little noise."""
    rng = np.random.default_rng(seed)
    symbols = np.exp(1j * (np.pi / 4 + np.pi / 2 * rng.integers(0, 4, count // 4 + 1)))
    noise = rng.standard_normal(count) + 1j * rng.standard_normal(count)
    return (np.repeat(symbols, 4)[:count] + 0.05 * noise).astype(np.complex64)


def messages(debug):
    """What a message_debug has stored, as Python values."""
    return [pmt.to_python(debug.get_message(i)) for i in range(debug.num_messages())]


def store(tb, block, port):
    """Connects a message_debug that stores the messages of a port."""
    debug = blocks.message_debug()
    tb.msg_connect((block, port), (debug, "store"))
    return debug


class Inbox(gr.basic_block):
    """Takes messages, one after the other, while a flowgraph runs."""

    def __init__(self, tb, block, port):
        gr.basic_block.__init__(self, "inbox", None, None)
        self.messages = queue.Queue()
        self.message_port_register_in(pmt.intern("in"))
        self.set_msg_handler(pmt.intern("in"), self.take)
        tb.msg_connect((block, port), (self, "in"))

    def take(self, message):
        self.messages.put(message)

    def get(self):
        """The next one, which must come within 10 s."""
        return self.messages.get(timeout=10)

    def rest(self):
        """Those that nobody has got; of a flowgraph that has ended."""
        return [self.messages.get() for _ in range(self.messages.qsize())]


def tag(offset, key, value):
    return gr.python_to_tag((offset, pmt.intern(key), value, pmt.intern("test")))


def rx_time(seconds, fraction=0.0):
    return pmt.make_tuple(pmt.from_uint64(seconds), pmt.from_double(fraction))
