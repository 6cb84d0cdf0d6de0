// SPDX-License-Identifier: GPL-3.0-or-later
#include <gnuradio/prunedamr/classifier.h>
#include <gnuradio/prunedamr/classifier_base.h>
#include <gnuradio/prunedamr/pdu_classifier.h>
#include <gnuradio/prunedamr/zmq_label_sink.h>

#include <pybind11/pybind11.h>

namespace py = pybind11;
using namespace gr::prunedamr;

namespace {

void bind_stats(py::module& m)
{
    using stats = ::prunedamr::stream::ClassifierStats;
    py::class_<stats> bound(m, "classifier_stats", "Counts since the start of the stream.");
    ::prunedamr::stream::visit_stats(
        [&](const char* name, auto member, const char* text) { bound.def_readonly(name, member, text); });
}

void bind_classifier_base(py::module& m)
{
    py::class_<classifier_base, gr::sync_block, gr::block, gr::basic_block, classifier_base::sptr>(
        m, "classifier_base", "What the blocks have in common that make labels from a stream.")
        .def("set_start_time", &classifier_base::set_start_time, py::arg("time_ns"), py::arg("from_file"),
             "Time of sample 0, ns since 1970-01-01 UTC; before the start.")
        .def("set_center_freq", &classifier_base::set_center_freq, py::arg("center_freq"), "Tuned frequency in Hz.")
        .def("set_model", &classifier_base::set_model, py::arg("model_file"), py::call_guard<py::gil_scoped_release>(),
             "Loads a model beside the running one and goes over to it between two intervals.")
        .def("revert_model", &classifier_base::revert_model,
             "Back to the model before the present one; false when there is none.")
        .def("stats", &classifier_base::stats, "Counts since the start of the stream.");
}

void bind_classifier(py::module& m)
{
    py::class_<classifier, classifier_base, gr::sync_block, gr::block, gr::basic_block, classifier::sptr>(
        m, "classifier", "Finds every emission in a band and labels its modulation; or labels one signal.")
        .def(
            py::init(&classifier::make), py::arg("model_file"), py::arg("sample_rate"),
            py::arg("center_freq") = 0.0, py::arg("interval_s") = 0.1, py::arg("source") = "rx0",
            py::arg("live") = false, py::arg("min_confidence") = -1.0, py::arg("backend") = "native",
            py::arg("max_latency_us") = 0.0, py::arg("single") = false,
            "sample_rate and center_freq in Hz, interval_s in seconds per decision on what lasts, live: drop samples "
            "when behind, min_confidence 0..1 (negative: the model's own), backend: native, onednn or torch, "
            "max_latency_us: as many frames per call as give the most throughput within that time (0: 16), single: "
            "the stream is one signal, to which the receiver is tuned.");
}

void bind_message_blocks(py::module& m)
{
    py::class_<pdu_classifier, gr::block, gr::basic_block, pdu_classifier::sptr>(
        m, "pdu_classifier", "Modulation labels for bursts that travel as PDUs.")
        .def(py::init(&pdu_classifier::make), py::arg("model_file"), py::arg("sample_rate"),
             py::arg("source") = "bursts", py::arg("min_confidence") = -1.0, py::arg("backend") = "native",
             "sample_rate in Hz, min_confidence 0..1 (negative: the model's own), backend: native, onednn or "
             "torch.");
    py::class_<zmq_label_sink, gr::block, gr::basic_block, zmq_label_sink::sptr>(
        m, "zmq_label_sink", "Publishes label events over ZeroMQ PUB: two frames, topic and JSON.")
        .def(
            py::init(&zmq_label_sink::make), py::arg("endpoint") = "tcp://127.0.0.1:5555",
            py::arg("topic") = "label", py::arg("key_file") = "", py::arg("client_keys") = "",
            "endpoint: address to bind; topic: first frame of every message; key_file: CURVE secret key (40 "
            "characters of Z85, or NAME.key_secret of zmq.auth); client_keys: file of CURVE public keys, or folder "
            "of NAME.key, that may subscribe. Without both only this machine is served.");
}

} // namespace

PYBIND11_MODULE(prunedamr_python, m)
{
    py::module::import("gnuradio.gr");
    bind_stats(m);
    bind_classifier_base(m);
    bind_classifier(m);
    bind_message_blocks(m);
}
