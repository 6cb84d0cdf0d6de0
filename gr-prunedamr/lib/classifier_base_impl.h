// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gr-prunedamr/lib/model_loader.h"
#include "gr-prunedamr/lib/rx_clock.h"
#include "prunedamr/stream/model.h"

#include <gnuradio/prunedamr/classifier_base.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace gr {
namespace prunedamr {

class classifier_base_impl : virtual public classifier_base
{
public:
    void set_event_handler(::prunedamr::stream::EventHandler handler) override;
    void set_start_time(std::int64_t time_ns, bool from_file) override;
    void set_center_freq(double center_freq) override;
    void set_model(const std::string& model_file) override;
    bool revert_model() override;
    std::string description() const override;
    ::prunedamr::stream::ClassifierStats stats() const override;

    bool start() override;
    bool stop() override;
    int work(int noutput_items, gr_vector_const_void_star& input_items, gr_vector_void_star& output_items) override;

    // Until the input has ended one sample is left waiting, so that work() is called once more after the end
    // and the last label leaves before downstream blocks are told that all is done: after that, in stop(),
    // messages may find nobody.
    void forecast(int noutput_items, gr_vector_int& ninput_items_required) override;
    int fixed_rate_ninput_to_noutput(int ninput) override;

protected:
    using live_ptr = std::unique_ptr<::prunedamr::stream::StreamClassifier>;

    //! \p open makes what decides, with the handler of its events.
    classifier_base_impl(const ::prunedamr::stream::ModelConfig& model_config, double sample_rate,
                         const std::function<live_ptr(::prunedamr::stream::EventHandler)>& open);

    //! A tag for a block of samples that is about to be classified.
    void note_block(std::uint64_t start, std::uint64_t count);

private:
    using tag_iterator = std::vector<gr::tag_t>::const_iterator;
    using tag_list = std::vector<std::pair<std::uint64_t, pmt::pmt_t>>; // by the classifier's sample count

    void handle_event(const ::prunedamr::stream::LabelEvent& event);
    void handle_command(const pmt::pmt_t& command);
    void try_model(const std::string& model_file);
    void try_revert();
    void handle_tags(tag_iterator first, tag_iterator last); // of one item
    void compare_rate(double rate);
    void lose();
    void retune(double center_freq);
    void handle_rx_time(std::uint64_t sample, const pmt::pmt_t& time);
    void flush();
    void write_tags(const pmt::pmt_t& key, tag_list& tags, std::uint64_t last);
    bool input_done();
    bool input_ends_after(int count);

    const ::prunedamr::stream::ModelConfig d_model_config;
    const double d_sample_rate;
    rx_clock d_clock;
    std::optional<std::int64_t> d_power_on_ns;    // system time at the device's time 0, if it counts from power-on
    std::optional<std::int64_t> d_file_start_ns;  // of sample 0, when the time is that of a recording
    std::optional<double> d_tag_freq, d_tag_rate; // of the last rx_freq and rx_rate tags
    ::prunedamr::stream::EventHandler d_handler;
    std::uint64_t d_first_sample = 0; // classifier's count at item 0 of the stream
    bool d_tagging = false;
    bool d_flushed = false;
    bool d_rate_warned = false;
    std::vector<gr::tag_t> d_input_tags;
    tag_list d_block_tags;
    tag_list d_label_tags;
    const live_ptr d_live;
    model_loader d_loader; // ends before what it swaps models of
};

} // namespace prunedamr
} // namespace gr
