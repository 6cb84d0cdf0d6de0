// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/subcommands.h"

namespace prunedamr::tool {

void add_data(CLI::App& app)
{
    auto* data = app.add_subcommand("data", "look at data sets, convert, divide and join them");
    data->require_subcommand(1);
    add_data_import(*data);
    add_data_info(*data);
    add_data_split(*data);
    add_data_merge(*data);
    add_data_plot(*data);
}

} // namespace prunedamr::tool
