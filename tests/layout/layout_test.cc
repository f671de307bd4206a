// Holds the source tree to its own rules: who may include whom (cmake/layers.txt), what device code
// may include, line length.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "src/base/files.h"
#include "tests/support/shared_data.h"

namespace kinglet {
namespace {

using Layers = std::map<std::string, std::set<std::string>>;

// Reads the table; adds to `problems` what breaks "a folder names only folders above its own line".
Layers ReadLayers(const std::string& text, std::vector<std::string>& problems) {
  Layers layers;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t colon = line.find(':');
    if (colon == std::string::npos) {
      problems.push_back("no colon: " + line);
      continue;
    }
    const std::string folder = line.substr(0, colon);
    std::set<std::string>& below = layers[folder];
    std::istringstream words(line.substr(colon + 1));
    for (std::string word; words >> word;) {
      if (!layers.contains(word) || word == folder) {
        problems.push_back(folder + " names " + word + ", which is not above it");
      }
      below.insert(word);
    }
  }
  return layers;
}

// The longest folder of the table that `path` lies in; "" when none.
std::string FolderOf(const Layers& layers, const std::string& path) {
  std::string best;
  for (const auto& [folder, below] : layers) {
    if (path.starts_with(folder + "/") && folder.size() > best.size()) best = folder;
  }
  return best;
}

// Breaches of the table in one file's text.
std::vector<std::string> CheckIncludes(const Layers& layers, const std::string& path,
                                       const std::string& text) {
  std::vector<std::string> problems;
  const std::string folder = FolderOf(layers, path);
  const bool is_test = path.ends_with("_test.cc");
  static const std::regex kInclude(R"re(^\s*#\s*include\s+(["<])([^">]+)[">])re");
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    std::smatch match;
    if (!std::regex_search(line, match, kInclude)) continue;
    const std::string what = match[2];
    const std::string place = path + ":" + std::to_string(number) + " includes " + what;
    if (match[1] == "<") {
      static const std::set<std::string> kFreestanding = {"stdint.h", "stddef.h", "string.h"};
      if (path.starts_with("device/") && !is_test && !kFreestanding.contains(what)) {
        problems.push_back(place + ": device code has only stdint.h, stddef.h and string.h");
      }
      continue;
    }
    if (is_test && what.starts_with("tests/support/")) continue;
    const std::string target = FolderOf(layers, what);
    if (target.empty()) {
      if (what.find('/') == std::string::npos) continue;  // generated beside the source
      problems.push_back(place + ", which lies in no folder of cmake/layers.txt");
    } else if (target != folder && !layers.at(folder).contains(target) &&
               !(is_test && folder.starts_with("device/") && target == "src/base")) {
      problems.push_back(place + ": " + folder + " may not include " + target);
    }
  }
  return problems;
}

TEST(Layout, IncludesFollowTheTable) {
  std::vector<std::string> problems;
  const std::string table = ReadTextFile(testing::SourcePath("cmake/layers.txt")).value();
  const Layers layers = ReadLayers(table, problems);
  size_t files = 0;
  for (const std::string top : {"device", "src", "apps"}) {
    const auto listed = ListFiles(testing::SourcePath(top));
    ASSERT_TRUE(listed.has_value()) << listed.error().message;
    for (const std::string& file : *listed) {
      const std::string path = top + "/" + file;
      if (!path.ends_with(".h") && !path.ends_with(".cc")) continue;
      ++files;
      if (FolderOf(layers, path).empty()) {
        problems.push_back(path + " lies in no folder of cmake/layers.txt");
        continue;
      }
      const std::string text = ReadTextFile(testing::SourcePath(path)).value();
      for (std::string& problem : CheckIncludes(layers, path, text)) problems.push_back(problem);
    }
  }
  EXPECT_GT(files, 8U);
  for (const std::string& problem : problems) ADD_FAILURE() << problem;
}

// The list of a module is what Headers.StandAlone compiles.
TEST(Layout, EveryHeaderStandsInItsFoldersList) {
  for (const std::string top : {"device", "src", "apps"}) {
    const auto listed = ListFiles(testing::SourcePath(top));
    ASSERT_TRUE(listed.has_value()) << listed.error().message;
    for (const std::string& file : *listed) {
      if (!file.ends_with(".h")) continue;
      // In the nearest folder above that has a list.
      std::string folder = testing::SourcePath(top + "/" + file);
      do folder.resize(folder.rfind('/'));
      while (!FileExists(folder + "/CMakeLists.txt"));
      const std::string name = testing::SourcePath(top + "/" + file).substr(folder.size() + 1);
      const std::string list = ReadTextFile(folder + "/CMakeLists.txt").value();
      EXPECT_TRUE(std::regex_search(list, std::regex("[ \n]" + name + "[ \n)]")))
          << top << "/" << file;
    }
  }
}

TEST(Layout, SourcesAreFormatted) {
  if (std::system("command -v clang-format >/dev/null") != 0) GTEST_SKIP() << "no clang-format";
  const std::string command =
      "cd '" + testing::SourcePath("") +
      "' && find device src apps tests fuzz benchmarks -name '*.h' -o -name '*.cc' -o -name '*.c' "
      "| xargs clang-format --dry-run --Werror 2>&1 | grep -E 'error:' | head -5 >&2; "
      "test ${PIPESTATUS[1]} -eq 0";
  EXPECT_EQ(
      std::system(
          ("bash -c \"" + std::regex_replace(command, std::regex("[$\"]"), "\\$&") + "\"").c_str()),
      0)
      << "run scripts/format";
}

TEST(Layout, TheCheckSeesAnUpwardInclude) {
  std::vector<std::string> problems;
  const Layers layers = ReadLayers("src/base:\nsrc/ir: src/base\ndevice/dsp:\n", problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(CheckIncludes(layers, "src/base/a.cc", "#include \"src/ir/graph.h\"\n").size(), 1U);
  EXPECT_EQ(CheckIncludes(layers, "src/ir/a.cc", "#include \"src/base/a.h\"\n").size(), 0U);
  EXPECT_EQ(CheckIncludes(layers, "device/dsp/a.cc", "#include <vector>\n").size(), 1U);
  ReadLayers("src/base: src/ir\nsrc/ir:\n", problems);
  EXPECT_EQ(problems.size(), 1U);
}

}  // namespace
}  // namespace kinglet
