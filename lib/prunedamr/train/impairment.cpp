// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/impairment.h"

#include "prunedamr/base/error.h"
#include "prunedamr/data/frame_scale.h"

#include <cmath>

namespace prunedamr::train {
namespace {

void add_noise(float* frame, int length, double level_db, Rng& rng)
{
    double power = 0.0;
    for (int n = 0; n < 2 * length; ++n)
        power += static_cast<double>(frame[n]) * frame[n];
    const double deviation = std::sqrt(0.5 * power / length * std::pow(10.0, 0.1 * level_db)); // of each branch
    for (int n = 0; n < 2 * length; ++n)
        frame[n] += static_cast<float>(deviation * rng.normal());
}

template <class PhaseAt> void turn(float* frame, int length, const PhaseAt& phase_at)
{
    float* q = frame + length;
    for (int n = 0; n < length; ++n) {
        const double phase = phase_at(n);
        const double c = std::cos(phase), s = std::sin(phase), i = frame[n];
        frame[n] = static_cast<float>(c * i - s * q[n]);
        q[n] = static_cast<float>(s * i + c * q[n]);
    }
}

} // namespace

void impair(float* frame, const FrontEndSpec& front_end, const Attack& attack, Rng rng)
{
    PRUNEDAMR_CHECK(!attack.needs_gradient(), "an impairment knows no network");
    const int length = front_end.frame_length;
    if (attack.kind == Attack::Kind::noise) {
        add_noise(frame, length, attack.level_db, rng);
        data::scale_frame(front_end, frame);
    } else if (attack.kind == Attack::Kind::offset) {
        const double step = 2.0 * M_PI * (rng.chance(0.5) ? attack.offset : -attack.offset);
        turn(frame, length, [&](int n) { return step * n; });
    } else {
        const double deviation = std::sqrt(2.0 * std::pow(10.0, 0.1 * attack.level_db) / (length - 1)); // of a step
        double phase = 0.0;
        turn(frame, length, [&](int n) { return n == 0 ? 0.0 : phase += deviation * rng.normal(); });
    }
}

} // namespace prunedamr::train
