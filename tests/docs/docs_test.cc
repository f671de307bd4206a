// Runs the examples of docs/*.md as a reader would. In a ```console block a line that begins with
// "$ " is a command; the lines below it must occur in its output, in order; "..." stands for any
// text, alone on a line or inside one. All blocks of a page run in one fresh folder. A command must
// succeed unless its block ends with "(exit status N)".
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <regex>
#include <sstream>

#include "src/base/files.h"
#include "tests/support/shared_data.h"

namespace kinglet {
namespace {

struct Example {
  std::string command;
  std::vector<std::string> expected;
  int exit_status = 0;
  int line = 0;
};

std::vector<Example> ParseExamples(const std::string& page) {
  std::vector<Example> examples;
  std::istringstream lines(page);
  bool inside = false;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.starts_with("```")) {
      inside = line == "```console";
      continue;
    }
    if (!inside) continue;
    static const std::regex kExit(R"(\(exit status (\d+)\))");
    std::smatch match;
    if (line.starts_with("$ ")) {
      examples.push_back({line.substr(2), {}, 0, number});
    } else if (examples.empty()) {
      ADD_FAILURE() << "line " << number << ": output before any command";
    } else if (std::regex_match(line, match, kExit)) {
      examples.back().exit_status = std::stoi(match[1]);
    } else if (!examples.back().command.empty() && examples.back().command.ends_with("\\")) {
      examples.back().command.pop_back();
      examples.back().command += line;
    } else {
      examples.back().expected.push_back(line);
    }
  }
  return examples;
}

// `pattern` may hold "..." for any text; spaces at the ends do not count.
bool LineMatches(const std::string& pattern, const std::string& line) {
  static const std::regex kSpecial(R"([.^$|()\[\]{}*+?\\])");
  std::string expression;
  size_t from = 0;
  for (size_t at = pattern.find("..."); at != std::string::npos; at = pattern.find("...", from)) {
    expression += std::regex_replace(pattern.substr(from, at - from), kSpecial, R"(\$&)") + ".*";
    from = at + 3;
  }
  expression += std::regex_replace(pattern.substr(from), kSpecial, R"(\$&)");
  return std::regex_match(line, std::regex("\\s*" + expression + "\\s*"));
}

// The first expected line that does not occur in `output` after the ones before it; "" when all do.
std::string FirstMissing(const std::vector<std::string>& expected, const std::string& output) {
  std::istringstream lines(output);
  for (const std::string& want : expected) {
    if (want.find_first_not_of(" \t") == std::string::npos || want == "...") continue;
    bool found = false;
    for (std::string line; !found && std::getline(lines, line);) found = LineMatches(want, line);
    if (!found) return want;
  }
  return "";
}

std::pair<int, std::string> RunShell(const std::string& folder, const std::string& command) {
  const std::string script = folder + "/.command";
  EXPECT_TRUE(WriteFileAtomic(script, "cd '" + folder + "'\n" + command + "\n").has_value());
  std::FILE* pipe = popen(("bash '" + script + "' 2>&1 </dev/null").c_str(), "r");
  std::string output;
  char buffer[4096];
  while (const size_t count = std::fread(buffer, 1, sizeof(buffer), pipe)) {
    output.append(buffer, count);
  }
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, output};
}

class DocsPage : public ::testing::TestWithParam<std::string> {};

TEST_P(DocsPage, ExamplesRunAsShown) {
  const std::string page = ReadTextFile(testing::SourcePath(GetParam())).value();
  const TemporaryFolder folder = TemporaryFolder::Make("kinglet-docs-").value();
  setenv("PATH", (testing::BinaryPath("") + ":" + getenv("PATH")).c_str(), 1);
  const std::string shared = testing::SharedPath("");
  if (!shared.empty()) setenv("SHARED", shared.c_str(), 1);
  int skipped = 0;
  for (const Example& example : ParseExamples(page)) {
    if (shared.empty() && example.command.find("$SHARED") != std::string::npos) {
      ++skipped;
      continue;
    }
    const auto [status, output] = RunShell(folder.path(), example.command);
    EXPECT_EQ(status, example.exit_status)
        << GetParam() << ":" << example.line << ": $ " << example.command << "\n"
        << output;
    EXPECT_EQ(FirstMissing(example.expected, output), "")
        << GetParam() << ":" << example.line << ": $ " << example.command << "\n"
        << output;
    if (HasFailure()) return;
  }
  if (skipped > 0) GTEST_SKIP() << skipped << " examples need outside data that is not present";
}

std::vector<std::string> Pages() {
  std::vector<std::string> pages = {"README.md"};
  const auto listed = ListFiles(testing::SourcePath("docs"));
  if (!listed) return pages;
  for (const std::string& file : *listed) {
    const std::string text = ReadTextFile(testing::SourcePath("docs/" + file)).value();
    if (file.ends_with(".md") && text.find("```console") != std::string::npos) {
      pages.push_back("docs/" + file);
    }
  }
  return pages;
}

INSTANTIATE_TEST_SUITE_P(Docs, DocsPage, ::testing::ValuesIn(Pages()), [](const auto& page) {
  return std::regex_replace(page.param, std::regex("[^A-Za-z0-9]"), "_");
});

TEST(DocsRunner, SeesAWrongLineAndAWrongOrder) {
  EXPECT_EQ(FirstMissing({"a", "b"}, "a\nx\nb\n"), "");
  EXPECT_EQ(FirstMissing({"b", "a"}, "a\nb\n"), "a");
  EXPECT_EQ(FirstMissing({"took ... s"}, "took 3.2 s\n"), "");
  EXPECT_EQ(FirstMissing({"1.5"}, "125\n"), "1.5");
}

}  // namespace
}  // namespace kinglet
