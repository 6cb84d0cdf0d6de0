// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/sync_block.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::rx {

/// GNU Radio source of the samples that a function reads; ends with them.
class sample_source : public gr::sync_block
{
public:
    using sptr = std::shared_ptr<sample_source>;

    static constexpr int kEnd = WORK_DONE;

    /// Reads up to `count` samples: how many, 0 when there are none yet, `kEnd` at the end.
    /// Returns within a fraction of a second, so that the flowgraph can be stopped. May throw.
    using Reader = std::function<int(gr_complex* samples, int count)>;

    /// `tags`, in the order of their offsets, go out with the samples they belong to.
    static sptr make(Reader reader, std::vector<gr::tag_t> tags = {});

    /// Ends the stream at the next call of work; samples read before still go downstream. Any thread.
    void finish() { finish_ = true; }

    /// What the reader threw, if it did: the stream ended there. Read it when the flowgraph has ended.
    const std::optional<std::string>& fault() const { return fault_; }

    int work(int noutput_items, gr_vector_const_void_star& input_items, gr_vector_void_star& output_items) override;

    sample_source(Reader reader, std::vector<gr::tag_t> tags); ///< for `make`

private:
    void send_tags(std::uint64_t end); ///< those before sample `end`

    const Reader reader_;
    const std::vector<gr::tag_t> tags_;
    std::size_t next_tag_ = 0;
    std::atomic<bool> finish_{ false };
    std::optional<std::string> fault_;
};

} // namespace prunedamr::rx
