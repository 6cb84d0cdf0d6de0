// SPDX-License-Identifier: GPL-3.0-or-later
#include "python/event_dict.h"

#include "prunedamr/base/time.h"
#include "prunedamr/stream/label_event_fields.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace py = pybind11;

namespace prunedamr::python {
namespace {

py::object to_python(int number)
{
    return py::int_(number);
}

py::object to_python(std::uint64_t number)
{
    return py::int_(number);
}

py::object to_python(double number)
{
    return std::isfinite(number) ? py::object(py::float_(number)) : py::none();
}

/// The double of the same shortest decimal number, as in JSON: 0.1f is 0.1, not 0.10000000149.
py::object to_python(float number)
{
    if (!std::isfinite(number))
        return py::none();
    char digits[32];
    const char* end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
    double value = 0.0;
    std::from_chars(digits, end, value);
    return py::float_(value);
}

/// Text may have been cut within a UTF-8 sequence: what is broken is replaced.
py::object to_python(std::string_view text)
{
    return py::reinterpret_steal<py::object>(
        PyUnicode_DecodeUTF8(text.data(), static_cast<py::ssize_t>(text.size()), "replace"));
}

py::object to_python(stream::TimeStamp time)
{
    return py::str(rfc3339(time.ns));
}

py::object to_python(stream::TopList top)
{
    py::list pairs;
    for (int i = 0; i < top.count; ++i) {
        py::list pair;
        pair.append(to_python(top.first[i].label.view()));
        pair.append(to_python(top.first[i].probability));
        pairs.append(std::move(pair));
    }
    return std::move(pairs);
}

py::object to_python(stream::MeasuredList list)
{
    py::dict dict;
    list.for_each([&](const char* name, double number) { dict[name] = to_python(number); });
    return std::move(dict);
}

py::object to_python(stream::CandidateList list)
{
    const auto names = [](std::uint32_t aspects) {
        py::list all;
        stream::CandidateList::for_each_aspect(aspects, [&](std::string_view name) { all.append(to_python(name)); });
        return all;
    };
    py::list candidates;
    for (int i = 0; i < list.count; ++i) {
        py::dict candidate;
        candidate["system"] = to_python(list.first[i].system.view());
        candidate["fits"] = names(list.first[i].fits);
        candidate["not"] = names(list.first[i].misses);
        candidates.append(std::move(candidate));
    }
    return std::move(candidates);
}

py::object to_python(stream::EvidenceList list)
{
    py::list points;
    for (int k = 0; k < list.count(); ++k) {
        py::list pair;
        pair.append(list.i(k));
        pair.append(list.q(k));
        points.append(list.has_pairs() ? py::object(pair) : py::object(py::float_(list.i(k))));
    }
    py::dict dict;
    dict[list.name()] = points;
    return std::move(dict);
}

} // namespace

py::dict event_dict(const stream::LabelEvent& event)
{
    py::dict dict;
    stream::visit_fields(event, [&dict](const char* name, const auto& value) { dict[name] = to_python(value); });
    return dict;
}

py::list event_dicts(const std::vector<stream::LabelEvent>& events)
{
    py::list dicts;
    for (const stream::LabelEvent& event : events)
        dicts.append(event_dict(event));
    return dicts;
}

} // namespace prunedamr::python
