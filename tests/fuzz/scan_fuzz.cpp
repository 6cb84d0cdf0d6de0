// SPDX-License-Identifier: GPL-3.0-or-later
// A list of frequencies as a file and as an option has it; the same text as the address of a radio's server.
#include "prunedamr/base/error.h"
#include "prunedamr/receiver/scan.h"
#include "prunedamr/receiver/socket.h"
#include "tests/fuzz/fuzz_input.h"

#include <cmath>

namespace {

using namespace prunedamr;

constexpr double kWidthHz = 2e6, kDwellS = 0.2;

void check(const std::vector<receiver::ScanEntry>& entries)
{
    for (const auto& entry : entries) {
        fuzz::require(std::isfinite(entry.center_freq_hz) && entry.center_freq_hz > 0.0);
        fuzz::require(entry.dwell_s >= receiver::kMinDwell && entry.dwell_s <= receiver::kMaxDwell);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text(fuzz::text_of(data, size));
    try {
        check(receiver::parse_scan(text, kWidthHz, kDwellS).entries);
    } catch (const Error&) {
    }
    try {
        const fuzz::InputFile file(data, size);
        check(receiver::read_scan_list(file.path(), kWidthHz, kDwellS).entries);
    } catch (const Error&) {
    }
    try {
        const int port = std::stoi(receiver::parse_host_port(text, "HOST:PORT").port);
        fuzz::require(port >= 1 && port <= 65535);
    } catch (const Error&) {
    }
    return 0;
}
