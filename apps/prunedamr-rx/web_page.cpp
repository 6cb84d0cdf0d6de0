// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/web_page.h"

#include "apps/common/cli.h"

#include "prunedamr/receiver/outputs/output.h"

namespace prunedamr::rx {
namespace {

receiver::WebConfig web_config(const Options& options)
{
    receiver::WebConfig config;
    config.address = options.web;
    config.certificate = options.web_cert;
    config.key = options.web_key;
    if (!options.web_token.empty())
        config.token = receiver::read_secret(options.web_token, cli::print);
    return config;
}

std::vector<receiver::WebRoute> routes(const receiver::StatusBoard& board)
{
    using receiver::WebAnswer;
    return { { "GET", "/metrics",
               [&board](const auto&) {
                   return WebAnswer{ 200, "text/plain; version=0.0.4; charset=utf-8", board.metrics() };
               } },
             { "GET", "/api/v1/status", [&board](const auto&) {
                  return WebAnswer{ 200, "application/json", board.status_json() };
              } } };
}

} // namespace

WebPage::WebPage(const Options& options) : options_(options), server_(web_config(options), routes(board_)) {}

void WebPage::set_source(const receiver::SourceInfo& source)
{
    board_.set_source({ source.name, options_.model, source.live, source.sample_rate_hz, source.center_freq_hz });
}

void WebPage::update(const receiver::ReceiverStats& total, const stream::Publisher& publisher)
{
    std::vector<receiver::StatusBoard::OutputState> outputs;
    for (std::size_t i = 0; i < options_.outputs.size(); ++i)
        outputs.push_back({ options_.outputs[i].name(), publisher.stats(i), publisher.fault(i).value_or("") });
    board_.set_counts(total, std::move(outputs));
}

} // namespace prunedamr::rx
