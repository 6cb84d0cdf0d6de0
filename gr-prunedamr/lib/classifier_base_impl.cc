// SPDX-License-Identifier: GPL-3.0-or-later
#include "gr-prunedamr/lib/classifier_base_impl.h"

#include "gr-prunedamr/lib/pmt_values.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/time.h"

#include <gnuradio/block_detail.h>
#include <gnuradio/buffer_reader.h>
#include <gnuradio/prunedamr/pmt_label.h>

#include <algorithm>
#include <cmath>

namespace gr {
namespace prunedamr {
namespace {

namespace stream = ::prunedamr::stream;

const pmt::pmt_t labels_port = pmt::mp("labels");
const pmt::pmt_t command_port = pmt::mp("command");
const pmt::pmt_t center_freq_key = pmt::mp("center_freq");
const pmt::pmt_t freq_key = pmt::mp("freq");
const pmt::pmt_t model_key = pmt::mp("model");
const pmt::pmt_t revert_model_key = pmt::mp("revert_model");
const pmt::pmt_t rx_time_key = pmt::mp("rx_time");
const pmt::pmt_t rx_freq_key = pmt::mp("rx_freq");
const pmt::pmt_t rx_rate_key = pmt::mp("rx_rate");
const pmt::pmt_t block_key = pmt::mp("prunedamr_block");
const pmt::pmt_t label_key = pmt::mp("prunedamr_label");

// Device times before the year 2000 count from power-on, as most unsynchronized receivers do.
constexpr std::int64_t earliest_utc_ns = 946684800LL * 1000000000;

const pmt::pmt_t sample_count_key = pmt::mp("sample_count"), sample_start_key = pmt::mp("sample_start");

pmt::pmt_t block_value(std::uint64_t start, std::uint64_t count)
{
    const pmt::pmt_t value = pmt::dict_add(pmt::make_dict(), sample_count_key, pmt::from_uint64(count));
    return pmt::dict_add(value, sample_start_key, pmt::from_uint64(start));
}

} // namespace

classifier_base_impl::classifier_base_impl(const stream::ModelConfig& model_config, double sample_rate,
                                           const std::function<live_ptr(stream::EventHandler)>& open)
    : d_model_config(model_config), d_sample_rate(sample_rate), d_clock(sample_rate),
      d_live(open([this](const stream::LabelEvent& event) { handle_event(event); })),
      d_loader([this](const std::string& wanted) { try_model(wanted); }, [this] { try_revert(); })
{
    message_port_register_out(labels_port);
    message_port_register_in(command_port);
    set_msg_handler(command_port, [this](const pmt::pmt_t& command) { handle_command(command); });
    d_logger->info("{}", d_live->description());
}

void classifier_base_impl::note_block(std::uint64_t start, std::uint64_t count)
{
    if (d_tagging)
        d_block_tags.emplace_back(start + count, block_value(start, count));
}

void classifier_base_impl::set_event_handler(stream::EventHandler handler)
{
    d_handler = std::move(handler);
}

void classifier_base_impl::set_start_time(std::int64_t time_ns, bool from_file)
{
    d_file_start_ns = from_file ? std::optional<std::int64_t>(time_ns) : std::nullopt;
    d_live->set_time(0, time_ns, from_file ? stream::TimeSource::file : stream::TimeSource::system);
}

void classifier_base_impl::set_center_freq(double center_freq)
{
    if (!std::isfinite(center_freq))
        throw ::prunedamr::Error({ "value out of range", name() + ": center_freq", std::to_string(center_freq),
                                   "a finite frequency in Hz" });
    d_live->set_center_freq_hz(center_freq);
}

void classifier_base_impl::set_model(const std::string& model_file)
{
    d_live->set_model(stream::open_model(model_file, d_model_config));
}

bool classifier_base_impl::revert_model()
{
    return d_live->revert_model();
}

std::string classifier_base_impl::description() const
{
    return d_live->description();
}

void classifier_base_impl::try_model(const std::string& model_file)
{
    try {
        set_model(model_file);
    } catch (const std::exception& error) {
        d_logger->error("keeps its model: {}", error.what());
    }
}

void classifier_base_impl::try_revert()
{
    if (!revert_model())
        d_logger->warn("has no model before the present one");
}

stream::ClassifierStats classifier_base_impl::stats() const
{
    return d_live->stats();
}

bool classifier_base_impl::start()
{
    d_clock = rx_clock(d_sample_rate); // a pause of the flowgraph is no overflow
    d_first_sample = d_live->stats().samples - nitems_read(0);
    if (d_file_start_ns)
        d_clock.jumped(0, *d_file_start_ns);
    d_flushed = false;
    return sync_block::start();
}

bool classifier_base_impl::stop()
{
    d_tagging = false;
    flush();
    return sync_block::stop();
}

void classifier_base_impl::forecast(int noutput_items, gr_vector_int& ninput_items_required)
{
    ninput_items_required[0] = input_done() ? noutput_items : noutput_items + 1;
}

int classifier_base_impl::fixed_rate_ninput_to_noutput(int ninput)
{
    return input_done() ? ninput : std::max(ninput - 1, 0);
}

int classifier_base_impl::work(int noutput_items, gr_vector_const_void_star& input_items,
                               gr_vector_void_star& output_items)
{
    const gr_complex* in = static_cast<const gr_complex*>(input_items[0]);
    d_tagging = !output_items.empty();
    if (d_tagging)
        std::copy_n(in, noutput_items, static_cast<gr_complex*>(output_items[0]));

    int done = 0;
    get_tags_in_window(d_input_tags, 0, 0, noutput_items);
    // GNU Radio orders them by their items; those of one item belong together.
    for (auto first = d_input_tags.cbegin(), end = d_input_tags.cend(), last = first; first != end; first = last) {
        last = std::find_if(first, end, [&](const gr::tag_t& tag) { return tag.offset != first->offset; });
        const int position = static_cast<int>(first->offset - nitems_read(0));
        d_live->process(in + done, static_cast<std::size_t>(position - done));
        done = position;
        handle_tags(first, last);
    }
    d_live->process(in + done, static_cast<std::size_t>(noutput_items - done));
    const bool ends = input_ends_after(noutput_items);
    if (ends)
        flush();

    // the first item after these, if there is one
    const std::uint64_t last = nitems_read(0) + static_cast<std::uint64_t>(noutput_items) - (ends ? 1 : 0);
    write_tags(block_key, d_block_tags, last);
    write_tags(label_key, d_label_tags, last);
    return noutput_items;
}

void classifier_base_impl::flush()
{
    if (!d_flushed)
        d_live->flush();
    d_flushed = true;
}

void classifier_base_impl::handle_event(const stream::LabelEvent& event)
{
    if (d_handler)
        d_handler(event);
    const bool listening = !pmt::is_null(message_subscribers(labels_port));
    if (!d_tagging && !listening)
        return;
    const pmt::pmt_t label = to_pmt(event);
    if (d_tagging)
        d_label_tags.emplace_back(event.sample_start + event.sample_count, label);
    message_port_pub(labels_port, label);
}

void classifier_base_impl::handle_command(const pmt::pmt_t& message)
{
    const bool pair = pmt::is_pair(message) && !pmt::is_dict(message); // (key . value)
    const pmt::pmt_t command =
        pair ? pmt::dict_add(pmt::make_dict(), pmt::car(message), pmt::cdr(message)) : message;
    const auto value = [&](const pmt::pmt_t& key) {
        return pmt::is_dict(command) ? pmt::dict_ref(command, key, pmt::PMT_NIL) : pmt::PMT_NIL;
    };
    std::optional<double> freq = number_in(value(center_freq_key));
    if (!freq)
        freq = number_in(value(freq_key));
    const pmt::pmt_t model = value(model_key), restore = value(revert_model_key);
    if (freq)
        d_live->set_center_freq_hz(*freq);
    if (pmt::is_symbol(model))
        d_loader.request(pmt::symbol_to_string(model)); // loading takes longer than samples may wait
    if (!pmt::is_null(restore))
        d_loader.request_revert(); // behind a model that is being loaded
    if (!freq && !pmt::is_symbol(model) && pmt::is_null(restore))
        d_logger->warn("ignores a command that is not a dict or pair with the key freq or center_freq (Hz), model "
                       "(file or name) or revert_model");
}

void classifier_base_impl::handle_tags(tag_iterator first, tag_iterator last)
{
    std::optional<double> freq, rate;
    pmt::pmt_t time = pmt::PMT_NIL;
    for (auto tag = first; tag != last; ++tag) {
        if (pmt::eq(tag->key, rx_time_key))
            time = tag->value;
        else if (pmt::eq(tag->key, rx_freq_key))
            freq = number_in(tag->value);
        else if (pmt::eq(tag->key, rx_rate_key))
            rate = number_in(tag->value);
    }
    // Sources say again what they said before when they go on after an overflow; some of them tell the time, too.
    const bool repeated = rate && rate == d_tag_rate && (!freq || freq == d_tag_freq);
    if (is_rx_time(time))
        handle_rx_time(first->offset + d_first_sample, time);
    else if (repeated)
        lose();
    if (freq)
        retune(*freq);
    if (rate)
        compare_rate(*rate);
    d_tag_rate = rate ? rate : d_tag_rate;
}

void classifier_base_impl::compare_rate(double rate)
{
    if (d_rate_warned || std::abs(rate - d_sample_rate) <= 1e-3 * d_sample_rate)
        return;
    d_rate_warned = true;
    d_logger->warn("the source says {} samples/s, sample_rate is {}: bandwidths and times will be wrong", rate,
                   d_sample_rate);
}

// No label is made of samples from both sides of a loss. A recording has gaps, which are no overflows here.
void classifier_base_impl::lose()
{
    d_live->cut();
    if (!d_file_start_ns)
        d_live->count_overflow();
}

// No label is made of samples from both sides of a retune.
void classifier_base_impl::retune(double center_freq)
{
    if (center_freq != d_tag_freq)
        d_live->flush();
    d_tag_freq = center_freq;
    d_live->set_center_freq_hz(center_freq);
}

void classifier_base_impl::handle_rx_time(std::uint64_t sample, const pmt::pmt_t& time)
{
    const std::int64_t time_ns = rx_time_ns(time);
    if (d_clock.jumped(sample, time_ns))
        lose();
    if (d_file_start_ns)
        return d_live->set_time(sample, time_ns, stream::TimeSource::file);
    if (time_ns >= earliest_utc_ns)
        return d_live->set_time(sample, time_ns, stream::TimeSource::hw);
    if (!d_power_on_ns)
        d_power_on_ns = ::prunedamr::system_time_ns() - time_ns;
    d_live->set_time(sample, *d_power_on_ns + time_ns, stream::TimeSource::system);
}

void classifier_base_impl::write_tags(const pmt::pmt_t& key, tag_list& tags, std::uint64_t last)
{
    for (const auto& [sample, value] : tags)
        add_item_tag(0, std::clamp(sample - d_first_sample, nitems_read(0), last), key, value); // bursts come late
    tags.clear();
}

bool classifier_base_impl::input_done()
{
    const gr::buffer_reader_sptr reader = detail()->input(0);
    const gr::thread::scoped_lock guard(*reader->mutex());
    return reader->done();
}

bool classifier_base_impl::input_ends_after(int count)
{
    const gr::buffer_reader_sptr reader = detail()->input(0);
    const gr::thread::scoped_lock guard(*reader->mutex());
    return reader->done() && reader->items_available() == count;
}

} // namespace prunedamr
} // namespace gr
