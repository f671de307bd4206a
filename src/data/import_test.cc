#include "src/data/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "src/data/dataset.h"
#include "src/data/idx.h"
#include "src/data/test_files.h"

namespace kinglet::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Bytes Gzip(const Bytes& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  Bytes out(deflateBound(&stream, bytes.size()) + 64);
  Bytes in = bytes;
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

class ImportTest : public ::testing::Test {
 protected:
  store::Store Open() { return store::Store::Open(folder_.path() + "/.kinglet").value(); }
  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }
  void Write(const std::string& name, const Bytes& bytes) {
    ASSERT_TRUE(WriteFileAtomic(Path(name), bytes).has_value());
  }
  void Write(const std::string& name, std::string_view text) {
    ASSERT_TRUE(WriteFileAtomic(Path(name), text).has_value());
  }
  // Clips in class folders: clips/yes/ann_0.wav ...
  void WriteClips(int per_class) {
    uint64_t seed = 0;
    for (const std::string label : {"yes", "no"}) {
      for (int i = 0; i < per_class; ++i) {
        Write("clips/" + label + "/" + (i % 2 == 0 ? "ann" : "bob") + "_" + std::to_string(i) +
                  ".wav",
              MakeWav(Noise(800, ++seed)));
      }
    }
  }
  Result<ImportSummary> Run(ImportOptions options) {
    store::Store store = Open();
    options.progress = Progress::Show::kNever;
    for (std::string& path : options.paths) path = Path(path);
    if (!options.manifest.empty()) options.manifest = Path(options.manifest);
    return Import(store, options);
  }
  Catalog Load() { return LoadCatalog(Open()).value(); }
  Recording Find(const std::string& name) {
    for (const Recording& recording : Load().recordings) {
      if (recording.name == name) return recording;
    }
    ADD_FAILURE() << "no recording " << name;
    return {};
  }

  TemporaryFolder folder_ = TemporaryFolder::Make("kinglet-import-").value();
};

TEST_F(ImportTest, ClassFoldersGiveLabels) {
  WriteClips(3);
  Write("clips/README.txt", "not a recording");
  const ImportSummary summary = Run({.paths = {"clips"}}).value();
  EXPECT_EQ(summary.added, 6U);
  EXPECT_EQ(summary.ignored, 1U);
  EXPECT_THAT(summary.rejected, IsEmpty());
  const Recording clip = Find("clips/yes/ann_0.wav");
  EXPECT_EQ(clip.label, "yes");
  EXPECT_EQ(clip.group, "");
  EXPECT_EQ(clip.sample_rate_hz, 16000);
  EXPECT_EQ(clip.sample_count, 800U);
  EXPECT_EQ(Open().GetBlob(clip.content).value(), ReadFile(Path("clips/yes/ann_0.wav")).value());
}

TEST_F(ImportTest, APatternGivesLabelAndGroup) {
  Write("flat/7_theo_12.wav", MakeWav(Noise(100, 1)));
  Write("flat/nothing.wav", MakeWav(Noise(100, 2)));
  const ImportSummary summary =
      Run({.paths = {"flat"}, .pattern = "{label}_{group}_{*}.wav"}).value();
  EXPECT_EQ(summary.added, 1U);
  EXPECT_EQ(Find("flat/7_theo_12.wav").label, "7");
  EXPECT_EQ(Find("flat/7_theo_12.wav").group, "theo");
  EXPECT_THAT(summary.rejected,
              ElementsAre(Rejected{"flat/nothing.wav", "its path does not match the pattern"}));
}

TEST_F(ImportTest, AManifestGivesLabelGroupAndSplitAndNamesWhatIsMissing) {
  WriteClips(1);
  Write("clips/loose.wav", MakeWav(Noise(100, 9)));
  Write("list.csv",
        "path,speaker,label,split\r\n\"yes/ann_0.wav\",ann,oui,test\r\nno/ann_0.wav,\"b, jr\",,\r\n"
        "gone.wav,x,y,\r\n");
  const ImportSummary summary = Run({.paths = {"clips"}, .manifest = "list.csv"}).value();
  EXPECT_EQ(summary.added, 2U);
  EXPECT_EQ(Find("clips/yes/ann_0.wav").label, "oui");
  EXPECT_EQ(Find("clips/yes/ann_0.wav").group, "ann");
  EXPECT_EQ(Find("clips/yes/ann_0.wav").given_split, Split::kTest);
  EXPECT_EQ(Find("clips/no/ann_0.wav").label, "no");
  EXPECT_EQ(Find("clips/no/ann_0.wav").group, "b, jr");
  EXPECT_THAT(summary.rejected,
              ElementsAre(Rejected{"clips/loose.wav", "the manifest does not name it"},
                          Rejected{"gone.wav", "the manifest names it, but it is not there"}));
}

TEST_F(ImportTest, AManifestWithoutTheAskedColumnIsAnError) {
  WriteClips(1);
  Write("list.csv", "path,who\nyes/ann_0.wav,ann\n");
  const auto result = Run({.paths = {"clips"}, .manifest = "list.csv", .group_column = "speaker"});
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error().message,
              HasSubstr("list.csv:1: no column 'speaker'; there are path, who"));
}

TEST_F(ImportTest, ASecondImportAddsNothingAndImportsAccumulate) {
  WriteClips(4);
  ASSERT_EQ(Run({.paths = {"clips"}})->added, 8U);
  const Digest head = Load().head;
  const ImportSummary again = Run({.paths = {"clips/"}}).value();
  EXPECT_EQ(again.added + again.changed, 0U);
  EXPECT_EQ(again.already, 8U);
  EXPECT_EQ(Load().head, head);
  Write("more/maybe/x.wav", MakeWav(Noise(100, 99)));
  EXPECT_EQ(Run({.paths = {"clips", "more"}})->added, 1U);
  EXPECT_THAT(Load().recordings, SizeIs(9));
}

TEST_F(ImportTest, AChangedFileReplacesWhatItWas) {
  WriteClips(2);
  ASSERT_TRUE(Run({.paths = {"clips"}}).has_value());
  Write("clips/yes/ann_0.wav", MakeWav(Noise(900, 77)));
  const ImportSummary summary = Run({.paths = {"clips"}}).value();
  EXPECT_EQ(summary.changed, 1U);
  EXPECT_EQ(summary.already, 3U);
  EXPECT_EQ(Find("clips/yes/ann_0.wav").sample_count, 900U);
  // Groups that were not known the first time are a change too.
  EXPECT_EQ(Run({.paths = {"clips"}, .pattern = "{label}/{group}_{*}.wav"})->changed, 4U);
}

TEST_F(ImportTest, BadFilesAreListedAndTheGoodOnesKept) {
  WriteClips(2);
  Bytes wav = MakeWav(Noise(800, 50));
  wav.resize(1000);
  Write("clips/yes/cut.wav", wav);
  Write("clips/yes/text.wav", "hello, I am no sound at all");
  Write("clips/yes/empty.png", "");
  const ImportSummary summary = Run({.paths = {"clips"}}).value();
  EXPECT_EQ(summary.added, 4U);
  ASSERT_THAT(summary.rejected, SizeIs(3));
  EXPECT_EQ(summary.rejected[0].name, "clips/yes/cut.wav");
  EXPECT_EQ(summary.rejected[0].reason,
            "truncated: its header says 1600 bytes of samples, it has 956");
  EXPECT_THAT(Load().rejected, SizeIs(3));
  // The same again says the same and writes nothing; mended, the file is in and no longer listed.
  const Digest head = Load().head;
  EXPECT_THAT(Run({.paths = {"clips"}})->rejected, SizeIs(3));
  EXPECT_EQ(Load().head, head);
  Write("clips/yes/cut.wav", MakeWav(Noise(800, 50)));
  EXPECT_EQ(Run({.paths = {"clips"}})->added, 1U);
  EXPECT_THAT(Load().rejected, SizeIs(2));
}

TEST_F(ImportTest, AGoodRecordingStaysWhenItsFileIsDamagedLater) {
  WriteClips(1);
  ASSERT_TRUE(Run({.paths = {"clips"}}).has_value());
  Write("clips/yes/ann_0.wav", "damaged");
  EXPECT_THAT(Run({.paths = {"clips"}})->rejected, SizeIs(1));
  EXPECT_EQ(Find("clips/yes/ann_0.wav").sample_count, 800U);
}

TEST_F(ImportTest, NothingUsableIsAnError) {
  Write("empty/readme.md", "x");
  EXPECT_THAT(Run({.paths = {"empty"}}).error().message, HasSubstr("no WAV, PNG, JPEG or IDX"));
  EXPECT_EQ(Run({.paths = {"nowhere"}}).error().code, Code::kNotFound);
  Write("flat/a.wav", MakeWav(Noise(100, 1)));
  EXPECT_THAT(Run({.paths = {"flat"}, .pattern = "{label}-{*}.wav"}).error().message,
              HasSubstr("none of 1 files can be used; the first is flat/a.wav: its path does not"));
}

TEST_F(ImportTest, PicturesInClassFolders) {
  const Bytes pixels(12 * 8 * 3, 100);
  Write("signs/0/p001_1.png", MakePng(pixels, 12, 8, 3));
  Write("signs/1/p002_1.JPG", MakeJpeg(pixels, 12, 8, 3));
  EXPECT_EQ(Run({.paths = {"signs"}, .pattern = "{label}/{group}_{*}"})->added, 2U);
  EXPECT_EQ(Find("signs/0/p001_1.png").format, Format::kPng);
  EXPECT_EQ(Find("signs/0/p001_1.png").group, "p001");
  const Recording jpeg = Find("signs/1/p002_1.JPG");
  EXPECT_EQ(jpeg.format, Format::kJpeg);
  EXPECT_EQ(jpeg.width, 12);
  EXPECT_EQ(jpeg.channels, 3);
}

TEST_F(ImportTest, IdxPairsPlainOrCompressedAreSplitByFile) {
  Bytes pixels;
  for (int i = 0; i < 5 * 6; ++i) pixels.push_back(static_cast<uint8_t>(i));
  Write("mnist/train-images-idx3-ubyte.gz", Gzip(MakeIdx({5, 2, 3}, pixels)));
  Write("mnist/train-labels-idx1-ubyte.gz", Gzip(MakeIdx({5}, {0, 1, 2, 3, 4})));
  Write("mnist/t10k-images-idx3-ubyte", MakeIdx({1, 2, 3}, {9, 9, 9, 9, 9, 9}));
  Write("mnist/t10k-labels-idx1-ubyte", MakeIdx({1}, {7}));
  const ImportSummary summary = Run({.paths = {"mnist"}}).value();
  EXPECT_EQ(summary.added, 6U);
  EXPECT_EQ(summary.ignored, 0U);
  const Recording third = Find("mnist/train-images-idx3-ubyte#00002");
  EXPECT_EQ(third.label, "2");
  EXPECT_EQ(third.given_split, Split::kTrain);
  EXPECT_EQ(third.width, 3);
  EXPECT_EQ(third.height, 2);
  EXPECT_EQ(Open().GetBlob(third.content).value(), Bytes({12, 13, 14, 15, 16, 17}));
  EXPECT_EQ(Find("mnist/t10k-images-idx3-ubyte#00000").given_split, Split::kTest);
  EXPECT_EQ(Run({.paths = {"mnist/train-images-idx3-ubyte.gz"}})->already, 5U);
}

TEST_F(ImportTest, DamagedIdxFilesAreRejectedWhole) {
  const Bytes images = MakeIdx({2, 2, 2}, Bytes(8, 1));
  const auto reason = [&](const Bytes& image_file, const Bytes& label_file) {
    Write("d/a-images-idx3-ubyte", image_file);
    Write("d/a-labels-idx1-ubyte", label_file);
    return Run({.paths = {"d"}}).error().message;
  };
  const Bytes labels = MakeIdx({2}, {0, 1});
  Bytes cut = images;
  cut.pop_back();
  EXPECT_THAT(reason(cut, labels), HasSubstr("truncated: its header says 24 bytes, it has 23"));
  EXPECT_THAT(reason(images, MakeIdx({3}, {0, 1, 2})),
              HasSubstr("has 2 pictures, its labels are 3"));
  EXPECT_THAT(reason(MakeIdx({0xffffffff, 4096, 4096}, {}), labels), HasSubstr("truncated"));
  EXPECT_THAT(reason(MakeIdx({1, 0, 2}, {}), labels), HasSubstr("sides are 1 to 4096"));
  Bytes squeezed = Gzip(images);
  squeezed.resize(squeezed.size() - 9);
  EXPECT_THAT(reason(squeezed, labels), HasSubstr("gzip data ends too early"));
  // Two gzip files, one after the other, are one; more than the limit is not taken.
  Bytes two = Gzip(Bytes(100000, 'a'));
  const Bytes one = two;
  two.insert(two.end(), one.begin(), one.end());
  EXPECT_EQ(Gunzip(two).value(), Bytes(200000, 'a'));
  EXPECT_THAT(Gunzip(two, 199999).error().message, HasSubstr("more than 199999 bytes"));
  squeezed = Gzip(images);
  squeezed[12] ^= 0xff;
  EXPECT_THAT(reason(squeezed, labels), HasSubstr("gzip data"));
}

TEST_F(ImportTest, RemovingTakesRecordingsOutAndFreesThem) {
  WriteClips(2);
  ASSERT_TRUE(Run({.paths = {"clips"}}).has_value());
  const Digest content = Find("clips/yes/ann_0.wav").content;
  store::Store store = Open();
  EXPECT_EQ(RemoveFromCatalog(store, "*/yes/ann_?.wav").value(), 1U);
  EXPECT_EQ(RemoveFromCatalog(store, "*/yes/ann_?.wav").value(), 0U);
  EXPECT_THAT(Load().recordings, SizeIs(3));
  EXPECT_GT(store.CollectGarbage().value(), 0U);
  EXPECT_FALSE(store.HasBlob(content));
  for (const Recording& recording : Load().recordings) {
    EXPECT_TRUE(store.GetBlob(recording.content).has_value());
  }
}

TEST_F(ImportTest, KilledAnywhereTheNextRunFinishes) {
  // An IDX file of 5,000 pictures is five batches.
  Bytes pixels;
  Random random(1);
  for (int i = 0; i < 5000 * 16; ++i) pixels.push_back(static_cast<uint8_t>(random.Next()));
  Write("m/train-images-idx3-ubyte", MakeIdx({5000, 4, 4}, pixels));
  Write("m/train-labels-idx1-ubyte", MakeIdx({5000}, Bytes(5000, 3)));
  size_t before = 0;
  bool stopped_between = false;
  for (int round = 0; round < 12; ++round) {
    const pid_t pid = fork();
    if (pid == 0) _exit(Run({.paths = {"m"}}) ? 0 : 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(3 + 5 * round));
    kill(pid, SIGKILL);
    int status = 0;
    waitpid(pid, &status, 0);
    const size_t now = Load().recordings.size();
    EXPECT_GE(now, before);
    EXPECT_EQ(now % 1000, 0U);
    if (now > 0 && now < 5000) stopped_between = true;
    before = now;
  }
  const ImportSummary summary = Run({.paths = {"m"}}).value();
  EXPECT_EQ(summary.already, before);
  EXPECT_EQ(summary.already + summary.added, 5000U);
  EXPECT_THAT(Load().recordings, SizeIs(5000));
  store::Store store = Open();
  const Dataset dataset = MakeDataset(store, {}).value();
  // The same as without any interruption.
  const TemporaryFolder other = TemporaryFolder::Make("kinglet-import-").value();
  store::Store fresh = store::Store::Open(other.path()).value();
  ASSERT_TRUE(
      Import(fresh, {.paths = {Path("m")}, .progress = Progress::Show::kNever}).has_value());
  EXPECT_EQ(MakeDataset(fresh, {}).value().artifact.content, dataset.artifact.content);
  if (!stopped_between) GTEST_LOG_(INFO) << "no kill fell between two batches";
}

TEST_F(ImportTest, TwoAtOnceLoseNothing) {
  WriteClips(20);
  for (int i = 0; i < 20; ++i) {
    Write("others/x/" + std::to_string(i) + ".wav",
          MakeWav(Noise(100, 1000 + static_cast<uint64_t>(i))));
  }
  std::vector<pid_t> pids;
  for (const std::string folder : {"clips", "others", "clips"}) {
    const pid_t pid = fork();
    if (pid == 0) _exit(Run({.paths = {folder}}) ? 0 : 1);
    pids.push_back(pid);
  }
  for (const pid_t pid : pids) {
    int status = 0;
    waitpid(pid, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  EXPECT_THAT(Load().recordings, SizeIs(60));
}

TEST_F(ImportTest, AFullDiskIsOneErrorAndTheNextRunFinishes) {
  WriteClips(40);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  { const store::Store store = Open(); }
  const rlimit limit{100000, old_limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);
  const auto result = Run({.paths = {"clips"}});
  setrlimit(RLIMIT_FSIZE, &old_limit);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, Code::kIo);
  EXPECT_THAT(result.error().message, HasSubstr("disk full"));
  EXPECT_THAT(Load().recordings, IsEmpty());
  EXPECT_EQ(Run({.paths = {"clips"}})->added, 80U);
}

}  // namespace
}  // namespace kinglet::data
