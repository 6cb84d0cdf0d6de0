// SPDX-License-Identifier: GPL-3.0-or-later
// The house rule: a module includes only what lies below it. This table is the rule.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

using Names = std::set<std::string>;

const std::map<std::string, Names> kMayInclude = {
    { "base", {} },
    { "dsp", { "base" } },
    { "data", { "base" } },
    { "graph", { "base" } },
    { "synth", { "base", "dsp", "data" } },
    { "engine", { "base", "graph" } },
    { "stream", { "base", "dsp", "data", "graph", "engine" } },
    { "report", { "base", "dsp", "data", "graph" } },
    { "torchscript", { "base", "engine" } },
    { "nn", { "base", "graph" } },
    { "train", { "base", "data", "graph", "nn", "synth" } },
    { "prune", { "base", "data", "graph", "engine", "nn", "train" } },
};

/// Outside libraries that only some folders may touch.
struct Guarded {
    const char* pattern;
    std::vector<std::string> folders;
};
const std::vector<Guarded> kGuarded = {
    { R"(^(torch|ATen|c10)/)", { "lib/prunedamr/nn", "lib/prunedamr/train", "lib/prunedamr/prune", "lib/prunedamr/torchscript", "apps/workshop" } },
    { R"(^(gnuradio|pmt)/)", { "gr-prunedamr", "apps/rx" } },
    { R"(^(oneapi/)?dnnl)", { "lib/prunedamr/engine" } },
    { R"(^pybind11/)", { "lib/python", "gr-prunedamr" } },
    { R"(^volk/)", { "lib/prunedamr/dsp", "lib/prunedamr/synth" } },
    { R"(^liquid/)", { "lib/prunedamr/synth" } },
    { R"(^zmq\.h)", { "lib/prunedamr/stream", "apps/rx" } },
    { R"(^hdf5)", { "lib/prunedamr/data" } },
    { R"(^matio)", { "lib/prunedamr/data" } },
    { R"(^sodium)", { "lib/prunedamr/data" } },
    { R"(^zlib\.h)", { "lib/prunedamr/base", "lib/prunedamr/data" } },
};

std::vector<std::string> includes_of(const std::string& text)
{
    static const std::regex directive(R"re(^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">])re");
    std::vector<std::string> found;
    std::string line;
    for (std::size_t start = 0; start < text.size(); start += line.size() + 1) {
        line = text.substr(start, text.find('\n', start) - start);
        std::smatch match;
        if (std::regex_search(line, match, directive))
            found.push_back(match[1]);
    }
    return found;
}

bool under(const std::string& path, const std::string& folder)
{
    return path.rfind(folder + "/", 0) == 0;
}

/// Complaints about one file, given its path from the root and its text.
std::vector<std::string> complaints(const std::string& path, const std::string& text)
{
    std::vector<std::string> bad;
    std::smatch in_lib;
    const std::regex lib_file("^lib/prunedamr/([a-z]+)/.*");
    const bool is_lib = std::regex_match(path, in_lib, lib_file);
    for (const auto& include : includes_of(text)) {
        std::smatch ours;
        if (is_lib && std::regex_search(include, ours, std::regex("^prunedamr/([a-z]+)/")) &&
            ours[1] != in_lib[1] && kMayInclude.at(in_lib[1]).count(ours[1]) == 0)
            bad.push_back(path + " includes " + include);
        if (is_lib && include.find("..") != std::string::npos)
            bad.push_back(path + " includes by a relative path " + include);
        for (const auto& guarded : kGuarded) {
            if (!std::regex_search(include, std::regex(guarded.pattern)))
                continue;
            bool allowed = false;
            for (const auto& folder : guarded.folders)
                allowed = allowed || under(path, folder);
            if (!allowed)
                bad.push_back(path + " includes " + include);
        }
    }
    return bad;
}

bool is_source(const fs::path& path)
{
    static const Names extensions = { ".h", ".cpp", ".cc", ".inc" };
    return extensions.count(path.extension().string()) > 0;
}

std::string read(const fs::path& path)
{
    std::ifstream file(path);
    return { std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>() };
}

TEST(Layers, IncludesOnlyGoDown)
{
    const fs::path root = PRUNEDAMR_SOURCE_DIR;
    int files = 0;
    for (const char* top : { "lib", "apps", "gr-prunedamr" })
        for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
            if (!entry.is_regular_file() || !is_source(entry.path()))
                continue;
            ++files;
            const std::string path = fs::relative(entry.path(), root).string();
            for (const auto& complaint : complaints(path, read(entry.path())))
                ADD_FAILURE() << complaint;
        }
    EXPECT_GT(files, 50);
}

TEST(Layers, EveryModuleIsInTheTable)
{
    for (const auto& entry : fs::directory_iterator(fs::path(PRUNEDAMR_SOURCE_DIR) / "lib/prunedamr"))
        EXPECT_TRUE(!entry.is_directory() || kMayInclude.count(entry.path().filename().string()) == 1)
            << entry.path().filename();
}

TEST(Layers, TheTableHasNoCycle)
{
    for (const auto& [module, below] : kMayInclude)
        for (const auto& name : below)
            EXPECT_EQ(kMayInclude.at(name).count(module), 0u) << module << " and " << name;
}

TEST(Layers, AnUpwardIncludeIsFound)
{
    EXPECT_EQ(complaints("lib/prunedamr/base/x.cpp", "#include \"prunedamr/graph/network.h\"\n").size(), 1u);
    EXPECT_EQ(complaints("lib/prunedamr/stream/x.cpp", "int a;\n# include <torch/torch.h>\n").size(), 1u);
    EXPECT_EQ(complaints("lib/prunedamr/graph/x.cpp", "#include \"../base/error.h\"\n").size(), 1u);
    EXPECT_TRUE(complaints("lib/prunedamr/graph/x.cpp", "#include \"prunedamr/base/error.h\"\n").empty());
}

} // namespace
