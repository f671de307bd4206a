// One wrong use of the kinglet program in each *.txt file of this folder, with the exact error line
// it must give:
//
//   # What the case is about.
//   --- file a/kinglet.toml
//   text of the file, to the next section
//   --- setup
//   shell commands that prepare the folder and must succeed
//   --- run
//   one shell command, which must fail
//   --- exit 2
//   --- error
//   kinglet: error: the one line on standard error; ... stands for any text
//
// Each case runs in a fresh folder, where `kinglet` is the built program. Besides the line and the
// exit status, nothing may be printed on standard output, and no file outside hidden folders may be
// added, removed or changed. A setup that exits with 77 skips the case: what it needs is not on
// this machine.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>

#include "src/base/files.h"
#include "src/base/hash.h"
#include "tests/support/shared_data.h"

namespace kinglet {
namespace {

struct Case {
  std::map<std::string, std::string> files;
  std::string setup, run, error;
  int exit_status = -1;
};

// kInvalid says what is wrong with the case file itself.
Result<Case> ParseCase(const std::string& text) {
  Case parsed;
  std::string* section = nullptr;
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (!line.starts_with("--- ")) {
      if (section != nullptr) {
        section->append(line).append("\n");
      } else if (!line.empty() && line[0] != '#') {
        return Fail(Code::kInvalid, "line {}: text outside any section", number);
      }
      continue;
    }
    const std::string name = line.substr(4);
    section = nullptr;
    if (name.starts_with("file ") && name.size() > 5) {
      section = &parsed.files[name.substr(5)];
    } else if (name == "setup") {
      section = &parsed.setup;
    } else if (name == "run") {
      section = &parsed.run;
    } else if (name == "error") {
      section = &parsed.error;
    } else if (name.starts_with("exit ") &&
               name.find_first_not_of("0123456789", 5) == std::string::npos) {
      parsed.exit_status = std::atoi(name.c_str() + 5);
    } else {
      return Fail(Code::kInvalid, "line {}: '{}' is no section", number, name);
    }
  }
  const auto lines_of = [](const std::string& part) {
    return std::count(part.begin(), part.end(), '\n');
  };
  if (lines_of(parsed.run) != 1) return Fail(Code::kInvalid, "run must be one line");
  if (lines_of(parsed.error) != 1) return Fail(Code::kInvalid, "error must be one line");
  if (parsed.exit_status <= 0) return Fail(Code::kInvalid, "exit must be above 0");
  return parsed;
}

// Whether `text` is `pattern`, in which "..." stands for any text without a line's end.
bool Matches(std::string_view pattern, std::string_view text) {
  const size_t gap = pattern.find("...");
  if (gap == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, gap))) return false;
  const std::string_view rest = pattern.substr(gap + 3);
  for (size_t at = gap; at <= text.size(); ++at) {
    if (Matches(rest, text.substr(at))) return true;
    if (at < text.size() && text[at] == '\n') return false;
  }
  return false;
}

// Runs `script` in `folder`; standard output and error go to files of that name in `outside`. The
// exit status, or -1.
int RunShell(const std::string& script, const std::string& folder, const std::string& outside) {
  const std::string program = std::filesystem::path(testing::BinaryPath("kinglet")).parent_path();
  const std::string text = fmt::format("set -eu\ncd '{}'\nPATH='{}':$PATH\nKINGLET_SHARED='{}'\n{}",
                                       folder, program, testing::SharedPath(""), script);
  if (!WriteFileAtomic(outside + "/script", text).has_value()) return -1;
  const std::string command =
      fmt::format("sh '{0}/script' >'{0}/out' 2>'{0}/err' </dev/null", outside);
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::map<std::string, Digest> Contents(const std::string& folder) {
  std::map<std::string, Digest> contents;
  const std::vector<std::string> files = ListFiles(folder).value();
  for (const std::string& file : files)
    contents[file] = HashFile(fmt::format("{}/{}", folder, file)).value();
  return contents;
}

class ErrorCase : public ::testing::TestWithParam<std::string> {};

TEST_P(ErrorCase, GivesItsOneLine) {
  const Result<Case> parsed =
      ParseCase(ReadTextFile(testing::SourcePath("tests/error/" + GetParam())).value());
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  const TemporaryFolder folder = TemporaryFolder::Make("kinglet-error-").value();
  const TemporaryFolder outside = TemporaryFolder::Make("kinglet-error-").value();
  for (const auto& [name, text] : parsed->files) {
    ASSERT_TRUE(WriteFileAtomic(folder.path() + "/" + name, text).has_value());
  }
  const int prepared = RunShell(parsed->setup, folder.path(), outside.path());
  if (prepared == 77)
    GTEST_SKIP() << "not on this machine: " << ReadTextFile(outside.path() + "/err").value();
  ASSERT_EQ(prepared, 0) << ReadTextFile(outside.path() + "/err").value();

  const std::map<std::string, Digest> before = Contents(folder.path());
  EXPECT_EQ(RunShell(parsed->run, folder.path(), outside.path()), parsed->exit_status);
  const std::string error = ReadTextFile(outside.path() + "/err").value();
  EXPECT_TRUE(Matches(parsed->error, error))
      << "expected " << parsed->error << "got      " << error;
  EXPECT_EQ(ReadTextFile(outside.path() + "/out").value(), "");
  EXPECT_TRUE(Contents(folder.path()) == before) << "files were added, removed or changed";
}

std::vector<std::string> CaseFiles() {
  std::vector<std::string> cases;
  const std::vector<std::string> files = ListFiles(testing::SourcePath("tests/error")).value();
  for (const std::string& file : files) {
    if (file.ends_with(".txt") && file != "CMakeLists.txt") cases.push_back(file);
  }
  return cases;
}

std::string CaseName(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param.substr(0, info.param.size() - 4);
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Error, ErrorCase, ::testing::ValuesIn(CaseFiles()), CaseName);

TEST(ErrorRunner, PlaceholdersStandForTextOfOneLine) {
  EXPECT_TRUE(Matches("a...c\n", "abbc\n"));
  EXPECT_TRUE(Matches("a...c...\n", "acc!\n"));
  EXPECT_TRUE(Matches("...", ""));
  EXPECT_FALSE(Matches("a...c\n", "abb\n"));
  EXPECT_FALSE(Matches("a...c\n", "a\nc\n"));
  EXPECT_FALSE(Matches("a...\n", "a\nb\n"));
  EXPECT_FALSE(Matches("a\n", "a"));
}

TEST(ErrorRunner, RefusesACaseThatCouldNotFail) {
  const std::string good = "# about\n--- run\nkinglet x\n--- exit 2\n--- error\nno\n";
  EXPECT_TRUE(ParseCase(good).has_value());
  for (const std::string bad :
       {"", "text\n", "--- what\n", "--- run\na\n--- error\nb\n",
        "--- run\na\n--- exit 0\n--- error\nb\n", "--- run\na\nb\n--- exit 2\n--- error\nb\n",
        "--- run\na\n--- exit 2\n"}) {
    EXPECT_FALSE(ParseCase(bad).has_value()) << bad;
  }
}

TEST(ErrorRunner, SeesStatusAndBothStreams) {
  const TemporaryFolder folder = TemporaryFolder::Make("kinglet-error-").value();
  const TemporaryFolder outside = TemporaryFolder::Make("kinglet-error-").value();
  EXPECT_EQ(RunShell("echo hello; echo no >&2; exit 3", folder.path(), outside.path()), 3);
  EXPECT_EQ(ReadTextFile(outside.path() + "/out").value(), "hello\n");
  EXPECT_EQ(ReadTextFile(outside.path() + "/err").value(), "no\n");
  EXPECT_EQ(RunShell("kinglet --version >&2", folder.path(), outside.path()), 0);
}

}  // namespace
}  // namespace kinglet
