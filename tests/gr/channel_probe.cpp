// SPDX-License-Identifier: GPL-3.0-or-later
// Complex float32 samples from standard input through one stage of the recipe rml2016a, `runs` times with seeds 1,
// 2
// .., the first `keep` samples of each to standard output: for the comparison with GNU Radio's blocks.
#include "prunedamr/synth/rml2016a/rml2016a_channel.h"

#include <cstdio>
#include <cstdlib>

using namespace prunedamr;
using namespace prunedamr::synth;

int main(int argc, char** argv)
{
    if (argc != 6) {
        std::fprintf(stderr, "usage: channel_probe rate|carrier|fading STEP_HZ LIMIT_HZ KEEP RUNS < in > out\n");
        return 2;
    }
    const std::string stage = argv[1];
    const OffsetWalk walk = { std::atof(argv[2]), std::atof(argv[3]) };
    Samples in;
    for (std::complex<float> x; std::fread(&x, sizeof x, 1, stdin) == 1;)
        in.push_back(x);
    for (int run = 1; run <= std::atoi(argv[5]); ++run) {
        Rng rng(static_cast<std::uint64_t>(run));
        Samples x = in;
        if (stage == "rate")
            x = offset_sample_rate(in, walk, rng);
        else if (stage == "carrier")
            offset_carrier(x, walk, rng);
        else
            Fader(Fading::modern).apply(x, rng);
        x.resize(static_cast<std::size_t>(std::atoi(argv[4])));
        std::fwrite(x.data(), sizeof x[0], x.size(), stdout);
    }
    return 0;
}
