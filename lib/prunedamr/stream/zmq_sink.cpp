// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/stream/sinks.h"
#include "prunedamr/stream/zmq_server.h"

#include <cerrno>

namespace prunedamr::stream {
namespace {

constexpr int kLingerMs = 200; ///< for messages still in flight when the program ends

class ZmqSink : public LineSink
{
public:
    explicit ZmqSink(const ZmqConfig& config)
        : topic_(config.topic), server_(config, zmq::socket_type::pub, [&](zmq::socket_t& socket) {
              socket.set(zmq::sockopt::sndhwm, config.high_water_mark);
              socket.set(zmq::sockopt::linger, kLingerMs);
          })
    {
    }

    void write_line(const std::string& json_line) override
    {
        try {
            // A PUB socket drops for slow subscribers; it never refuses the second frame of a message.
            send(topic_, zmq::send_flags::sndmore | zmq::send_flags::dontwait);
            send(json_line, zmq::send_flags::dontwait);
        } catch (const zmq::error_t& e) {
            throw Error({ "cannot publish labels", topic_, e.what(), "" });
        }
    }

    std::string chosen_address() const override { return server_.chosen_address(); }

private:
    /// Sends one frame, again if a signal came in between: half a message would spoil the next one.
    void send(const std::string& frame, zmq::send_flags flags)
    {
        while (true)
            try {
                server_.socket().send(zmq::buffer(frame), flags);
                return;
            } catch (const zmq::error_t& e) {
                if (e.num() != EINTR)
                    throw;
            }
    }

    std::string topic_;
    ZmqServer server_;
};

} // namespace

std::unique_ptr<LineSink> make_zmq_sink(const ZmqConfig& config)
{
    return std::make_unique<ZmqSink>(config);
}

} // namespace prunedamr::stream
