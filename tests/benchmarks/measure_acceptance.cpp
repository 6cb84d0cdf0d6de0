// SPDX-License-Identifier: GPL-3.0-or-later
// What measurement reaches on made signals, row by row beside what is asked of it, and what a decision costs.
//   measure_acceptance [TRIALS of each signal, default 10] [only rows whose name has this in it]
#include "prunedamr/measure/measurer.h"
#include "tests/benchmarks/acceptance_rows.h"
#include "tests/measure/signals.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>

namespace {

struct LinearCase {
    const char* alphabet;
    Pulse pulse;
    double shape;
};
const LinearCase kWide[] = { { "QPSK", Pulse::root_raised_cosine, 0.2 },     { "QPSK", Pulse::root_raised_cosine, 0.35 },
                             { "8PSK", Pulse::root_raised_cosine, 0.25 },    { "16QAM", Pulse::root_raised_cosine, 0.35 },
                             { "256QAM", Pulse::root_raised_cosine, 0.2 },   { "BPSK", Pulse::root_raised_cosine, 0.5 },
                             { "BPSK", Pulse::rectangular, 0.0 },            { "QPSK", Pulse::rectangular, 0.0 },
                             { "OQPSK", Pulse::root_raised_cosine, 0.35 },   { "OQPSK", Pulse::half_sine, 0.0 },
                             { "pi/4-DQPSK", Pulse::root_raised_cosine, 0.35 }, { "QPSK", Pulse::gaussian, 0.5 },
                             { "OOK", Pulse::rectangular, 0.0 },             { "4ASK", Pulse::root_raised_cosine, 0.3 } };
const LinearCase kNarrow[] = { { "QPSK", Pulse::root_raised_cosine, 0.1 } };

constexpr std::uint32_t kPhase = families::psk | families::qam | families::apsk; // on-off keying by its symbol rate too

Made linear_signal(const LinearCase& c, int symbols, double snr_db, Rng& rng)
{
    LinearSignal signal;
    signal.alphabet = c.alphabet;
    signal.pulse = c.pulse;
    signal.shape = c.shape;
    signal.samples_per_symbol = rng.log_uniform(2.2, std::min(40.0, 32768.0 / symbols));
    signal.count = static_cast<int>(symbols * signal.samples_per_symbol);
    signal.es_n0_db = snr_db;
    return make(signal, rng);
}

template <std::size_t n> Errors rates(const LinearCase (&cases)[n], int symbols, double snr_db, double least_shape = 0.0, int repeat = 1)
{
    Errors errors;
    for (const auto& c : cases)
        for (int t = 0; t < trials * repeat; ++t) {
            if (c.pulse == Pulse::root_raised_cosine && c.shape < least_shape)
                continue;
            Rng rng(1000 * t + symbols + static_cast<int>(snr_db));
            const Made made = linear_signal(c, symbols, snr_db, rng);
            errors.add(measured(made, rng, kPhase)[Quantity::symbol_rate_hz], made.rate);
        }
    return errors;
}

void linear_rates()
{
    const auto block = [](const std::string& row, Errors e, double q, double within, double gross, double accepted) {
        at_most(row, q > 0.94 ? "error, 95 % of decisions" : "error", e.quantile(q), within);
        at_most(row, "gross of accepted", e.gross_fraction(), gross);
        at_least(row, "accepted", e.accepted(), accepted);
    };
    if (is_wanted("linear rate"))
    {
        block("linear rate, 1000 symbols, 10 dB, roll-off >= 0.2", rates(kWide, 1000, 10.0), 0.95, 1e-4, 0.005, 0.99);
        block("linear rate, 1000 symbols, 10 dB, roll-off 0.1", rates(kNarrow, 1000, 10.0, 0.0, 3), 0.95, 3e-4, 0.01, 0.75);
        block("linear rate, 500 symbols, 10 dB, roll-off >= 0.2", rates(kWide, 500, 10.0), 0.95, 3e-4, 0.01, 0.0);
        block("linear rate, 200 symbols, 15 dB, roll-off >= 0.25", rates(kWide, 200, 15.0, 0.25), 0.95, 1e-3, 0.01, 0.90);
        block("linear rate, 200 symbols, 10 dB", rates(kWide, 200, 10.0), 0.5, 1e-3, 0.02, 0.65);
    }
}

void false_numbers()
{
    const std::string row = "false numbers, noise, CW, AM, FM, 15 dB";
    if (!is_wanted(row))
        return;
    int wrong = 0, all = 0;
    for (int t = 0; t < 2 * trials; ++t) {
        Rng rng(t);
        const double width = rng.uniform(0.01, 0.1), tone = rng.uniform(0.003, 0.03);
        const Made signals[] = { make_noise(8192, 1.0, rng), make_noise(8192, rng.uniform(0.02, 0.5), rng), make_carrier(8192, 15.0, rng),
                                 make_am(8192, rng.uniform(0.1, 0.3), width, 15.0, rng),
                                 make_fm(8192, 0.5 * width, 0.5 * width, false, 15.0, rng), make_fm(8192, 3.0 * tone, tone, true, 15.0, rng) };
        for (const Made& made : signals) {
            const Method method = measured(made, rng, families::all).method;
            wrong += method == Method::linear || method == Method::fsk || method == Method::ofdm || method == Method::chirp || method == Method::on_off;
            ++all;
        }
    }
    at_most(row, "share with a wrong number", static_cast<double>(wrong) / all, 0.005);
}

struct FskCase {
    int tones;
    double index, bt;
};

Made fsk_signal(const FskCase& c, int symbols, double snr_db, Rng& rng)
{
    FskSignal signal;
    signal.tones = c.tones;
    signal.index = c.index;
    signal.bandwidth_time = c.bt;
    signal.snr_db = snr_db;
    signal.samples_per_symbol = std::max(2.0, 1.15 * ((c.tones - 1) * c.index + 1.2)) * rng.log_uniform(1.0, 6.0);
    signal.count = std::min(32768, static_cast<int>(symbols * signal.samples_per_symbol));
    return make(signal, rng);
}

void fsk()
{
    if (!is_wanted("fsk"))
        return;
    const FskCase easy[] = { { 2, 0.5, 0 }, { 2, 0.5, 0.5 }, { 2, 0.7, 0 }, { 2, 1, 0 }, { 2, 1, 0.5 }, { 2, 3, 0 },
                             { 4, 0.3, 0 }, { 4, 0.5, 0.5 }, { 4, 1, 0 } };
    const FskCase hard[] = { { 2, 0.5, 0.3 }, { 2, 0.35, 0.5 } };
    const FskCase many[] = { { 8, 0.5, 0 } };
    Errors rate;
    int tones = 0, named = 0;
    const auto run = [&](const FskCase& c, int symbols, double snr_db, Errors* index) {
        for (int t = 0; t < trials; ++t) {
            Rng rng(1000 * t + symbols + static_cast<int>(snr_db));
            const Made made = fsk_signal(c, symbols, snr_db, rng);
            const Measurement& found = measured(made, rng, families::fsk, true);
            if (index) {
                index->add(found[Quantity::modulation_index], c.index);
                continue;
            }
            rate.add(found[Quantity::symbol_rate_hz], made.rate);
            named += found[Quantity::tones].has_value();
            tones += found[Quantity::tones] && found[Quantity::tones]->value == c.tones;
        }
    };
    for (const auto& c : easy)
        run(c, 120, 12.0, nullptr);
    for (const auto& c : hard)
        run(c, 120, 12.0, nullptr);
    for (const auto& c : many)
        run(c, 120, 12.0, nullptr);
    at_most("fsk rate, 120 symbols, 12 dB in band", "error, 95 % of decisions", rate.quantile(0.95), 1e-3);
    at_most("fsk rate, 120 symbols, 12 dB in band", "gross of accepted", rate.gross_fraction(), 0.01);
    at_least("fsk tones, 120 symbols, 12 dB", "right", static_cast<double>(tones) / std::max(1, named), 0.98);
    for (const double snr_db : { 15.0, 12.0 }) {
        Errors e, h;
        for (const auto& c : easy)
            run(c, 200, snr_db, &e);
        for (const auto& c : hard)
            run(c, 200, snr_db, &h);
        const std::string row = "fsk index, 200 symbols, " + std::to_string(static_cast<int>(snr_db)) + " dB";
        at_most(row, "error, 90 % of decisions", e.quantile(0.9), snr_db > 13 ? 0.02 : 0.03);
        at_most(row + ", BT 0.3 or h 0.35", "error, 90 % of decisions", h.quantile(0.9), snr_db > 13 ? 0.03 : 0.06);
    }
}

/// Fraction of decisions whose alphabet was named right (or refused, for a foreign one), and fraction accepted wrong.
void alphabets(const std::string& row, const std::vector<const char*>& names, int symbols, double snr_db, double echo, double least, bool foreign)
{
    if (!is_wanted(row))
        return;
    int right = 0, wrong = 0, all = 0;
    for (const char* name : names)
        for (int t = 0; t < trials; ++t) {
            Rng rng(77 * t + symbols + static_cast<int>(snr_db));
            LinearSignal signal;
            signal.alphabet = name;
            signal.shape = rng.uniform(0.2, 0.5);
            signal.samples_per_symbol = rng.uniform(2.3, 5.0);
            signal.count = static_cast<int>(symbols * signal.samples_per_symbol);
            signal.es_n0_db = snr_db;
            signal.echo = echo > 0 ? rng.uniform(0.0, echo) : 0.0;
            if (echo > 0)
                signal.offset = rng.uniform(-0.02, 0.02);
            const Made made = make(signal, rng);
            const Measurement& found = measured(made, rng, kPhase);
            ++all;
            const bool is_named = found.is_accepted && !std::strcmp(found.alphabet, name);
            const bool is_likeliest = !std::strcmp(found.alphabet, name);
            right += foreign ? !found.is_accepted : is_likeliest;
            wrong += found.is_accepted && !is_named;
        }
    at_least(row, foreign ? "refused" : "likeliest is right", static_cast<double>(right) / all, least);
    if (!foreign)
        std::printf("%-58s %-24s %10.4g\n", row.c_str(), "accepted and wrong", static_cast<double>(wrong) / all);
}

void ofdm()
{
    if (!is_wanted("ofdm"))
        return;
    struct System {
        int transform, guard, active;
        double resample;
    };
    const System wide[] = { { 64, 16, 52, 1.0 }, { 64, 8, 56, 1.0 }, { 64, 16, 52, 1.37 }, { 256, 63, 192, 1.0 }, { 256, 64, 180, 1.17 } };
    const System quarter[] = { { 64, 16, 52, 1.0 }, { 64, 16, 52, 1.37 }, { 256, 63, 192, 1.0 }, { 256, 64, 180, 1.17 } };
    const System lte[] = { { 128, 9, 72, 1.0 }, { 128, 9, 72, 1.3 } };
    const auto run = [](const System* systems, int n, int symbols, double snr_db, int pilots, int& useful, int& guard, int& accepted) {
        int all = 0;
        useful = guard = accepted = 0;
        for (int i = 0; i < n; ++i)
            for (int t = 0; t < trials; ++t) {
                Rng rng(3 * t + 1);
                OfdmSignal signal{ 8192, systems[i].transform, systems[i].guard, systems[i].active, systems[i].resample, snr_db, pilots };
                signal.count = std::min(32768, static_cast<int>(symbols * (signal.transform + signal.guard) * signal.resample));
                const Made made = make(signal, rng);
                const Measurement& found = measured(made, rng, families::ofdm);
                ++all;
                if (found.method != Method::ofdm)
                    continue;
                ++accepted;
                useful += std::fabs(found[Quantity::subcarrier_spacing_hz]->value * made.useful - 1.0) < 0.01;
                guard += std::fabs(found[Quantity::cyclic_prefix_s]->value / made.useful - static_cast<double>(signal.guard) / signal.transform) < 0.01;
            }
        return all;
    };
    int useful, guard, accepted;
    const int all = run(wide, 5, 30, 0.0, 0, useful, guard, accepted);
    at_least("ofdm, 30 symbols, guard >= 1/8, 0 dB", "useful time right, of all", static_cast<double>(useful) / all, 0.98);
    at_least("ofdm, 30 symbols, guard >= 1/8, 0 dB", "guard right, of all", static_cast<double>(guard) / all, 0.95);
    const int packets = run(quarter, 4, 8, 15.0, 0, useful, guard, accepted);
    at_least("ofdm, packets of 8 symbols, guard 1/4, 15 dB", "useful time right, of all", static_cast<double>(useful) / packets, 0.98);
    at_least("ofdm, packets of 8 symbols, guard 1/4, 15 dB", "guard right, of all", static_cast<double>(guard) / packets, 0.95);
    run(lte, 2, 120, 5.0, 6, useful, guard, accepted);
    at_least("ofdm, LTE (guard 7 %), 120 symbols, 5 dB", "right, of accepted", static_cast<double>(guard) / std::max(1, accepted), 0.90);
}

void chirps()
{
    if (!is_wanted("chirp"))
        return;
    int right = 0, all = 0;
    Errors slope;
    for (int sf = 7; sf <= 11; ++sf)
        for (int t = 0; t < (trials + 1) / 2; ++t) {
            Rng rng(5 * t + sf);
            ChirpSignal signal;
            signal.spreading_factor = sf;
            signal.snr_db = 0.0;
            signal.samples_per_chip = rng.log_uniform(2.0, std::min(8.0, 32768.0 / (6 << sf)));
            signal.count = std::min(32768, static_cast<int>(6 * (1 << sf) * signal.samples_per_chip));
            const Made made = make(signal, rng);
            const Measurement& found = measured(made, rng, families::css);
            ++all;
            right += found.method == Method::chirp && std::lround(found[Quantity::spreading_factor]->value) == sf;
            slope.add(found[Quantity::chirp_rate_hz_per_s], made.slope);
        }
    at_least("chirp, SF 7 to 11, 6 symbols, 0 dB", "spreading factor right", static_cast<double>(right) / all, 0.98);
    at_most("chirp, SF 7 to 11, 6 symbols, 0 dB", "slope, 95 % of decisions", slope.quantile(0.95), 0.01);
}

void analog()
{
    if (!is_wanted("analog"))
        return;
    Errors depth, tone, voice;
    for (int t = 0; t < trials; ++t) {
        Rng rng(t + 40);
        const double rms = rng.uniform(0.1, 0.3);
        const Made am = make_am(8192, rms, 0.04, 15.0, rng);
        depth.add(measured(am, rng, families::am)[Quantity::depth], rms);
        const Made fm = make_fm(8192, 0.03, 0.01, true, 15.0, rng);
        tone.add(measured(fm, rng, families::fm)[Quantity::deviation_hz], 0.03);
        const Made speech = make_fm(8192, 0.012, 0.02, false, 15.0, rng);
        voice.add(measured(speech, rng, families::fm)[Quantity::deviation_hz], 0.012 * 2.75); // 99.4 % of a normal variable
    }
    at_most("analog AM depth, rms, 15 dB", "error, 90 % of decisions", depth.quantile(0.9), 0.10);
    at_most("analog FM peak deviation, tone, 15 dB", "error, 90 % of decisions", tone.quantile(0.9), 0.05);
    at_most("analog FM peak deviation, noise-like, 15 dB", "error, 90 % of decisions", voice.quantile(0.9), 0.10);
}

void on_off()
{
    const std::string row = "on-off chips, 24 edges and more, 15 dB";
    if (!is_wanted(row))
        return;
    Errors errors;
    for (int t = 0; t < 4 * trials; ++t) {
        Rng rng(t + 7);
        LinearSignal signal;
        signal.alphabet = "OOK";
        signal.pulse = Pulse::rectangular;
        signal.samples_per_symbol = rng.log_uniform(5.0, 60.0);
        signal.count = static_cast<int>(rng.uniform(60.0, 300.0) * signal.samples_per_symbol);
        signal.es_n0_db = 15.0;
        const Made made = make(signal, rng);
        errors.add(measured(made, rng, families::ask)[Quantity::chip_rate_hz], made.rate);
    }
    at_most(row, "error, median", errors.quantile(0.5), 3e-4);
    at_most(row, "gross of accepted", errors.gross_fraction(), 0.02);
}

void costs()
{
    if (!is_wanted("cost"))
        return;
    const struct {
        const char* name;
        std::uint32_t wanted;
        std::function<Made(Rng&)> make;
    } cases[] = {
        { "QPSK", kPhase, [](Rng& rng) { LinearSignal s; s.count = 8192; return make(s, rng); } },
        { "64QAM behind an echo", kPhase, [](Rng& rng) { LinearSignal s; s.count = 8192; s.alphabet = "64QAM"; s.echo = 0.15; return make(s, rng); } },
        { "2FSK", families::fsk, [](Rng& rng) { FskSignal s; s.count = 8192; return make(s, rng); } },
        { "OFDM", families::ofdm, [](Rng& rng) { return make(OfdmSignal{}, rng); } },
        { "chirp", families::css, [](Rng& rng) { return make(ChirpSignal{}, rng); } },
        { "FM, as FM or FSK", families::fm | families::fsk, [](Rng& rng) { return make_fm(8192, 0.03, 0.02, false, 15.0, rng); } },
        { "QPSK, all families", families::all, [](Rng& rng) { LinearSignal s; s.count = 8192; return make(s, rng); } },
        { "noise, all families", families::all, [](Rng& rng) { return make_noise(8192, 0.3, rng); } },
    };
    for (const auto& c : cases) {
        double best = 1e9; // of several: what others did to the machine meanwhile is left out
        Rng rng(1);
        const Made made = c.make(rng);
        for (int t = 0; t < trials; ++t) {
            cpu_s = 0.0;
            measured(made, rng, c.wanted, c.wanted == families::fsk);
            best = std::min(best, cpu_s);
        }
        at_most(std::string("cost of 8192 samples, ") + c.name, "CPU, least [ms]", 1e3 * best, 5.0);
    }
}

} // namespace

int main(int argc, char** argv)
{
    if (argc > 1)
        trials = std::max(1, std::atoi(argv[1]));
    if (argc > 2)
        filter = argv[2];
    Measurer all(32768);
    measurer = &all;
    std::printf("%-58s %-24s %10s  %-12s %s\n", "what", "quantity", "reached", "asked", "holds");
    linear_rates();
    false_numbers();
    fsk();
    const std::vector<const char*> sure = { "BPSK", "pi/2-BPSK", "4ASK", "OOK", "QPSK", "OQPSK", "pi/4-DQPSK", "8PSK", "16PSK", "16QAM", "32QAM", "16APSK", "32APSK" };
    std::vector<const char*> whole = sure;
    whole.insert(whole.end(), { "64QAM", "128QAM", "256QAM" });
    alphabets("alphabet, 400 symbols, 20 dB, up to 32 points", sure, 400, 20.0, 0.0, 0.95, false);
    alphabets("alphabet, 1600 symbols, 20 dB, up to 256QAM", whole, 1600, 20.0, 0.0, 0.95, false);
    const std::vector<const char*> orders = { "BPSK", "QPSK", "8PSK", "16QAM", "64QAM", "256QAM" };
    alphabets("alphabet, 1800 symbols, echo, 15 dB, BPSK to 256QAM", orders, 1800, 15.0, 0.2, 0.85, false);
    alphabets("alphabet, 1800 symbols, echo, 20 dB, BPSK to 256QAM", orders, 1800, 20.0, 0.2, 0.97, false);
    alphabets("alphabet, 1800 symbols, echo, 25 dB, BPSK to 256QAM", orders, 1800, 25.0, 0.2, 0.99, false);
    alphabets("alphabet, foreign, 600 symbols, 20 dB", { "12PSK", "64APSK", "8ASK", "star 8QAM", "6PSK", "3PSK" }, 600, 20.0, 0.0, 0.90, true);
    ofdm();
    chirps();
    analog();
    on_off();
    costs();
    std::printf("%d of %d rows hold\n", passed, rows);
    return rows > 0 ? 0 : 1;
}
