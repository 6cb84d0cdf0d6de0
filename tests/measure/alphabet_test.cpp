// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/measure/estimators.h"
#include "prunedamr/measure/alphabet_fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>

using namespace prunedamr;
using namespace prunedamr::measure;
using namespace prunedamr::test;

namespace {

struct Estimators : Loaded {
    SymbolRate rate{ space };
    AlphabetFit fit{ space };

    AlphabetNumbers classify(const Made& made, Rng& rng)
    {
        EXPECT_TRUE(load(made, rng));
        const RateLine line = rate.find(front);
        return fit.classify(front, line);
    }
};

Made signal(const std::string& alphabet, int symbols, double es_n0_db, double echo, Rng& rng)
{
    LinearSignal s;
    s.alphabet = alphabet;
    s.shape = rng.uniform(0.2, 0.5);
    s.samples_per_symbol = rng.uniform(2.3, 5.0);
    s.count = static_cast<int>(symbols * s.samples_per_symbol);
    s.es_n0_db = es_n0_db;
    s.echo = echo;
    return make(s, rng);
}

} // namespace

TEST(AlphabetFit, NamesEachFromFourHundredSymbols)
{
    Estimators of;
    for (const char* name : { "BPSK", "pi/2-BPSK", "4ASK", "OOK", "QPSK", "OQPSK", "pi/4-DQPSK", "8PSK", "16PSK", "16QAM", "32QAM",
                              "64QAM", "16APSK", "32APSK" })
        for (int trial = 0; trial < 2; ++trial) {
            Rng rng(10 + trial);
            const Made made = signal(name, 450, 22.0, 0.0, rng);
            const AlphabetNumbers found = of.classify(made, rng);
            EXPECT_STREQ(found.name, name) << trial;
            EXPECT_TRUE(found.is_accepted) << name << ", fit " << found.fit << ", margin " << found.margin;
            EXPECT_NEAR(found.snr_db, 22.0, 2.5) << name;
            EXPECT_NEAR(of.front.center() + found.carrier, made.center, 3e-4 * made.rate) << name;
        }
}

TEST(AlphabetFit, SeparatesDenseOnesBehindAnEcho)
{
    Estimators of;
    for (const char* name : { "16QAM", "64QAM", "128QAM", "256QAM", "32APSK" }) {
        Rng rng(20);
        const AlphabetNumbers found = of.classify(signal(name, 1800, 25.0, 0.15, rng), rng);
        EXPECT_STREQ(found.name, name);
        EXPECT_TRUE(found.is_equalized) << name;
    }
}

TEST(AlphabetFit, UnnamedAlphabetsAreNotTakenForOthers)
{
    Estimators of;
    for (const char* name : { "12PSK", "8ASK", "64APSK", "star 8QAM", "star 8QAM 2.2", "6PSK" }) // 2.2 is no row
        for (int trial = 0; trial < 2; ++trial) {
            Rng rng(30 + trial);
            EXPECT_FALSE(of.classify(signal(name, 600, 20.0, 0.0, rng), rng).is_accepted) << name;
        }
}

TEST(Posterior, IsThatOfBayesPointByPoint)
{
    Rng rng(1);
    auto z = std::make_unique<Symbols>(), mean = std::make_unique<Symbols>();
    z->count = 301;
    for (int k = 0; k < z->count; ++k) {
        const auto value = rng.complex_normal();
        z->re[k] = value.real();
        z->im[k] = value.imag();
    }
    const Channel channel{ 0.9, 0.1 };
    for (const Alphabet& row : alphabets()) {
        const Moments moments = expect(row, channel, *z, 0, z->count, *mean);
        double likelihood = 0.0;
        for (int k = 0; k < z->count; ++k) {
            double density = 0.0;
            std::complex<double> point_mean;
            for (std::size_t i = 0; i < row.points.size(); ++i) {
                double prior = 1.0 / row.points.size();
                if (row.is_decoy && !row.levels.empty()) { // duobinary: the middle level twice as often
                    prior = 1.0;
                    for (const float part : { row.points[i].real(), row.points[i].imag() })
                        prior *= std::fabs(part) < 1e-6 ? 0.5 : 0.25;
                }
                const std::complex<double> apart = std::complex<double>(z->re[k], z->im[k]) - 0.9 * std::complex<double>(row.points[i]);
                const double p = prior * std::exp(-std::norm(apart) / 0.1) / (M_PI * 0.1);
                density += p;
                point_mean += p * std::complex<double>(row.points[i]);
            }
            likelihood += std::max(-25.0, std::log(density));
            ASSERT_NEAR(mean->re[k], point_mean.real() / density, 1e-3) << row.name;
        }
        EXPECT_NEAR(moments.log_likelihood, likelihood / z->count, 1e-3) << row.name;
    }
}
