#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "src/base/config.h"
#include "src/base/files.h"
#include "src/base/hash.h"
#include "src/base/progress.h"
#include "src/base/random.h"

namespace kinglet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Result, EveryCodeHasANameAndAFailingExitStatus) {
  for (const Code code : {Code::kInvalid, Code::kNotFound, Code::kUnsupported, Code::kOverBudget,
                          Code::kIo, Code::kInternal}) {
    EXPECT_FALSE(CodeName(code).empty());
    EXPECT_NE(ExitStatus(code), 0);
  }
}

TEST(Hash, MatchesTheBlake2b256VectorOfAbc) {
  EXPECT_EQ(HashBytes(AsBytes("abc")).Hex(),
            "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST(Hash, FieldsDoNotRunTogether) {
  EXPECT_NE(Hasher().AddField("ab").AddField("c").Finish(),
            Hasher().AddField("a").AddField("bc").Finish());
}

TEST(Hash, HexGoesBothWays) {
  const Digest digest = HashBytes(AsBytes("x"));
  EXPECT_EQ(Digest::FromHex(digest.Hex()).value(), digest);
  EXPECT_FALSE(Digest::FromHex("abc").has_value());
  EXPECT_FALSE(Digest::FromHex(std::string(64, 'g')).has_value());
}

TEST(Files, WritesAreWholeOrNotAtAll) {
  const TemporaryFolder folder = TemporaryFolder::Make("kinglet-test-").value();
  const std::string path = folder.path() + "/deep/file";
  ASSERT_TRUE(WriteFileAtomic(path, "old").has_value());
  // A write beyond the process's file size limit fails like a full disk does.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  const rlimit limit{4096, old_limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);
  const Status failed = WriteFileAtomic(path, std::string(100000, 'x'));
  setrlimit(RLIMIT_FSIZE, &old_limit);
  ASSERT_FALSE(failed.has_value());
  EXPECT_THAT(failed.error().message, HasSubstr(path));
  EXPECT_EQ(ReadTextFile(path).value(), "old");
  EXPECT_THAT(ListFiles(folder.path()).value(), ElementsAre("deep/file"));
}

TEST(Files, ReadingRefusesWhatIsTooLong) {
  const TemporaryFolder folder = TemporaryFolder::Make("kinglet-test-").value();
  ASSERT_TRUE(WriteFileAtomic(folder.path() + "/f", "12345").has_value());
  EXPECT_FALSE(ReadFile(folder.path() + "/f", 4).has_value());
  EXPECT_EQ(ReadFile(folder.path() + "/none").error().code, Code::kNotFound);
}

// A process that makes a temporary folder with a file in it and waits to be killed.
struct Holder {
  pid_t pid = 0;
  std::string path;
};

Holder StartHolder() {
  int pipe_fds[2];
  EXPECT_EQ(pipe(pipe_fds), 0);
  Holder holder;
  holder.pid = fork();
  if (holder.pid == 0) {
    const auto folder = TemporaryFolder::Make("kinglet-held-");
    if (!folder || !WriteFileAtomic(folder->path() + "/file", "x")) _exit(1);
    if (write(pipe_fds[1], folder->path().data(), folder->path().size()) < 0) _exit(1);
    close(pipe_fds[1]);
    for (;;) pause();
  }
  close(pipe_fds[1]);
  char buffer[4096];
  for (ssize_t count; (count = read(pipe_fds[0], buffer, sizeof buffer)) > 0;) {
    holder.path.append(buffer, static_cast<size_t>(count));
  }
  close(pipe_fds[0]);
  return holder;
}

TEST(Files, FoldersOfKilledProcessesAreRemovedByTheNextOfTheirName) {
  const Holder holder = StartHolder();
  ASSERT_TRUE(FileExists(holder.path + "/file"));
  {
    const auto folder = TemporaryFolder::Make("kinglet-held-");
    ASSERT_TRUE(folder.has_value());
    EXPECT_TRUE(FileExists(holder.path + "/file")) << "its process is still there";
  }
  kill(holder.pid, SIGKILL);
  waitpid(holder.pid, nullptr, 0);
  ASSERT_TRUE(FileExists(holder.path + "/file"));
  ASSERT_TRUE(TemporaryFolder::Make("kinglet-other-").has_value());
  EXPECT_TRUE(FileExists(holder.path + "/file")) << "of another name";
  ASSERT_TRUE(TemporaryFolder::Make("kinglet-held-").has_value());
  EXPECT_FALSE(FileExists(holder.path));
}

TEST(Files, OnlyHalfWrittenFilesThatNobodyWritesAreAbandoned) {
  const TemporaryFolder folder = TemporaryFolder::Make("kinglet-test-").value();
  const std::string left = folder.path() + "/deep/file.tmp.12.3";
  const std::string used = folder.path() + "/file.tmp.12.4";
  const std::string other = folder.path() + "/notes.tmp.txt";
  for (const std::string& path : {left, used, other}) {
    ASSERT_TRUE(WriteFileAtomic(path, "x").has_value());
  }
  const int fd = open(used.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(flock(fd, LOCK_EX), 0);
  RemoveAbandonedFiles(folder.path());
  EXPECT_FALSE(FileExists(left));
  EXPECT_TRUE(FileExists(used));
  EXPECT_TRUE(FileExists(other));
  close(fd);
  RemoveAbandonedFiles(folder.path());
  EXPECT_FALSE(FileExists(used));
  RemoveAbandonedFiles(folder.path() + "/none");
}

TEST(Files, AMissingTemporaryFolderIsAnError) {
  const char* const before = std::getenv("TMPDIR");
  const std::string kept = before != nullptr ? before : "";
  setenv("TMPDIR", "/nonexistent", 1);
  const auto folder = TemporaryFolder::Make("kinglet-test-");
  before != nullptr ? setenv("TMPDIR", kept.c_str(), 1) : unsetenv("TMPDIR");
  ASSERT_FALSE(folder.has_value());
  EXPECT_THAT(folder.error().message, HasSubstr("TMPDIR"));
}

TEST(Random, GivesTheSameNumbersEverywhere) {
  Random random(42, 54);
  EXPECT_EQ(random.Next(), 0xa15c02b7U);  // the sequence of the PCG demo program
  EXPECT_EQ(random.Next(), 0x7b47f409U);
  Random other(42, 55);
  EXPECT_NE(other.Next(), 0xa15c02b7U);
}

TEST(Config, ReportsUnknownKeysWithTheNearestKnownOne) {
  ConfigTable table = ConfigTable::Parse("[train]\nepoch = 3\n", "kinglet.toml").value();
  table.Table("train").GetInt("epochs", 10, 1, 100);
  EXPECT_EQ(table.Finish().error().message,
            "kinglet.toml:2: [train] epoch: unknown key; did you mean 'epochs'?");
}

TEST(Config, ReportsTypesRangesAndChoices) {
  const auto error = [](std::string_view text, auto ask) {
    ConfigTable table = ConfigTable::Parse(text, "f").value();
    ask(table);
    return table.Finish().error().message;
  };
  EXPECT_EQ(error("a = 'x'", [](ConfigTable& t) { t.GetInt("a", 1, 0, 5); }),
            "f:1: a: must be a whole number");
  EXPECT_EQ(error("a = 9", [](ConfigTable& t) { t.GetInt("a", 1, 0, 5); }),
            "f:1: a = 9: must be 0 to 5");
  EXPECT_EQ(error("a = nan", [](ConfigTable& t) { t.GetDouble("a", 1, 0, 5); }),
            "f:1: a = nan: must be 0 to 5");
  EXPECT_EQ(error("a = 'x'",
                  [](ConfigTable& t) {
                    t.GetChoice("a", "y", {"y", "z"});
                  }),
            "f:1: a = \"x\": must be one of y, z");
}

TEST(Config, ReportsWhereTheSyntaxBreaks) {
  const auto table = ConfigTable::Parse("a = 1\nb = = 2\n", "kinglet.toml");
  ASSERT_FALSE(table.has_value());
  EXPECT_THAT(table.error().message, HasSubstr("kinglet.toml:2"));
}

TEST(Config, ReadsTablesAndLists) {
  ConfigTable table =
      ConfigTable::Parse("x = [1, 2]\n[[flash]]\nbytes = 3\n[[flash]]\nbytes = 4\n", "f").value();
  EXPECT_THAT(table.GetInts("x", 0, 9), ElementsAre(1, 2));
  const auto flash = table.Tables("flash");
  ASSERT_EQ(flash.size(), 2U);
  EXPECT_EQ(flash[1]->GetInt("bytes", 0, 0, 10), 4);
  EXPECT_EQ(flash[0]->GetInt("bytes", 0, 0, 10), 3);
  EXPECT_TRUE(table.Finish().has_value());
}

TEST(Progress, FormatsForReaders) {
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
  EXPECT_EQ(FormatCount(12), "12");
  EXPECT_EQ(FormatBytes(32000), "31.2 KiB");
  EXPECT_EQ(FormatDuration(185), "3 min 05 s");
}

}  // namespace
}  // namespace kinglet
