# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pmt
from gnuradio import gr, gr_unittest, prunedamr

from support import MODEL, RATE, Inbox, qpsk


def burst(count, **metadata):
    samples = qpsk(count)
    return pmt.cons(pmt.to_pmt(metadata), pmt.init_c32vector(count, samples))


class qa_pdu_classifier(gr_unittest.TestCase):
    def classify(self, *pdus):
        """What a pdu_classifier answers to messages, in their order."""
        tb = gr.top_block()
        block = prunedamr.pdu_classifier(MODEL, RATE, "bursts", 0.0)
        inbox = Inbox(tb, block, "pdus")
        tb.start()
        for pdu in pdus:
            block._post(pmt.intern("pdus"), pdu)
        answers = [inbox.get() for _ in pdus]
        tb.stop()
        tb.wait()
        self.assertEqual(inbox.rest(), [])
        return answers

    def test_label_joins_the_metadata_of_the_same_burst(self):
        sent = [burst(1000, mine=7), burst(5003)]
        answers = self.classify(*sent)
        for pdu, answer in zip(sent, answers):
            np.testing.assert_array_equal(pmt.c32vector_elements(pmt.cdr(answer)), pmt.c32vector_elements(pmt.cdr(pdu)))
        first, second = (pmt.to_python(pmt.car(answer)) for answer in answers)
        self.assertEqual(first["mine"], 7)
        self.assertIn(first["label"], ("BPSK", "QPSK", "FM"))
        self.assertEqual((first["state"], first["source"], first["model"]), ("signal", "bursts", "tiny"))
        self.assertEqual(second["seq"], first["seq"] + 1)
        self.assertNotIn("label_error", first)

    def test_rate_and_frequency_of_the_metadata(self):
        plain, known = (pmt.to_python(pmt.car(answer)) for answer in self.classify(
            burst(2000), burst(2000, sample_rate=2 * int(RATE), center_frequency=433.92e6)))
        self.assertEqual((plain["sample_rate_hz"], known["sample_rate_hz"]), (RATE, 2 * RATE))
        self.assertAlmostEqual(known["bandwidth_hz"], 2 * plain["bandwidth_hz"], places=3)
        self.assertAlmostEqual(known["center_freq_hz"], 433.92e6 + 2 * plain["center_freq_hz"], places=3)

    def test_nothing_is_dropped_and_the_reason_is_given(self):
        numbers = pmt.init_u8vector(3, [1, 2, 3])
        cases = [
            (burst(17), "too short"),
            (pmt.cons(pmt.make_dict(), pmt.init_c32vector(0, [])), "too short"),
            (pmt.cons(pmt.make_dict(), numbers), "not complex"),
            (pmt.cons(pmt.PMT_NIL, numbers), "not complex"),
            (pmt.cons(pmt.intern("text"), numbers), "not a dict"),
            (pmt.intern("text"), "not a PDU"),
            (pmt.to_pmt({"a": 1}), "not a PDU"),
        ]
        for (pdu, reason), answer in zip(cases, self.classify(*[pdu for pdu, _ in cases])):
            metadata = pmt.to_python(pmt.car(answer))
            self.assertEqual(metadata["state"], "unknown")
            self.assertIn(reason, metadata["label_error"])

    def test_bad_parameters_are_refused(self):
        with self.assertRaisesRegex(RuntimeError, "sample_rate"):
            prunedamr.pdu_classifier(MODEL, 0)
        with self.assertRaisesRegex(RuntimeError, "absent.safetensors"):
            prunedamr.pdu_classifier("absent.safetensors", RATE)


if __name__ == "__main__":
    gr_unittest.run(qa_pdu_classifier)
