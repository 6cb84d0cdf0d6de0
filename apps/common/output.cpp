// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/output.h"

#include "apps/common/cli.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/text.h"
#include "prunedamr/model/model_search.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <unistd.h>
#include <utility>

namespace prunedamr::cli {
namespace {

/// The files that an option's value stands for.
std::vector<std::string> files_of(const CLI::Option& option, const std::string& value)
{
    if (option.get_type_name().rfind(kModel, 0) == 0)
        try {
            return with_companions(model::find_model(value));
        } catch (const Error&) { // whoever opens it says so
        }
    return with_companions(value);
}

/// Of several processes that train together the first alone writes, and the others may have no such folder.
bool writes_outputs()
{
    const char* rank = std::getenv("RANK");
    return !rank || std::string_view(rank) == "0";
}

void gather_files(const CLI::App& app, std::vector<NamedFile>& outputs, std::vector<NamedFile>& inputs)
{
    for (const CLI::Option* option : app.get_options())
        for (const std::string& value : option->results()) {
            const bool is_output = option->get_type_name().rfind(kOutput, 0) == 0;
            if (is_output && writes_outputs())
                check_writable(value);
            for (const std::string& file : files_of(*option, value))
                (is_output ? outputs : inputs).push_back({ option->get_name(), file });
        }
    if (const CLI::Option* checkpoint = app.get_option_no_throw("--checkpoint"); checkpoint && checkpoint->empty())
        for (const std::string& out : app.get_option("--out")->results())
            outputs.push_back({ "the checkpoint", out + ".checkpoint" });
    for (const CLI::App* subcommand : app.get_subcommands())
        gather_files(*subcommand, outputs, inputs);
}

} // namespace

void check_files(const CLI::App& app)
{
    std::vector<NamedFile> outputs, inputs;
    gather_files(app, outputs, inputs);
    check_outputs(outputs, inputs);
}

std::vector<std::string> with_companions(const std::string& file)
{
    const std::filesystem::path path(file), extension = path.extension();
    const auto other = [&](const char* companion) { return std::filesystem::path(path).replace_extension(companion); };
    if (extension == ".sigmf-meta")
        return { file, other(".sigmf-data") };
    if (extension == ".sigmf-data")
        return { file, other(".sigmf-meta") };
    if (extension == ".pt")
        return { file, other(".json") };
    std::vector<std::string> files = { file, file + ".sigmf-meta", file + ".sigmf-data" };
    if (const std::size_t inside = file.find('#'); inside != std::string::npos) // x.sigmf#NAME
        files.push_back(file.substr(0, inside));
    return files;
}

SafeOutput::SafeOutput() : before_(stdout)
{
    std::fflush(before_);
    cookie_io_functions_t functions{};
    functions.write = [](void* self, const char* text, std::size_t size) {
        return static_cast<SafeOutput*>(self)->append({ text, size }) ? static_cast<ssize_t>(size) : ssize_t{ 0 };
    };
    if (std::FILE* filtered = fopencookie(this, "w", functions)) {
        std::setvbuf(filtered, nullptr, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, BUFSIZ);
        stdout = filtered;
    }
}

SafeOutput::~SafeOutput()
{
    finish();
}

void SafeOutput::check()
{
    finish();
    if (fault_ != 0)
        throw SystemError("cannot write", "standard output", fault_);
}

void SafeOutput::finish()
{
    if (stdout == before_)
        return;
    std::fclose(std::exchange(stdout, before_));
    put(printable(std::exchange(rest_, {})));
}

bool SafeOutput::append(std::string_view text)
{
    rest_ += text;
    std::size_t start = 0;
    for (std::size_t end; (end = rest_.find('\n', start)) != std::string::npos; start = end + 1)
        put(printable(std::string_view(rest_).substr(start, end - start)) + "\n");
    rest_.erase(0, start);
    return fault_ == 0;
}

void SafeOutput::put(const std::string& text)
{
    if (std::fwrite(text.data(), 1, text.size(), before_) != text.size() || std::fflush(before_) != 0)
        fault_ = errno;
}

} // namespace prunedamr::cli
