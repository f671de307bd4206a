// `kinglet run`, killed without warning in every stage: the next run goes on, ends with the same
// bytes as a run that nothing disturbed, and clears away what the killed ones left.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <regex>

#include "src/base/files.h"
#include "tests/interrupt/tiny_project.h"
#include "tests/support/shared_data.h"

namespace kinglet {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kPictures = 6000;  // six batches of the import

class Kill : public ::testing::Test {
 protected:
  void SetUp() override {
    auto undisturbed = testing::UndisturbedResults(kPictures);
    if (!undisturbed && undisturbed.error().code == Code::kNotFound) {
      GTEST_SKIP() << undisturbed.error().message;
    }
    ASSERT_TRUE(undisturbed.has_value()) << undisturbed.error().message;
    undisturbed_ = *std::move(undisturbed);
    testing::WriteTinyProject(project_.path(), kPictures);
  }

  void Start() {
    pid_ = fork();
    if (pid_ != 0) return;
    setenv("TMPDIR", temporary_.path().c_str(), 1);
    const std::string log = outside_.path() + "/err";
    const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    const std::string program = testing::BinaryPath("kinglet");
    execl(program.c_str(), "kinglet", "run", "--project", project_.path().c_str(), nullptr);
    _exit(127);
  }

  std::string Log() const { return ReadTextFile(outside_.path() + "/err").value_or(""); }
  // Whether the run has said that `stage` is behind it.
  bool Passed(const std::string& stage) const {
    return std::regex_search(Log(), std::regex("(^|\n)" + stage + " +(done|up to date)"));
  }

  // Lets the run go on until `moment` and kills it. False when it ended before that.
  bool KillAt(const std::function<bool()>& moment) {
    Start();
    while (!moment()) {
      int status = 0;
      if (waitpid(pid_, &status, WNOHANG) == pid_) {
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << Log();
        return false;
      }
      usleep(500);
    }
    kill(pid_, SIGKILL);
    int status = 0;
    waitpid(pid_, &status, 0);
    return WIFSIGNALED(status);
  }

  void ExpectTheUndisturbedResults() const {
    EXPECT_EQ(testing::Difference(testing::Results(project_.path()), undisturbed_), "");
    EXPECT_EQ(testing::Leftovers(project_.path()), "");
    EXPECT_TRUE(fs::is_empty(temporary_.path()));
  }

  // The checkpoint's identity, which changes with every epoch; 0 when there is none.
  ino_t Checkpoint() const {
    if (!FileExists(project_.path() + "/.kinglet")) return 0;
    for (const auto& entry : fs::directory_iterator(project_.path() + "/.kinglet")) {
      struct stat info {};
      if (entry.path().extension() == ".checkpoint" && stat(entry.path().c_str(), &info) == 0) {
        return info.st_ino;
      }
    }
    return 0;
  }

  // Whether a temporary folder of this prefix holds `file`.
  bool Building(const std::string& prefix, const std::string& file) const {
    for (const auto& entry : fs::directory_iterator(temporary_.path())) {
      if (entry.path().filename().string().starts_with(prefix) && fs::exists(entry.path() / file)) {
        return true;
      }
    }
    return false;
  }

  std::map<std::string, Digest> undisturbed_;
  TemporaryFolder project_ = TemporaryFolder::Make("kinglet-killed-").value();
  TemporaryFolder temporary_ = TemporaryFolder::Make("kinglet-killed-").value();
  TemporaryFolder outside_ = TemporaryFolder::Make("kinglet-killed-").value();
  pid_t pid_ = 0;
};

TEST_F(Kill, InEveryStageTheNextRunGoesOn) {
  const std::string log = project_.path() + "/.kinglet/index.sqlite-wal";
  EXPECT_TRUE(KillAt([&] {
    std::error_code none_yet;
    const auto bytes = fs::file_size(log, none_yet);
    return !none_yet && bytes > 400'000;
  })) << "import";
  EXPECT_TRUE(KillAt([&] { return Passed("plan"); })) << "features";
  EXPECT_TRUE(KillAt([&] { return Checkpoint() != 0; })) << "training, first phase";
  for (int epoch = 1; epoch < 4; ++epoch) {
    const ino_t before = Checkpoint();
    EXPECT_NE(before, 0U);
    EXPECT_TRUE(KillAt([&] { return Checkpoint() != before; })) << "training, epoch " << epoch;
  }
  EXPECT_TRUE(KillAt([&] { return Passed("train"); })) << "model";
  EXPECT_TRUE(KillAt([&] { return Building("kinglet-firmware-", "model.cc.o"); })) << "firmware";
  EXPECT_TRUE(KillAt([&] { return Passed("firmware"); })) << "bench, building";
  EXPECT_TRUE(KillAt([&] { return Building("kinglet-run-", "."); })) << "bench, running";
  EXPECT_TRUE(KillAt([&] { return Passed("bench"); })) << "report";
  EXPECT_FALSE(KillAt([] { return false; }));
  ExpectTheUndisturbedResults();
}

TEST_F(Kill, AtAnyMomentTheNextRunGoesOn) {
  bool killed = true;
  for (int wait_ms = 20; killed; wait_ms += 1 + wait_ms / 2) {
    const auto end = Clock::now() + std::chrono::milliseconds(wait_ms);
    killed = KillAt([&] { return Clock::now() >= end; });
  }
  ExpectTheUndisturbedResults();
}

}  // namespace
}  // namespace kinglet
