// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace prunedamr::cli {

/// Throws `Error` when an output of the parsed command line, which is the value of an option of type `kOutput`, cannot
/// be written, and `InvalidArgument` when it would overwrite an input, which is any other option's value that names a
/// file, or another output.
void check_files(const CLI::App& app);

/// The files that a name may stand for, and what is read and written with them: both halves of a SigMF recording, the
/// archive that it lies in, the labels of a TorchScript.
std::vector<std::string> with_companions(const std::string& file);

/// Standard output while it lives: what acts on a terminal is escaped (`printable`) but line ends, and a write that
/// fails is not forgotten. A line is written when it ends.
class SafeOutput
{
public:
    SafeOutput();
    ~SafeOutput();
    SafeOutput(const SafeOutput&) = delete;
    SafeOutput& operator=(const SafeOutput&) = delete;

    /// Writes what is left, and ends it. Throws `SystemError` when something could not be written.
    void check();

private:
    void finish();
    bool append(std::string_view text);
    void put(const std::string& text);

    std::FILE* before_;
    std::string rest_; ///< of a line that has not ended
    int fault_ = 0;    ///< errno of the last write that failed
};

} // namespace prunedamr::cli
