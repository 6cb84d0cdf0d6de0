// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/measure/signals.h"

#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <stdexcept>

namespace prunedamr::test {
namespace {

Points rings(std::initializer_list<int> counts, std::initializer_list<double> radii)
{
    Points p;
    auto r = radii.begin();
    for (const int n : counts) {
        for (int k = 0; k < n; ++k)
            p.push_back(std::polar(*r, 2 * M_PI * (k + 0.5) / n));
        ++r;
    }
    return p;
}

Points grid(int side, int cut)
{
    Points p;
    for (int i = 1 - side; i < side; i += 2)
        for (int q = 1 - side; q < side; q += 2)
            if (std::abs(i) < cut || std::abs(q) < cut)
                p.push_back({ static_cast<double>(i), static_cast<double>(q) });
    return p;
}

} // namespace

Points alphabet_points(const std::string& name)
{
    Points p;
    const auto psk = [](int m, double first) {
        Points q;
        for (int k = 0; k < m; ++k)
            q.push_back(std::polar(1.0, 2 * M_PI * (k + first) / m));
        return q;
    };
    if (name == "BPSK") p = { 1, -1 };
    else if (name == "QPSK") p = psk(4, 0.5);
    else if (name == "3PSK" || name == "6PSK" || name == "8PSK" || name == "12PSK" || name == "16PSK") p = psk(std::stoi(name), 0);
    else if (name == "OOK") p = { 0, 1 };
    else if (name == "4ASK") p = { -3, -1, 1, 3 };
    else if (name == "8ASK") p = { -7, -5, -3, -1, 1, 3, 5, 7 };
    else if (name == "16QAM") p = grid(4, 99);
    else if (name == "64QAM") p = grid(8, 99);
    else if (name == "256QAM") p = grid(16, 99);
    else if (name == "32QAM") p = grid(6, 5);
    else if (name == "128QAM") p = grid(12, 9);
    else if (name == "16APSK") p = rings({ 4, 12 }, { 1, 2.85 });
    else if (name == "32APSK") p = rings({ 4, 12, 16 }, { 1, 2.84, 5.27 });
    else if (name == "64APSK") p = rings({ 4, 12, 20, 28 }, { 1, 2.4, 4.3, 7.0 });
    else if (name == "star 8QAM" || name == "star 8QAM 2.2") {
        p = psk(4, 0.5);
        for (const auto& v : psk(4, 0)) p.push_back((name == "star 8QAM" ? 2.4 : 2.2) * v);
    } else throw std::invalid_argument("no such alphabet: " + name);
    double sum = 0;
    for (const auto& v : p) sum += std::norm(v);
    for (auto& v : p) v /= std::sqrt(sum / p.size());
    return p;
}

} // namespace prunedamr::test
