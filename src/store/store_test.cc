#include "src/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "src/base/files.h"
#include "src/base/random.h"
#include "src/base/version.h"
#include "src/store/sqlite.h"

namespace kinglet::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Bytes RandomBytes(size_t count, uint64_t seed) {
  Random random(seed);
  Bytes bytes(count);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Next());
  return bytes;
}

// Runs `work` in a child process and returns its exit status; a crash is a failure.
template <typename Work>
pid_t Fork(Work work) {
  const pid_t pid = fork();
  if (pid == 0) _exit(work() ? 0 : 1);
  return pid;
}

bool Succeeded(pid_t pid) {
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

class StoreTest : public ::testing::Test {
 protected:
  Store Open() { return Store::Open(path()).value(); }
  std::string path() const { return folder_.path() + "/.kinglet"; }
  std::string IndexPath() const { return path() + "/index.sqlite"; }

  // An artifact whose content is `text`.
  static Artifact Make(Store& store, const std::string& kind, const std::string& text,
                       const std::vector<Digest>& inputs = {}) {
    const Digest content = store.PutBlob(AsBytes(text)).value();
    return store
        .PutArtifact({.kind = kind,
                      .name = kind + ".bin",
                      .key = StageKey(kind, text, inputs),
                      .content = content,
                      .parameters = "{}",
                      .inputs = inputs})
        .value();
  }

  TemporaryFolder folder_ = TemporaryFolder::Make("kinglet-store-").value();
};

TEST_F(StoreTest, BlobsOfEverySizeComeBackAfterReopening) {
  std::vector<Digest> digests;
  const std::vector<size_t> sizes = {0, 1, 784, 65536, 65537, 1000000};
  {
    Store store = Open();
    for (const size_t size : sizes) {
      digests.push_back(store.PutBlob(RandomBytes(size, size)).value());
    }
  }
  const Store store = Open();
  for (size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_TRUE(store.HasBlob(digests[i]));
    EXPECT_EQ(store.GetBlob(digests[i]).value(), RandomBytes(sizes[i], sizes[i]));
  }
  EXPECT_EQ(store.GetBlob(HashBytes(AsBytes("never put"))).error().code, Code::kNotFound);
}

TEST_F(StoreTest, SmallBlobsAreRowsAndLargeOnesFiles) {
  Store store = Open();
  const Digest small = store.PutBlob(RandomBytes(65536, 1)).value();
  const Digest large = store.PutBlob(RandomBytes(65537, 2)).value();
  EXPECT_EQ(store.PutBlob(RandomBytes(65537, 2)).value(), large);
  EXPECT_NE(small, large);
  EXPECT_THAT(ListFiles(path() + "/blobs").value(),
              ElementsAre(large.Hex().substr(0, 2) + "/" + large.Hex().substr(2)));
}

TEST_F(StoreTest, ADamagedBlobIsNoticed) {
  Store store = Open();
  const Bytes bytes = RandomBytes(100000, 3);
  const Digest digest = store.PutBlob(bytes).value();
  const std::string file = path() + "/blobs/" + ListFiles(path() + "/blobs").value()[0];
  Bytes damaged = bytes;
  damaged[5000] ^= 1;
  ASSERT_TRUE(WriteFileAtomic(file, damaged).has_value());
  const auto read = store.GetBlob(digest);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, Code::kInvalid);
  EXPECT_THAT(read.error().message, HasSubstr(digest.Short()));
}

TEST_F(StoreTest, PuttingAgainMendsALostFile) {
  Store store = Open();
  const Bytes bytes = RandomBytes(100000, 3);
  const Digest digest = store.PutBlob(bytes).value();
  ASSERT_EQ(unlink((path() + "/blobs/" + ListFiles(path() + "/blobs").value()[0]).c_str()), 0);
  EXPECT_FALSE(store.HasBlob(digest));
  EXPECT_FALSE(store.GetBlob(digest).has_value());
  ASSERT_TRUE(store.PutBlob(bytes).has_value());
  EXPECT_EQ(store.GetBlob(digest).value(), bytes);
}

TEST_F(StoreTest, ADamagedIndexIsAPlainError) {
  { const Store store = Open(); }
  ASSERT_TRUE(WriteFileAtomic(IndexPath(), std::string(8192, 'x')).has_value());
  const auto opened = Store::Open(path());
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, Code::kInvalid);
  EXPECT_THAT(opened.error().message, HasSubstr("index.sqlite"));
}

TEST_F(StoreTest, RefusesAStoreOfANewerVersion) {
  { const Store store = Open(); }
  Bytes index = ReadFile(IndexPath()).value();
  index[63] = 99;  // the last byte of user_version, SQLite's file format section 1.3
  ASSERT_TRUE(WriteFileAtomic(IndexPath(), index).has_value());
  const auto opened = Store::Open(path());
  ASSERT_FALSE(opened.has_value());
  EXPECT_THAT(opened.error().message, HasSubstr("newer Kinglet"));
}

TEST_F(StoreTest, BringsAStoreOfTheFirstFormatUpToDate) {
  Digest id;
  {
    Store store = Open();
    id = Make(store, "model", "weights").id;
  }
  {
    const auto database = Database::Open(IndexPath()).value();
    ASSERT_TRUE(database->Run("ALTER TABLE artifact DROP made_by; PRAGMA user_version=1"));
  }
  Store store = Open();
  EXPECT_EQ(store.Find(id.Hex())->made_by, "") << "nobody wrote it down then";
  EXPECT_EQ(Make(store, "model", "others").made_by, kVersion);
}

TEST_F(StoreTest, ArtifactsTellWhichBuildMadeThem) {
  Digest id;
  {
    Store store = Store::Open(path(), "0.1.0+3f2a91c").value();
    id = Make(store, "model", "weights").id;
  }
  EXPECT_EQ(Open().Find(id.Hex())->made_by, "0.1.0+3f2a91c");
}

TEST_F(StoreTest, AnAbandonedBatchLeavesNothing) {
  Store store = Open();
  ASSERT_TRUE(store.BeginBatch().has_value());
  const Digest digest = store.PutBlob(AsBytes("gone")).value();
  EXPECT_TRUE(store.HasBlob(digest));
  store.AbandonBatch();
  EXPECT_FALSE(store.HasBlob(digest));
  ASSERT_TRUE(store.BeginBatch().has_value());
  ASSERT_TRUE(store.PutBlob(AsBytes("kept")).has_value());
  ASSERT_TRUE(store.CommitBatch().has_value());
  EXPECT_TRUE(Open().HasBlob(HashBytes(AsBytes("kept"))));
}

TEST_F(StoreTest, ABatchWithAFailedWriteCannotBeCommitted) {
  Store store = Open();
  ASSERT_TRUE(store.BeginBatch().has_value());
  const Digest digest = store.PutBlob(AsBytes("before")).value();
  EXPECT_FALSE(store.PutBlob(AsBytes("x"), {HashBytes(AsBytes("never put"))}).has_value());
  EXPECT_FALSE(store.PutBlob(AsBytes("after")).has_value());
  EXPECT_FALSE(store.CommitBatch().has_value());
  EXPECT_FALSE(store.HasBlob(digest));
  EXPECT_TRUE(store.PutBlob(AsBytes("after")).has_value());
}

TEST_F(StoreTest, LineageGoesBothWays) {
  Store store = Open();
  const Digest sample = store.PutBlob(AsBytes("a recording")).value();
  const Digest manifest = store.PutBlob(AsBytes("manifest"), {sample}).value();
  const Artifact dataset = store
                               .PutArtifact({.kind = "dataset",
                                             .name = "dataset",
                                             .key = StageKey("dataset", "", {}),
                                             .content = manifest})
                               .value();
  const Artifact model = Make(store, "model", "weights", {dataset.id});
  const Artifact firmware = Make(store, "firmware", "elf", {model.id, dataset.id});
  const auto ids = [](const std::vector<Artifact>& artifacts) {
    std::vector<Digest> out;
    for (const Artifact& artifact : artifacts) out.push_back(artifact.id);
    return out;
  };
  EXPECT_THAT(ids(store.Inputs(firmware.id).value()), ElementsAre(model.id, dataset.id));
  EXPECT_THAT(ids(store.Inputs(dataset.id).value()), IsEmpty());
  EXPECT_THAT(ids(store.Users(dataset.id).value()), ElementsAre(firmware.id, model.id));
  EXPECT_THAT(ids(store.UsersOfBlob(sample).value()), ElementsAre(dataset.id));
  EXPECT_THAT(ids(store.List().value()), ElementsAre(firmware.id, model.id, dataset.id));
  EXPECT_THAT(ids(store.List("model").value()), ElementsAre(model.id));
  EXPECT_EQ(store.Find(firmware.id.Hex()).value().inputs, firmware.inputs);
}

TEST_F(StoreTest, FindsByKeyByNameAndByTheBeginningOfAnId) {
  Store store = Open();
  const Artifact first = Make(store, "model", "one");
  const Artifact second = Make(store, "model", "two");
  EXPECT_EQ(store.FindByKey("model", first.key).value()->id, first.id);
  EXPECT_FALSE(store.FindByKey("plan", first.key).value().has_value());
  EXPECT_EQ(store.Find("model.bin").value().id, second.id);
  EXPECT_EQ(store.Find(first.id.Short()).value().id, first.id);
  EXPECT_EQ(store.Find("ffff").error().code, Code::kNotFound);
  // Making the first one again makes it the newest of its name, not a third.
  Make(store, "model", "one");
  EXPECT_EQ(store.Find("model.bin").value().id, first.id);
  EXPECT_EQ(store.List("model").value().size(), 2U);
}

TEST_F(StoreTest, AnArtifactNeedsItsContentAndInputs) {
  Store store = Open();
  const Digest nowhere = HashBytes(AsBytes("nowhere"));
  EXPECT_EQ(store.PutArtifact({.kind = "model", .content = nowhere}).error().code, Code::kNotFound);
  const Digest content = store.PutBlob(AsBytes("x")).value();
  const auto orphan = store.PutArtifact({.kind = "model", .content = content, .inputs = {nowhere}});
  EXPECT_EQ(orphan.error().code, Code::kNotFound);
  EXPECT_THAT(store.List().value(), IsEmpty());
}

TEST_F(StoreTest, ReferencesChange) {
  Store store = Open();
  EXPECT_FALSE(store.GetReference("head").value().has_value());
  const Digest one = store.PutBlob(AsBytes("1")).value();
  const Digest two = store.PutBlob(AsBytes("2")).value();
  ASSERT_TRUE(store.SetReference("head", one).has_value());
  ASSERT_TRUE(store.SetReference("head", two).has_value());
  EXPECT_EQ(Open().GetReference("head").value(), two);
  // Any digest will do, such as a fingerprint of something outside the store.
  const Digest outside = HashBytes(AsBytes("files"));
  ASSERT_TRUE(store.SetReference("seen", outside).has_value());
  EXPECT_EQ(store.GetReference("seen").value(), outside);
}

TEST_F(StoreTest, GarbageCollectionKeepsWhatIsReachable) {
  Store store = Open();
  const Digest sample = store.PutBlob(RandomBytes(70000, 1)).value();
  const Digest page = store.PutBlob(AsBytes("page"), {sample}).value();
  const Digest head = store.PutBlob(AsBytes("head"), {page}).value();
  ASSERT_TRUE(store.SetReference("head", head).has_value());
  const Artifact model = Make(store, "model", "weights");
  const Digest loose_file = store.PutBlob(RandomBytes(80000, 2)).value();
  const Digest loose_row = store.PutBlob(AsBytes("12345"), {sample}).value();
  EXPECT_EQ(store.CollectGarbage().value(), 80005U);
  for (const Digest& kept : {sample, page, head, model.content}) {
    EXPECT_TRUE(store.GetBlob(kept).has_value());
  }
  EXPECT_FALSE(store.HasBlob(loose_file));
  EXPECT_FALSE(store.HasBlob(loose_row));
  EXPECT_EQ(ListFiles(path() + "/blobs").value().size(), 1U);
  EXPECT_EQ(store.CollectGarbage().value(), 0U);
  // What was collected can be put again.
  EXPECT_EQ(store.PutBlob(RandomBytes(80000, 2)).value(), loose_file);
  EXPECT_TRUE(store.GetBlob(loose_file).has_value());
}

// Batch `number` of a writer: three rows, a file, a page that holds them, and a reference that says
// how far it came.
Status WriteBatch(Store& store, uint64_t number) {
  KINGLET_CHECK(store.BeginBatch());
  std::vector<Digest> holds;
  for (uint64_t i = 0; i < 4; ++i) {
    const size_t size = i == 3 ? 70000 : 500;
    KINGLET_TRY(const Digest digest, store.PutBlob(RandomBytes(size, number * 4 + i)));
    holds.push_back(digest);
  }
  KINGLET_TRY(const Digest page, store.PutBlob(AsBytes(std::to_string(number)), holds));
  KINGLET_CHECK(store.SetReference("page", page));
  return store.CommitBatch();
}

TEST_F(StoreTest, NothingIsHalfThereAfterKillsInTheMiddleOfBatches) {
  uint64_t done = 0;  // batches known to be committed
  int kills = 0;
  for (int round = 0; round < 40; ++round) {
    const pid_t pid = Fork([&] {
      Store store = Open();
      for (uint64_t number = done + 1;; ++number) {
        if (!WriteBatch(store, number)) return false;
      }
    });
    std::this_thread::sleep_for(std::chrono::microseconds(4000 + 1700 * (round % 16)));
    kill(pid, SIGKILL);
    EXPECT_FALSE(Succeeded(pid));
    ++kills;
    Store store = Open();
    const auto page = store.GetReference("page").value();
    if (!page) continue;
    const uint64_t reached = std::stoull(std::string(AsText(store.GetBlob(*page).value())));
    ASSERT_GE(reached, done);
    for (uint64_t i = 0; i < reached * 4; ++i) {
      const size_t size = i % 4 == 3 ? 70000 : 500;
      ASSERT_TRUE(store.GetBlob(HashBytes(RandomBytes(size, 4 + i))).has_value()) << i;
    }
    // The batch that was under way has not happened, and can be written again.
    ASSERT_FALSE(store.HasBlob(HashBytes(RandomBytes(500, (reached + 1) * 4))));
    ASSERT_TRUE(WriteBatch(store, reached).has_value());
    done = reached;
  }
  EXPECT_EQ(kills, 40);
  EXPECT_GT(done, 0U);
}

TEST_F(StoreTest, AFullDiskLosesNothing) {
  Store store = Open();
  const Digest before = store.PutBlob(AsBytes("before")).value();
  // A write beyond the process's file size limit fails like a full disk does.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  const rlimit limit{200000, old_limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);
  Status batch = store.BeginBatch();
  for (uint64_t i = 0; i < 100 && batch; ++i) {
    if (auto put = store.PutBlob(RandomBytes(60000, i)); !put) batch = Fail(Code::kIo, "put");
  }
  if (batch) batch = store.CommitBatch();
  store.AbandonBatch();
  const auto file = store.PutBlob(RandomBytes(300000, 1));
  setrlimit(RLIMIT_FSIZE, &old_limit);
  EXPECT_FALSE(batch.has_value());
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, Code::kIo);
  EXPECT_TRUE(store.GetBlob(before).has_value());
  EXPECT_FALSE(store.HasBlob(HashBytes(RandomBytes(60000, 0))));
  ASSERT_TRUE(store.PutBlob(RandomBytes(300000, 1)).has_value());
  EXPECT_TRUE(Open().GetBlob(before).has_value());
}

TEST_F(StoreTest, ProcessesMayWriteAndCollectAtOnce) {
  constexpr int kWriters = 3;
  constexpr uint64_t kBlobs = 60;
  std::vector<pid_t> pids;
  for (int writer = 0; writer < kWriters; ++writer) {
    pids.push_back(Fork([&] {  // all of them open the store that is not there yet
      Store store = Open();
      for (uint64_t i = 0; i < kBlobs; ++i) {
        const size_t size = i % 10 == 0 ? 70000 : 300;
        if (!store.BeginBatch()) return false;
        const auto digest = store.PutBlob(RandomBytes(size, i));  // the same bytes in every writer
        if (!digest || !store.PutBlob(AsBytes(std::to_string(i)), {*digest})) return false;
        const Artifact artifact{.kind = "writer-" + std::to_string(writer),
                                .key = StageKey("s", std::to_string(i), {}),
                                .content = *digest};
        if (!store.PutArtifact(artifact) || !store.CommitBatch()) return false;
      }
      return true;
    }));
  }
  pids.push_back(Fork([&] {
    Store store = Open();
    for (int i = 0; i < 10; ++i) {
      if (!store.CollectGarbage()) return false;
    }
    return true;
  }));
  for (const pid_t pid : pids) EXPECT_TRUE(Succeeded(pid));
  const Store store = Open();
  EXPECT_EQ(store.List().value().size(), kWriters * kBlobs);
  for (uint64_t i = 0; i < kBlobs; ++i) {
    EXPECT_TRUE(store.GetBlob(HashBytes(RandomBytes(i % 10 == 0 ? 70000 : 300, i))).has_value());
  }
}

TEST(StageKey, DependsOnEveryPart) {
  const Digest a = HashBytes(AsBytes("a"));
  const Digest b = HashBytes(AsBytes("b"));
  const Digest key = StageKey("train", "{}", {a, b});
  EXPECT_EQ(key, StageKey("train", "{}", {a, b}));
  EXPECT_NE(key, StageKey("train", "{}", {b, a}));
  EXPECT_NE(key, StageKey("train", "{ }", {a, b}));
  EXPECT_NE(key, StageKey("bench", "{}", {a, b}));
}

}  // namespace
}  // namespace kinglet::store
