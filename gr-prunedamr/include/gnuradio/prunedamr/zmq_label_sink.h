// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/prunedamr/api.h>

#include <memory>
#include <string>

namespace gr {
namespace prunedamr {

/*!
 * \brief Publishes label events over ZeroMQ PUB: two frames, topic and JSON.
 * \ingroup prunedamr
 *
 * \details
 * Message port \p labels (in): label dicts, or PDUs, of which the metadata is sent. Keys of the label event go in
 * wire order, other keys after them. Never blocks: a slow subscriber loses messages, nobody waits for it.
 */
class GR_PRUNEDAMR_API zmq_label_sink : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<zmq_label_sink>;

    /*!
     * \param endpoint address to bind, tcp or ipc
     * \param topic first frame of every message, which subscribers filter by
     * \param key_file CURVE secret key, 40 characters of Z85, or a certificate of zmq.auth: messages are encrypted,
     *                 for any subscriber that knows its public key
     * \param client_keys who may subscribe: file of CURVE public keys, or folder of certificates NAME.key of
     * zmq.auth; without key_file and client_keys only this machine is served
     *
     * Throws ::prunedamr::Error when the endpoint cannot be bound, for a bad key, and for an address that others
     * can reach without both.
     */
    static sptr make(const std::string& endpoint = "tcp://127.0.0.1:5555", const std::string& topic = "label",
                     const std::string& key_file = "", const std::string& client_keys = "");
};

} // namespace prunedamr
} // namespace gr
