// SPDX-License-Identifier: GPL-3.0-or-later
// make_e2e_model OUT: a small untrained network behind the automatic front end, with spread-out confidences.
#include "prunedamr/model/model_file.h"

#include <cstdio>
#include <exception>

int main(int argc, char** argv)
{
    using namespace prunedamr;
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_e2e_model OUT\n");
        return 2;
    }
    model::NewModel config;
    config.arch = "amr_s";
    config.labels = { "noise", "BPSK", "GFSK", "FM" };
    config.front_end.frame_length = 256;
    config.front_end.block_length = 2048;
    try {
        auto model = model::make_model(config);
        model.info.decision.temperature = 20.0;
        model::save_model(model, argv[1]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
