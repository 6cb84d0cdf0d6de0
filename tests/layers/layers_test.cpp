// SPDX-License-Identifier: GPL-3.0-or-later
// The rule of the house: a module includes only modules that stand above it in this list.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

struct Library {
    const char* name;
    Names modules;
};
const std::vector<Library> kHouse = {
    { "prunedamr", { "base", "dsp", "detect", "measure", "graph", "model", "systems", "engine", "recording", "stream", "receiver" } },
    { "prunedamr-tools", { "dataset", "formats", "synth", "metrics", "onnx", "report" } },
    { "prunedamr-train", { "nn", "train", "prune" } },
    { "prunedamr-hub", { "hub" } }, // a program, of which no library may know
};
/// Plug-ins of the engine and the bindings: beside the list, they may include what they serve.
const Names kBeside = { "torchscript" };

/// Outside libraries that only some folders may touch.
struct Guarded {
    const char* pattern;
    Names folders;
};
const std::vector<Guarded> kGuarded = {
    { R"(^(torch|ATen|c10)/)",
      { "lib/prunedamr/nn", "lib/prunedamr/train", "lib/prunedamr/prune", "lib/prunedamr/torchscript", "apps/prunedamr" } },
    { R"(^(gnuradio|pmt)/)", { "gr-prunedamr" } },
    { R"(^(oneapi/)?dnnl)", { "lib/prunedamr/engine" } },
    { R"(^pybind11/)", { "lib/python", "gr-prunedamr" } },
    { R"(^volk/)", { "lib/prunedamr/dsp", "lib/prunedamr/synth" } },
    { R"(^fftw3\.h)", { "lib/prunedamr/dsp" } },
    { R"(^liquid/)", { "lib/prunedamr/synth" } },
    { R"(^zmq\.h)", { "lib/prunedamr/stream", "lib/prunedamr/receiver", "lib/prunedamr/hub" } },
    { R"(^SoapySDR/)", { "lib/prunedamr/receiver" } },
    { R"(^mosquitto)", { "lib/prunedamr/receiver/outputs" } },
    { R"(^(sqlite3\.h|pqxx/))", { "lib/prunedamr/hub" } },
    { R"(^prunedamr/hub/)", { "lib/prunedamr/hub", "apps/prunedamr-hub", "tests/hub" } },
    { R"(^(boost/(asio/(ip|ssl)|beast)|openssl/))", { "lib/prunedamr/receiver/outputs", "lib/prunedamr/receiver/web" } },
    { R"(^hdf5)", { "lib/prunedamr/dataset", "lib/prunedamr/formats" } },
    { R"(^matio)", { "lib/prunedamr/formats" } },
    { R"(^sodium)", { "lib/prunedamr/base", "lib/prunedamr/stream", "lib/prunedamr/receiver" } },
    { R"(^zlib\.h)", { "lib/prunedamr/base", "lib/prunedamr/recording", "lib/prunedamr/formats", "lib/prunedamr/report" } },
    { R"(^(bzlib|lzma|zstd)\.h)", { "lib/prunedamr/recording", "tests/recording" } },
};

int place(const std::string& module)
{
    int place = 0;
    for (const auto& library : kHouse)
        for (const auto& name : library.modules) {
            if (name == module)
                return place;
            ++place;
        }
    return -1;
}

bool is_beside(const std::string& module)
{
    return std::count(kBeside.begin(), kBeside.end(), module) > 0;
}

struct Include {
    std::string path;
    bool quoted;
};

std::vector<Include> includes_of(const std::string& text)
{
    static const std::regex directive(R"re(^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">])re");
    std::vector<Include> found;
    std::string line;
    for (std::size_t start = 0; start < text.size(); start += line.size() + 1) {
        line = text.substr(start, text.find('\n', start) - start);
        std::smatch match;
        if (std::regex_search(line, match, directive))
            found.push_back({ match[2], match[1] == "\"" });
    }
    return found;
}

bool under(const std::string& path, const std::string& folder)
{
    return path.rfind(folder + "/", 0) == 0;
}

/// Whether a quoted include is a path of the tree: from lib/, or from the root for programs, tests and blocks.
bool is_path_of_the_tree(const std::string& include)
{
    const fs::path root = PRUNEDAMR_SOURCE_DIR;
    for (const char* top : { "prunedamr", "python" })
        if (under(include, top))
            return fs::is_regular_file(root / "lib" / include);
    for (const char* top : { "apps", "tests", "gr-prunedamr" })
        if (under(include, top))
            return fs::is_regular_file(root / include);
    return false;
}

/// Complaints about one file, given its path from the root and its text.
Names complaints(const std::string& path, const std::string& text)
{
    static const std::regex of_module("^(?:lib/)?prunedamr/([a-z]+)/.*");
    Names bad;
    std::smatch self, other;
    const bool is_lib = under(path, "lib/prunedamr") && std::regex_match(path, self, of_module);
    for (const auto& include : includes_of(text)) {
        if (include.quoted && !is_path_of_the_tree(include.path))
            bad.push_back(path + " includes \"" + include.path + "\", which is no path of the tree");
        if (is_lib && std::regex_match(include.path, other, of_module) && other[1] != self[1] && !is_beside(self[1]) &&
            (place(other[1]) < 0 || place(other[1]) > place(self[1])))
            bad.push_back(path + " includes " + include.path);
        for (const auto& guarded : kGuarded)
            if (std::regex_search(include.path, std::regex(guarded.pattern)) &&
                std::none_of(guarded.folders.begin(), guarded.folders.end(),
                             [&](const std::string& folder) { return under(path, folder); }))
                bad.push_back(path + " includes " + include.path);
    }
    return bad;
}

bool is_source(const fs::path& path)
{
    static const std::set<std::string> extensions = { ".h", ".cpp", ".cc", ".inc" };
    return extensions.count(path.extension().string()) > 0;
}

std::string read(const fs::path& path)
{
    std::ifstream file(path);
    return { std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>() };
}

TEST(Layers, IncludesOnlyGoDownAndFollowPathsOfTheTree)
{
    const fs::path root = PRUNEDAMR_SOURCE_DIR;
    int files = 0;
    for (const char* top : { "lib", "apps", "gr-prunedamr", "tests" })
        for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
            if (!entry.is_regular_file() || !is_source(entry.path()))
                continue;
            ++files;
            const std::string path = fs::relative(entry.path(), root).string();
            if (under(path, "tests/layers"))
                continue;
            for (const auto& complaint : complaints(path, read(entry.path())))
                if (!under(path, "tests") || complaint.find("no path of the tree") != std::string::npos)
                    ADD_FAILURE() << complaint;
        }
    EXPECT_GT(files, 300);
}

TEST(Layers, EveryModuleIsInTheHouse)
{
    for (const auto& entry : fs::directory_iterator(fs::path(PRUNEDAMR_SOURCE_DIR) / "lib/prunedamr")) {
        const std::string name = entry.path().filename().string();
        EXPECT_TRUE(!entry.is_directory() || place(name) >= 0 || is_beside(name)) << name;
    }
}

TEST(Layers, FilesStayShort)
{
    for (const char* folder : { "lib", "apps", "tests" })
        for (const auto& entry : fs::recursive_directory_iterator(fs::path(PRUNEDAMR_SOURCE_DIR) / folder))
            if (entry.is_regular_file() && is_source(entry.path())) {
                const std::string text = read(entry.path());
                EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 400) << entry.path();
            }
}

TEST(Layers, WrongIncludesAreFound)
{
    EXPECT_EQ(complaints("lib/prunedamr/base/x.cpp", "#include \"prunedamr/graph/network.h\"\n").size(), 1u);
    EXPECT_EQ(complaints("lib/prunedamr/stream/x.cpp", "#include \"prunedamr/dataset/dataset.h\"\n").size(), 1u);
    EXPECT_EQ(complaints("lib/prunedamr/stream/x.cpp", "int a;\n# include <torch/torch.h>\n").size(), 1u);
    EXPECT_EQ(complaints("lib/prunedamr/graph/x.cpp", "#include \"../base/error.h\"\n").size(), 1u);
    EXPECT_EQ(complaints("lib/prunedamr/graph/x.cpp", "#include \"error.h\"\n").size(), 1u);
    EXPECT_EQ(complaints("apps/prunedamr-rx/x.cpp", "#include <gnuradio/top_block.h>\n").size(), 1u);
    EXPECT_TRUE(complaints("lib/prunedamr/graph/x.cpp", "#include \"prunedamr/base/error.h\"\n").empty());
}

} // namespace
