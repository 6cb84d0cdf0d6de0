// SPDX-License-Identifier: GPL-3.0-or-later
#include <gnuradio/prunedamr/pmt_label.h>

#include "gr-prunedamr/lib/pmt_values.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/time.h"
#include "prunedamr/stream/label_event_fields.h"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace gr {
namespace prunedamr {
namespace {

namespace stream = ::prunedamr::stream;
using json = nlohmann::ordered_json;

pmt::pmt_t value(std::string_view text)
{
    return pmt::intern(std::string(text));
}
pmt::pmt_t value(int number)
{
    return pmt::from_long(number);
}
pmt::pmt_t value(std::uint64_t number)
{
    return pmt::from_uint64(number);
}
pmt::pmt_t value(double number)
{
    return std::isfinite(number) ? pmt::from_double(number) : pmt::PMT_NIL;
}

// the decimal that the JSON has (0.3), not the float's expansion (0.30000001192)
pmt::pmt_t value(float number)
{
    std::array<char, 32> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    double decimal = 0.0;
    std::from_chars(text.data(), end, decimal);
    return value(decimal);
}

pmt::pmt_t value(stream::TimeStamp time)
{
    return make_rx_time(time.ns);
}

pmt::pmt_t value(stream::TopList top)
{
    const pmt::pmt_t list = pmt::make_vector(top.count, pmt::PMT_NIL);
    for (int i = 0; i < top.count; ++i) {
        const pmt::pmt_t entry = pmt::make_vector(2, value(top.first[i].label.view()));
        pmt::vector_set(entry, 1, value(top.first[i].probability));
        pmt::vector_set(list, i, entry);
    }
    return list;
}

pmt::pmt_t value(stream::MeasuredList list)
{
    pmt::pmt_t dict = pmt::make_dict();
    list.for_each([&](const char* name, double number) { dict = pmt::dict_add(dict, pmt::intern(name), value(number)); });
    return dict;
}

pmt::pmt_t value(stream::CandidateList list)
{
    const auto names = [](std::uint32_t aspects) {
        std::vector<pmt::pmt_t> all;
        stream::CandidateList::for_each_aspect(aspects, [&](std::string_view name) { all.push_back(value(name)); });
        const pmt::pmt_t list = pmt::make_vector(all.size(), pmt::PMT_NIL);
        for (std::size_t i = 0; i < all.size(); ++i)
            pmt::vector_set(list, i, all[i]);
        return list;
    };
    const pmt::pmt_t candidates = pmt::make_vector(list.count, pmt::PMT_NIL);
    for (int i = 0; i < list.count; ++i) {
        pmt::pmt_t candidate = pmt::dict_add(pmt::make_dict(), pmt::intern("system"), value(list.first[i].system.view()));
        candidate = pmt::dict_add(candidate, pmt::intern("fits"), names(list.first[i].fits));
        candidate = pmt::dict_add(candidate, pmt::intern("not"), names(list.first[i].misses));
        pmt::vector_set(candidates, i, candidate);
    }
    return candidates;
}

pmt::pmt_t value(stream::DriftNote note)
{
    pmt::pmt_t dict = pmt::make_dict();
    const auto add = [&](const char* name, const auto& one) { dict = pmt::dict_add(dict, pmt::intern(name), value(one)); };
    note.for_each_text(add);
    note.for_each_number(add);
    return dict;
}

pmt::pmt_t value(stream::EvidenceList list)
{
    const pmt::pmt_t points = pmt::make_vector(list.count(), pmt::PMT_NIL);
    for (int k = 0; k < list.count(); ++k) {
        pmt::pmt_t point = value(list.i(k));
        if (list.has_pairs()) {
            point = pmt::make_vector(2, point);
            pmt::vector_set(point, 1, value(list.q(k)));
        }
        pmt::vector_set(points, k, point);
    }
    return pmt::dict_add(pmt::make_dict(), pmt::intern(list.name()), points);
}

json to_json(const pmt::pmt_t& object);

json array(const pmt::pmt_t& vector)
{
    json result = json::array();
    for (std::size_t i = 0; i < pmt::length(vector); ++i)
        result.push_back(to_json(pmt::vector_ref(vector, i)));
    return result;
}

std::string key_text(const pmt::pmt_t& key)
{
    return pmt::is_symbol(key) ? pmt::symbol_to_string(key) : pmt::write_string(key);
}

json object_of(const pmt::pmt_t& dict)
{
    json result = json::object();
    for (pmt::pmt_t rest = pmt::dict_items(dict); pmt::is_pair(rest); rest = pmt::cdr(rest)) {
        const pmt::pmt_t item = pmt::car(rest);
        const std::string key = key_text(pmt::car(item));
        result[key] = to_json(pmt::cdr(item));
    }
    return result;
}

json to_json(const pmt::pmt_t& object)
{
    if (pmt::is_null(object))
        return nullptr;
    if (pmt::is_bool(object))
        return pmt::to_bool(object);
    if (pmt::is_symbol(object))
        return pmt::symbol_to_string(object);
    if (pmt::is_integer(object))
        return pmt::to_long(object);
    if (pmt::is_uint64(object))
        return pmt::to_uint64(object);
    if (pmt::is_real(object))
        return pmt::to_double(object);
    if (is_rx_time(object))
        return ::prunedamr::rfc3339(rx_time_ns(object));
    if (pmt::is_vector(object))
        return array(object);
    if (pmt::is_dict(object))
        return object_of(object);
    return pmt::write_string(object);
}

} // namespace

pmt::pmt_t to_pmt(const stream::LabelEvent& event)
{
    std::vector<std::pair<const char*, pmt::pmt_t>> fields;
    stream::visit_fields(event,
                         [&](const char* key, const auto& field) { fields.emplace_back(key, value(field)); });
    // dict_add puts a key in front: from the back they print in wire order
    pmt::pmt_t dict = pmt::make_dict();
    for (auto field = fields.rbegin(); field != fields.rend(); ++field)
        dict = pmt::dict_add(dict, pmt::intern(field->first), field->second);
    return dict;
}

std::string to_json_line(const pmt::pmt_t& label)
{
    if (!pmt::is_dict(label))
        throw ::prunedamr::Error({ "not a label", "message", pmt::write_string(label), "a dict" });
    json rest = object_of(label);
    json line = json::object();
    stream::visit_fields(stream::LabelEvent{}, [&](const char* key, const auto&) {
        const auto found = rest.find(key);
        if (found == rest.end())
            return;
        line[key] = std::move(*found);
        rest.erase(found);
    });
    line.update(rest);
    return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace prunedamr
} // namespace gr
