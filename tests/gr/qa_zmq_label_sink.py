# SPDX-License-Identifier: GPL-3.0-or-later
import json
import tempfile

import pmt
import zmq
from gnuradio import blocks, gr, gr_unittest, prunedamr

from support import MODEL, RATE, qpsk, store
from qa_classifier import KEYS


def free_endpoint():
    with zmq.Context() as context, context.socket(zmq.PUB) as probe:
        return f"tcp://127.0.0.1:{probe.bind_to_random_port('tcp://127.0.0.1')}"


class qa_zmq_label_sink(gr_unittest.TestCase):
    def setUp(self):
        self.endpoint = free_endpoint()
        self.sink = prunedamr.zmq_label_sink(self.endpoint, "label")
        self.context = zmq.Context()
        self.subscriber = self.context.socket(zmq.SUB)
        self.subscriber.setsockopt(zmq.RCVTIMEO, 5000)
        self.subscriber.setsockopt(zmq.SUBSCRIBE, b"label")
        self.subscriber.connect(self.endpoint)
        self.await_subscription()

    def await_subscription(self):
        """PUB tells nobody when a subscription has arrived: sends labels until one comes back, then takes them all."""
        tb = self.post()
        sent = 0
        while sent == 0 or not self.subscriber.poll(20):
            self.assertLess(sent, 500, "no label has come back")
            self.sink._post(pmt.intern("labels"), pmt.to_pmt({"label": "probe", "seq": sent}))
            sent += 1
        while self.receive()["seq"] != sent - 1:
            pass
        tb.stop()
        tb.wait()

    def tearDown(self):
        self.subscriber.close()
        self.context.term()

    def receive(self):
        frames = self.subscriber.recv_multipart()
        self.assertEqual(len(frames), 2)
        self.assertEqual(frames[0], b"label")
        return json.loads(frames[1])

    def test_subscriber_sees_every_event_of_a_classifier(self):
        tb = gr.top_block()
        block = prunedamr.classifier(MODEL, RATE, single=True, interval_s=0.01, source="antenna")
        debug = store(tb, block, "labels")
        tb.connect(blocks.vector_source_c(qpsk(20000)), block)
        tb.msg_connect((block, "labels"), (self.sink, "labels"))
        tb.run()
        events = [self.receive() for _ in range(debug.num_messages())]
        self.assertGreater(len(events), 10)
        self.assertEqual([event["seq"] for event in events], list(range(len(events))))
        self.assertEqual(list(events[0]), KEYS)
        published = pmt.to_python(debug.get_message(0))
        for key in set(KEYS) - {"time"}:
            self.assertEqual(events[0][key], published[key], key)
        self.assertRegex(events[0]["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$")

    def post(self, *sent):
        """A running flowgraph whose sink has been sent the messages."""
        tb = gr.top_block()
        idle = blocks.message_strobe(pmt.PMT_NIL, 100)
        tb.msg_connect((idle, "strobe"), (self.sink, "labels"))
        tb.start()
        for message in sent:
            self.sink._post(pmt.intern("labels"), message)
        return tb

    def test_schema_keys_come_first_and_others_are_kept(self):
        label = pmt.to_pmt({"extra": 1.5, "label": "QPSK", "v": 1})
        label = pmt.dict_add(label, pmt.intern("snr_db"), pmt.PMT_NIL)
        label = pmt.dict_add(label, pmt.intern("time"), pmt.make_tuple(pmt.from_uint64(1), pmt.from_double(0.5)))
        label = pmt.dict_add(label, pmt.intern("pair"), pmt.cons(pmt.from_long(1), pmt.from_long(2)))
        tb = self.post(pmt.intern("not a label"), pmt.PMT_NIL, label, pmt.cons(label, pmt.make_u8vector(3, 0)))
        for _ in range(2):
            event = self.receive()
            self.assertEqual(list(event)[:4], ["v", "time", "snr_db", "label"])
            self.assertEqual(event["time"], "1970-01-01T00:00:01.500000000Z")
            self.assertEqual((event["snr_db"], event["extra"], event["label"]), (None, 1.5, "QPSK"))
            self.assertEqual(event["pair"], "(1 . 2)")
        tb.stop()
        tb.wait()

    def test_with_a_key_it_serves_other_machines(self):
        endpoint = free_endpoint().replace("127.0.0.1", "0.0.0.0")
        with self.assertRaisesRegex(RuntimeError, "CURVE"):
            prunedamr.zmq_label_sink(endpoint)
        public, secret = zmq.curve_keypair()
        client, client_secret = zmq.curve_keypair()
        with tempfile.NamedTemporaryFile("wb") as key, tempfile.NamedTemporaryFile("wb") as clients:
            key.write(secret)
            key.flush()
            with self.assertRaisesRegex(RuntimeError, "list of client keys"):
                prunedamr.zmq_label_sink(endpoint, "label", key.name)
            clients.write(client)
            clients.flush()
            self.sink = prunedamr.zmq_label_sink(endpoint, "label", key.name, clients.name)
        self.subscriber.curve_serverkey = public
        self.subscriber.curve_publickey, self.subscriber.curve_secretkey = client, client_secret
        self.subscriber.connect(endpoint.replace("0.0.0.0", "127.0.0.1"))
        self.await_subscription()
        tb = self.post(pmt.to_pmt({"label": "QPSK", "v": 1}))
        self.assertEqual(self.receive()["label"], "QPSK")
        tb.stop()
        tb.wait()

    def test_bad_endpoints_are_refused_in_one_line(self):
        for endpoint in (self.endpoint, "nonsense"):
            with self.assertRaises(RuntimeError) as caught:
                prunedamr.zmq_label_sink(endpoint)
            self.assertIn(endpoint, str(caught.exception))
            self.assertNotIn("\n", str(caught.exception))


if __name__ == "__main__":
    gr_unittest.run(qa_zmq_label_sink)
