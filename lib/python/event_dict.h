// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/label_event.h"

#include <pybind11/pybind11.h>

#include <vector>

namespace prunedamr::python {

/// The fields of an event by their names, equal to what Python's json makes of `stream::to_json_line`.
pybind11::dict event_dict(const stream::LabelEvent& event);

pybind11::list event_dicts(const std::vector<stream::LabelEvent>& events);

} // namespace prunedamr::python
