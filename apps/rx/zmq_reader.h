// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstddef>
#include <string>
#include <zmq.hpp>

namespace prunedamr::rx {

/// Samples from a ZeroMQ publisher, as GNU Radio's zeromq pub_sink sends them: messages of raw complex float32.
/// Not GNU Radio's own sub_source: that one throws inside the scheduler when a message is no whole number of
/// samples, and the flowgraph then neither ends nor says why.
class ZmqReader
{
public:
    /// Connects and subscribes to everything. Throws `Error` for a malformed endpoint.
    explicit ZmqReader(const std::string& endpoint);

    /// Up to `count` samples; 0 when nothing came within 100 ms. Throws `Error` for a message that is no whole
    /// number of samples.
    std::size_t read(std::complex<float>* samples, std::size_t count);

private:
    std::string endpoint_;
    zmq::context_t context_;
    zmq::socket_t socket_;
    zmq::message_t message_;
    std::size_t used_ = 0; ///< bytes of `message_` already given out
};

} // namespace prunedamr::rx
