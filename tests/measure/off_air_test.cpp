// SPDX-License-Identifier: GPL-3.0-or-later
// Symbol rates that are known of off-air recordings, which lie beside the project.
#include "prunedamr/measure/measurer.h"
#include "prunedamr/measure/rough_band.h"
#include "prunedamr/recording/recording.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

using namespace prunedamr;
using namespace prunedamr::measure;

namespace {

namespace fs = std::filesystem;

fs::path recordings_folder()
{
    const char* chosen = std::getenv("PRUNEDAMR_RECORDINGS");
    return chosen ? fs::path(chosen) : fs::path(PRUNEDAMR_SOURCE_DIR) / ".." / "shared" / "recordings";
}

struct Known {
    const char* file;
    std::uint32_t wanted;
    Quantity quantity;
    double rate_hz;
    double least; ///< of the decisions that must give a number
};

const Known kKnown[] = {
    { "bpsk1k2_pwsat2", families::psk, Quantity::symbol_rate_hz, 1196.25, 0.8 },
    { "bpsk9k6_by02", families::psk, Quantity::symbol_rate_hz, 9600.5, 0.8 },
    { "bpsk9k6_entrysat", families::psk, Quantity::symbol_rate_hz, 9570.1, 0.8 },
    { "bpsk9k6_fmn1", families::psk, Quantity::symbol_rate_hz, 9570.0, 0.8 },
    { "bpsk9k6_picsat_9k6", families::psk, Quantity::symbol_rate_hz, 9569.9, 0.8 },
    { "qpsk_usrp_a", families::psk, Quantity::symbol_rate_hz, 50000.0, 0.8 },
    { "oqpsk10k5_jaero", families::psk, Quantity::symbol_rate_hz, 5250.0, 0.8 },
    { "oqpsk_802154_nrf_a", families::psk, Quantity::symbol_rate_hz, 1000000.0, 0.8 },
    { "2fsk_urh_esaver", families::fsk, Quantity::symbol_rate_hz, 9600.7, 0.6 },
    { "2fsk_wmbus_t1", families::fsk, Quantity::symbol_rate_hz, 99740.0, 0.6 },
    { "gfsk_ble_nrf_a", families::fsk, Quantity::symbol_rate_hz, 1000010.0, 0.6 },
    { "gfsk_rccar_light", families::fsk, Quantity::symbol_rate_hz, 1000110.0, 0.6 },
    { "msk1200_burst1_jaero", families::fsk, Quantity::symbol_rate_hz, 1200.0, 0.3 },
    { "4fsk_wspr_a", families::fsk, Quantity::symbol_rate_hz, 1.466, 0.6 },
    { "fsk_dfm_radiosonde_lo", families::fsk, Quantity::symbol_rate_hz, 2500.0, 0.8 },
    { "ook_led_BLUE", families::ask, Quantity::chip_rate_hz, 2423.0, 0.6 },
    { "ook_led_Q1", families::ask, Quantity::chip_rate_hz, 2423.0, 0.6 },
    { "ofdm_wifi_dot11n_26mbps", families::ofdm, Quantity::subcarrier_spacing_hz, 312500.0, 0.5 },
    { "ofdm_wifi_dot11n_6.5mbps", families::ofdm, Quantity::subcarrier_spacing_hz, 312500.0, 0.5 },
};

struct Counted {
    int decisions = 0, numbers = 0, right = 0;
};

Counted count(const Known& known, Measurer& measurer, RoughBandFinder& finder)
{
    recording::Recording recording((recordings_folder() / (std::string(known.file) + ".sigmf-meta")).string(), {});
    const auto& info = recording.info();
    const auto length = static_cast<std::uint64_t>(std::clamp(0.1 * info.sample_rate_hz, 500.0, 32768.0));
    std::vector<std::complex<float>> samples(32768);
    Counted counted;
    for (const auto& note : info.annotations)
        for (std::uint64_t at = 0; at + 300 <= note.sample_count && counted.decisions < 40; at += length) {
            recording.seek(note.sample_start + at);
            const auto n = recording.read(samples.data(), std::min(length, note.sample_count - at));
            const dsp::Band band = finder.find(samples.data(), static_cast<int>(n));
            const Piece piece{ samples.data(), n };
            Decision decision;
            decision.pieces = &piece;
            decision.piece_count = 1;
            decision.sample_rate_hz = info.sample_rate_hz;
            decision.center_hz = static_cast<double>(band.center) * info.sample_rate_hz;
            decision.bandwidth_hz = static_cast<double>(band.bandwidth) * info.sample_rate_hz;
            decision.families = known.wanted;
            decision.is_fsk_likely = known.wanted == families::fsk;
            const auto& number = measurer.measure(decision)[known.quantity];
            ++counted.decisions;
            counted.numbers += number.has_value();
            counted.right += number && std::fabs(number->value / known.rate_hz - 1.0) < 0.005;
        }
    return counted;
}

} // namespace

TEST(OffAirMeasurement, RatesAreThoseThatAreKnown)
{
    if (!fs::is_directory(recordings_folder()))
        GTEST_SKIP() << "no off-air recordings in " << recordings_folder();
    Measurer measurer;
    RoughBandFinder finder;
    int numbers = 0, right = 0;
    for (const Known& known : kKnown) {
        const Counted counted = count(known, measurer, finder);
        std::printf("%-28s %3d decisions, %3d numbers, %3d right\n", known.file, counted.decisions, counted.numbers, counted.right);
        numbers += counted.numbers;
        right += counted.right;
        ASSERT_GT(counted.decisions, 0) << known.file;
        EXPECT_GE(counted.right, known.least * counted.decisions) << known.file;
    }
    ASSERT_GT(numbers, 0);
    EXPECT_GE(right, 0.95 * numbers);
}
