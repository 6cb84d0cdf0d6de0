// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/label_event_fields.h"
#include "prunedamr/stream/label_file.h"
#include "prunedamr/stream/sinks.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace prunedamr::stream {
namespace {

/// A sink that writes lines of labels to a file.
template <typename Base> class FileSink : public Base
{
public:
    FileSink(const std::string& path, LabelFile::Format format) : file_(path, std::move(format)) {}
    void reopen() override { file_.reopen(); }
    bool has_ended() const noexcept override { return file_.has_ended(); }
    void abandon() noexcept override { file_.abandon(); }

protected:
    LabelFile file_;
};

bool is_json_label(const std::string& line)
{
    const auto json = nlohmann::json::parse(line, nullptr, false);
    return json.is_object() && json.contains("v") && json.contains("seq") && json.contains("label");
}

class JsonLinesSink : public FileSink<LineSink>
{
public:
    explicit JsonLinesSink(const std::string& path) : FileSink(path, { "", is_json_label, is_json_label }) {}
    void write_line(const std::string& json_line) override { file_.write(json_line); }
};

class TextSink : public FileSink<Sink>
{
public:
    TextSink() : FileSink("-", {}) {}
    void write(const LabelEvent& event) override { file_.write(to_text_line(event)); }
};

void append_csv(std::string& line, const std::string& cell)
{
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
        line += cell;
        return;
    }
    line += '"';
    for (const char c : cell)
        line.append(c == '"' ? 2 : 1, c);
    line += '"';
}

std::string csv_header()
{
    std::string line;
    visit_cells(LabelEvent(),
                [&](const char* name, const Cell&) { line += (line.empty() ? "" : ",") + std::string(name); });
    return line;
}

/// RFC 4180. Half a line cannot be told from a whole one: without its end it is cut.
class CsvSink : public FileSink<Sink>
{
public:
    explicit CsvSink(const std::string& path)
        : FileSink(path, { csv_header(), [](const std::string& line) { return line == csv_header(); },
                           [](const std::string&) { return false; } })
    {
    }

    void write(const LabelEvent& event) override
    {
        line_.clear();
        visit_cells(event, [&](const char*, const Cell& cell) {
            cell_.clear();
            append_text(cell_, cell);
            if (is_begun_)
                line_ += ',';
            is_begun_ = true;
            append_csv(line_, cell_);
        });
        is_begun_ = false;
        file_.write(line_);
    }

private:
    std::string line_, cell_;
    bool is_begun_ = false; ///< the line has a cell
};

} // namespace

std::unique_ptr<LineSink> make_json_lines_sink(const std::string& path)
{
    return std::make_unique<JsonLinesSink>(path);
}

std::unique_ptr<Sink> make_text_sink()
{
    return std::make_unique<TextSink>();
}

std::unique_ptr<Sink> make_csv_sink(const std::string& path)
{
    return std::make_unique<CsvSink>(path);
}

} // namespace prunedamr::stream
