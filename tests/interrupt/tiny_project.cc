#include "tests/interrupt/tiny_project.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "src/base/files.h"
#include "src/base/random.h"
#include "tests/support/shared_data.h"

namespace kinglet::testing {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kSide = 12;
constexpr uint32_t kClasses = 3;

constexpr char kProject[] = R"([project]
name = "tiny"
task = "image"
board = "nucleo-l432kc"
[data]
sources = ["data"]
[image]
width = 12
height = 12
[train]
model = "cnn-4x1"
epochs = 3
qat_epochs = 2
[bench]
emulated_samples = 10
)";

void Write(const std::string& path, const Bytes& bytes) {
  ASSERT_TRUE(WriteFileAtomic(path, bytes).has_value());
}

// IDX: two zeros, the type, the number of sizes, the sizes big-endian.
Bytes IdxHeader(const std::vector<uint32_t>& sizes) {
  Bytes bytes = {0, 0, 8, static_cast<uint8_t>(sizes.size())};
  for (const uint32_t size : sizes) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<uint8_t>(size >> shift));
    }
  }
  return bytes;
}

// Noise with a bright bar, whose place is the class.
void WritePictures(const std::string& prefix, uint32_t count, uint64_t seed) {
  Bytes images = IdxHeader({count, kSide, kSide});
  Bytes labels = IdxHeader({count});
  Random random(seed);
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t label = random.Below(kClasses);
    labels.push_back(static_cast<uint8_t>(label));
    for (uint32_t pixel = 0; pixel < kSide * kSide; ++pixel) {
      const bool bar = pixel / kSide / (kSide / kClasses) == label;
      images.push_back(static_cast<uint8_t>(random.Below(128) + (bar ? 100 : 0)));
    }
  }
  Write(prefix + "-images-idx3-ubyte", images);
  Write(prefix + "-labels-idx1-ubyte", labels);
}

}  // namespace

void WriteTinyProject(const std::string& folder, int pictures) {
  ASSERT_TRUE(WriteFileAtomic(folder + "/kinglet.toml", std::string_view(kProject)).has_value());
  WritePictures(folder + "/data/train", static_cast<uint32_t>(pictures), 1);
  WritePictures(folder + "/data/t10k", static_cast<uint32_t>(pictures / 10), 2);
}

std::map<std::string, Digest> AllFiles(const std::string& folder) {
  std::map<std::string, Digest> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    files[fs::relative(entry.path(), folder).string()] = HashFile(entry.path().string()).value();
  }
  return files;
}

std::map<std::string, Digest> Results(const std::string& folder) {
  std::map<std::string, Digest> files;
  for (const auto& [path, digest] : AllFiles(folder)) {
    if (path.starts_with("out/") && path != "out/report.html") files[path] = digest;
  }
  return files;
}

Result<std::map<std::string, Digest>> UndisturbedResults(int pictures) {
  KINGLET_TRY(const TemporaryFolder folder, TemporaryFolder::Make("kinglet-undisturbed-"));
  WriteTinyProject(folder.path(), pictures);
  const std::string command = fmt::format("'{0}' run --project '{1}' >/dev/null 2>'{1}/err'",
                                          BinaryPath("kinglet"), folder.path());
  const int status = std::system(command.c_str());
  KINGLET_TRY(const std::string text, ReadTextFile(folder.path() + "/err"));
  if (text.find("is not installed") != std::string::npos) return Fail(Code::kNotFound, "{}", text);
  if (status != 0) return Fail(Code::kInternal, "{}", text);
  std::map<std::string, Digest> results = Results(folder.path());
  for (const char* path : {"out/model.tflite", "out/firmware/model.cc", "out/bench.json"}) {
    if (!results.contains(path)) return Fail(Code::kInternal, "{}: was not made", path);
  }
  if (std::string left = Leftovers(folder.path()); !left.empty()) {
    return Fail(Code::kInternal, "left over: {}", left);
  }
  return results;
}

std::string Difference(const std::map<std::string, Digest>& a,
                       const std::map<std::string, Digest>& b) {
  std::vector<std::pair<std::string, Digest>> differing;
  std::ranges::set_symmetric_difference(a, b, std::back_inserter(differing));
  std::set<std::string> paths;
  for (const auto& [path, digest] : differing) paths.insert(path);
  return fmt::format("{}", fmt::join(paths, " "));
}

std::string Leftovers(const std::string& folder) {
  std::string found;
  for (const auto& [path, digest] : AllFiles(folder)) {
    const bool database = path.ends_with("-wal") || path.ends_with("-shm");
    if (database || path.ends_with(".checkpoint") || path.find(".tmp.") != std::string::npos) {
      found += path + " ";
    }
  }
  return found;
}

}  // namespace kinglet::testing
