// SPDX-License-Identifier: GPL-3.0-or-later
// The first byte chooses a route of the receiver's page; the rest is a body and a query.
#include "prunedamr/base/error.h"
#include "prunedamr/receiver/web/api.h"
#include "tests/fuzz/fuzz_input.h"

#include <cmath>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace prunedamr;
    if (size == 0)
        return 0;
    const auto& routes = receiver::api_routes();
    const auto& route = routes[data[0] % routes.size()];
    const std::string text(fuzz::text_of(data + 1, size - 1));
    try {
        const auto change = receiver::parse_change(route, text);
        fuzz::require(!change.number || std::isfinite(*change.number));
    } catch (const Error&) {
    }
    try {
        for (const auto& [name, value] : receiver::parse_query(route, text))
            fuzz::require(!name.empty());
    } catch (const Error&) {
    }
    return 0;
}
