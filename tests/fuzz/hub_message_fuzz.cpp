// SPDX-License-Identifier: GPL-3.0-or-later
// The first byte chooses the topic. What a hub or a receiver reads of another must be read again from what is written of it.
#include "prunedamr/hub/message.h"
#include "tests/fuzz/fuzz_input.h"

#include <cmath>

namespace {

using namespace prunedamr;
using receiver::hub::Topic;

void check(const hub::Labels& labels)
{
    for (const auto& event : labels.events) {
        fuzz::require(std::isfinite(event.duration_s) && std::isfinite(event.center_freq_hz));
        hub::time_us(event.json);
        hub::drift_of(event);
    }
}

template <typename Other> void check(const Other&) {}

void read(Topic topic, const std::string& text)
{
    if (topic == Topic::stored) {
        const auto stored = receiver::hub::read_stored(text, "stored");
        fuzz::require(receiver::hub::read_stored(to_json(stored), "again").ranges == stored.ranges);
    } else if (topic == Topic::go_back) {
        receiver::hub::read_return(text, "return");
    } else {
        std::visit([](const auto& message) { check(message); }, hub::read_message(to_string(topic), text));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string text(fuzz::text_of(data + 1, size - 1));
    try {
        read(static_cast<Topic>(data[0] % 9), text);
    } catch (const Error&) {
    }
    if (const auto name = receiver::hub::decoded_name(text))
        fuzz::require(receiver::hub::encoded_name(*name) == text);
    return 0;
}
