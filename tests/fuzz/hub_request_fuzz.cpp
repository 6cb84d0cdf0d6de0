// SPDX-License-Identifier: GPL-3.0-or-later
// The first byte chooses a route of the hub's page; then come the last part of its path, the query and the body, with zero
// bytes between them.
#include "prunedamr/base/error.h"
#include "prunedamr/hub/api.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace prunedamr;
    if (size == 0)
        return 0;
    const auto& routes = hub::hub_routes();
    const auto& route = routes[data[0] % routes.size()];
    std::string_view rest = fuzz::text_of(data + 1, size - 1);
    const auto next = [&] {
        const auto end = std::min(rest.find('\0'), rest.size());
        const std::string part(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        return part;
    };
    const std::string form = route.path;
    const std::string path = form.substr(0, form.find('{')) + next();
    const std::string query = next();
    try {
        const auto request = hub::read_request(route, path, query, std::string(rest));
        for (const auto& parameter : route.parameters)
            if (parameter.type == std::string("integer"))
                request.number(parameter.name, 0);
        request.number("id", 0);
    } catch (const InvalidArgument&) {
    }
    return 0;
}
