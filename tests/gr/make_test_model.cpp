// SPDX-License-Identifier: GPL-3.0-or-later
// make_test_model OUT: a small untrained network, the same each time, for tests of what carries labels about.
#include "prunedamr/base/error.h"
#include "prunedamr/model/model_file.h"

#include <cstdio>

int main(int argc, char** argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_test_model OUT\n");
        return 2;
    }
    prunedamr::model::NewModel config;
    config.arch = "amr_s";
    config.labels = { "BPSK", "QPSK", "FM" };
    config.front_end.kind = prunedamr::FrontEndSpec::Kind::as_is;
    config.front_end.frame_length = 256;
    config.front_end.block_length = 1024;
    try {
        prunedamr::model::Model model = prunedamr::model::make_model(config);
        model.info.name = "tiny";
        prunedamr::model::save_model(model, argv[1]);
    } catch (const prunedamr::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
