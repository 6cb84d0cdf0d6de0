// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/progress.h"

#include "prunedamr/base/error.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <unistd.h>

namespace prunedamr {
namespace {

constexpr int kBarWidth = 28;

std::string clock_text(double seconds)
{
    const auto total = static_cast<long>(seconds + 0.5);
    return fmt::format("{}:{:02}", total / 60, total % 60);
}

} // namespace

Progress::Progress(std::string title, int steps, bool shown)
    : title_(std::move(title)), steps_(steps), shown_(shown), terminal_(shown && isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()), drawn_(start_)
{
    PRUNEDAMR_CHECK(steps >= 1, "progress needs at least one step");
}

Progress::~Progress()
{
    if (terminal_)
        std::fputs("\r\033[K", stderr);
}

void Progress::within_step(double fraction)
{
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_ || now - drawn_ < std::chrono::milliseconds(100))
        return;
    drawn_ = now;
    draw(fraction, "");
}

void Progress::step_done(const std::string& note)
{
    ++done_;
    if (!shown_)
        return;
    if (terminal_) {
        std::fprintf(stderr, "\r\033[K%s %d/%d  %s\n", title_.c_str(), done_, steps_, note.c_str());
        draw(0.0, "");
        return;
    }
    const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const nlohmann::json line = { { "progress", title_ },
                                  { "step", done_ },
                                  { "steps", steps_ },
                                  { "elapsed_s", static_cast<double>(static_cast<long>(elapsed * 10)) / 10 },
                                  { "note", note } };
    std::fprintf(stderr, "%s\n", line.dump().c_str());
}

void Progress::draw(double fraction, const std::string& note)
{
    const double done = (done_ + fraction) / steps_;
    const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const int filled = static_cast<int>(done * kBarWidth);
    const std::string bar = std::string(filled, '#') + std::string(kBarWidth - filled, '.');
    const std::string left = done > 0.0 ? clock_text(elapsed * (1.0 - done) / done) : "?";
    std::fprintf(stderr, "\r\033[K%s [%s] %3.0f %%  %s left  %s", title_.c_str(), bar.c_str(), 100 * done,
                 left.c_str(), note.c_str());
    std::fflush(stderr);
}

} // namespace prunedamr
