// SPDX-License-Identifier: GPL-3.0-or-later
#include "gr-prunedamr/lib/model_loader.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

using gr::prunedamr::model_loader;

TEST(ModelLoader, KeepsTheOrderOfLoadsAndReverts)
{
    std::vector<std::string> done;
    std::promise<void> begun, go_on, ended;
    model_loader loader(
        [&](const std::string& model) {
            if (done.empty()) {
                begun.set_value();
                go_on.get_future().wait();
            }
            done.push_back(model);
            if (model == "last")
                ended.set_value();
        },
        [&] { done.push_back("revert"); });
    loader.request("first"); // takes long,
    begun.get_future().wait();
    loader.request_revert(); // and what comes meanwhile waits
    loader.request("never loaded");
    loader.request("second");
    loader.request_revert();
    loader.request("last");
    go_on.set_value();
    ended.get_future().wait();
    EXPECT_EQ(done, (std::vector<std::string>{ "first", "revert", "second", "revert", "last" }));
}
