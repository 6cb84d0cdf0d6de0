// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>

namespace prunedamr {

/// Progress of long work on stderr: a bar with rate and time left where stderr is a terminal,
/// one JSON object per `step_done` elsewhere.
class Progress
{
public:
    /// `title` names the work ("train"), `steps` is its length in outer steps (epochs, units), >= 1.
    /// Nothing is written where another process shows it.
    Progress(std::string title, int steps, bool shown = true);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Fraction 0..1 of the current step; redraws at most ten times a second; silent off a terminal.
    void within_step(double fraction);

    /// Ends the current step; `note` is shown after it ("loss 1.203, validation 61.2 %").
    void step_done(const std::string& note);

private:
    void draw(double fraction, const std::string& note);

    std::string title_;
    int steps_;
    int done_ = 0;
    bool shown_;
    bool terminal_;
    std::chrono::steady_clock::time_point start_;
    std::chrono::steady_clock::time_point drawn_;
};

} // namespace prunedamr
