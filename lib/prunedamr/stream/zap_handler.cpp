// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/zap_handler.h"

#include "prunedamr/stream/curve_key.h"

#include <array>
#include <cerrno>

namespace prunedamr::stream {
namespace {

constexpr const char* kAddress = "inproc://zeromq.zap.01";
constexpr const char* kVersion = "1.0";

/// Frames of a request, in their order; the last one only for CURVE.
enum Frame : std::size_t { version, request_id, domain, address, routing_id, mechanism, client_key, frame_count };

/// Again when a signal came in between.
template <typename Action> void uninterrupted(const Action& action)
{
    while (true)
        try {
            return action();
        } catch (const zmq::error_t& error) {
            if (error.num() != EINTR)
                throw;
        }
}

/// All frames of the next message.
std::vector<std::string> receive(zmq::socket_t& socket)
{
    std::vector<std::string> frames;
    zmq::message_t frame;
    do {
        uninterrupted([&] { (void)socket.recv(frame); });
        frames.push_back(frame.to_string());
    } while (frame.more());
    return frames;
}

} // namespace

ZapHandler::ZapHandler(zmq::context_t& context, const std::vector<std::string>& client_keys)
    : context_(context), socket_(context, zmq::socket_type::rep)
{
    for (const auto& key : client_keys)
        admitted_.insert(decode_curve_key(key).value());
    socket_.bind(kAddress);
    thread_ = std::thread([this] { serve(); });
}

ZapHandler::~ZapHandler()
{
    context_.shutdown();
    thread_.join();
}

void ZapHandler::serve()
{
    try {
        while (true)
            answer(receive(socket_));
    } catch (const std::exception&) { // the context is shut down, or memory is short: nobody is admitted any more
    }
}

void ZapHandler::answer(const std::vector<std::string>& request)
{
    const bool known = request.size() == frame_count && request[version] == kVersion &&
                       request[mechanism] == "CURVE" && admitted_.count(request[client_key]) != 0;
    const std::string id = request.size() > request_id ? request[request_id] : "";
    const std::array<std::string, 6> reply = {
        kVersion, id, known ? "200" : "400", known ? "OK" : "not a listed key", "", ""
    }; // no user and no metadata
    for (std::size_t i = 0; i < reply.size(); ++i)
        uninterrupted([&] {
            const bool more = i + 1 < reply.size();
            socket_.send(zmq::buffer(reply[i]), more ? zmq::send_flags::sndmore : zmq::send_flags::none);
        });
}

} // namespace prunedamr::stream
