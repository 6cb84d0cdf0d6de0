// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace prunedamr::stream {

/// Lines of labels to a file, or to standard output for "-". A file is created at once, or appended to when it
/// holds labels; half a line at its end, of a process that was killed, is cut. One that is removed is created
/// again. A closed pipe ends writing quietly; a full disk leaves no half line. Throws `Error` when the file cannot
/// be created, holds something else, or another sink or process writes to it.
class LabelFile
{
public:
    struct Format {
        std::string header; ///< its first line, or empty
        std::function<bool(const std::string&)>
            is_first; ///< whether a file that begins with this line is one of these
        std::function<bool(const std::string&)> is_whole; ///< whether a last line without its end is complete
    };

    LabelFile(const std::string& path, Format format);
    ~LabelFile();
    void write(const std::string& text); ///< without newline; a header before it in a new file
    void reopen();                       ///< as `Sink::reopen`
    bool has_ended() const noexcept;     ///< as `Sink::has_ended`
    void abandon() noexcept;             ///< as `Sink::abandon`, from any thread

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::stream
