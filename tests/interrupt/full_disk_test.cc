// `kinglet run` on a disk that is full, at every stage: one line that says so, nothing
// half-written, and with a little more room the next run goes on, to the results of one that had
// room enough.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>

#include "src/base/files.h"
#include "tests/interrupt/tiny_project.h"
#include "tests/support/shared_data.h"

namespace kinglet {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr int kPictures = 600;
constexpr int kRoundsMax = 60;

// Gives the project a disk of its own, in a name space that ends with the script, and more of it in
// each round until a run succeeds. $1: the project, $2: where reports and copies of out/ go, $3:
// the program. The rounds are numbered from 1.
constexpr char kScript[] = R"(set -eu
cp -r "$1" "$2/project"
mount -t tmpfs -o size=256k tmpfs "$1"
cp -r "$2/project/." "$1"
for round in $(seq $4); do
  mount -o "remount,size=$((256 + 40 * round))k" "$1"
  status=0
  "$3" run --project "$1" >/dev/null 2>"$2/err-$round" || status=$?
  mkdir "$2/round-$round"
  [ ! -e "$1/out" ] || cp -r "$1/out" "$2/round-$round"
  find "$1" -name '*.tmp.*' >"$2/left-$round"
  [ $status -ne 0 ] || exit 0
  [ $status -eq 4 ] || exit 3
done
exit 4
)";

int Shell(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(FullDisk, InEveryStageTheNextRunGoesOn) {
  if (Shell("unshare -rm mount -t tmpfs tmpfs /mnt 2>/dev/null") != 0) {
    GTEST_SKIP() << "this machine lets nobody mount a small disk (unshare -rm)";
  }
  const auto undisturbed = testing::UndisturbedResults(kPictures);
  if (!undisturbed && undisturbed.error().code == Code::kNotFound) {
    GTEST_SKIP() << undisturbed.error().message;
  }
  ASSERT_TRUE(undisturbed.has_value()) << undisturbed.error().message;
  const TemporaryFolder project = TemporaryFolder::Make("kinglet-full-").value();
  const TemporaryFolder reports = TemporaryFolder::Make("kinglet-full-").value();
  testing::WriteTinyProject(project.path(), kPictures);
  ASSERT_TRUE(WriteFileAtomic(reports.path() + "/script", std::string_view(kScript)).has_value());
  EXPECT_EQ(Shell(fmt::format("unshare -rm sh '{0}/script' '{1}' '{0}' '{2}' {3} 2>'{0}/err'",
                              reports.path(), project.path(), testing::BinaryPath("kinglet"),
                              kRoundsMax)),
            0)
      << ReadTextFile(reports.path() + "/err").value();

  int round = 1;
  std::set<size_t> stages;  // where the disk was full
  for (; FileExists(fmt::format("{}/err-{}", reports.path(), round)); ++round) {
    EXPECT_EQ(ReadTextFile(fmt::format("{}/left-{}", reports.path(), round)).value(), "");
    for (const auto& [path, digest] :
         testing::Results(fmt::format("{}/round-{}", reports.path(), round))) {
      const auto whole = undisturbed->find(path);
      ASSERT_NE(whole, undisturbed->end()) << path;
      EXPECT_EQ(digest, whole->second) << path << " in round " << round;
    }
    const std::vector<std::string> lines =
        Lines(ReadTextFile(fmt::format("{}/err-{}", reports.path(), round)).value());
    const auto error = std::ranges::find_if(
        lines, [](const std::string& line) { return line.starts_with("kinglet: error: "); });
    if (error == lines.end()) continue;
    EXPECT_EQ(error + 1, lines.end()) << "one line, the last";
    EXPECT_THAT(*error,
                AnyOf(HasSubstr("No space left on device"), HasSubstr("is the disk full?")));
    stages.insert(lines.size());
  }
  EXPECT_GE(stages.size(), 4U);
  const auto last = testing::Results(fmt::format("{}/round-{}", reports.path(), round - 1));
  EXPECT_EQ(testing::Difference(last, *undisturbed), "");
}

}  // namespace
}  // namespace kinglet
