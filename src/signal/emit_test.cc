#include "src/signal/emit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "src/base/files.h"
#include "tests/support/shared_data.h"

namespace kinglet::signal {
namespace {

using ::testing::HasSubstr;

const std::string& TextOf(const FrontEnd& front_end, const std::string& path) {
  for (const SourceFile& file : front_end.files) {
    if (file.path == path) return file.text;
  }
  static const std::string kNone;
  ADD_FAILURE() << path << " was not emitted";
  return kNone;
}

TEST(Emit, HeaderStatesWhatThePipelineSays) {
  AudioOptions options;
  options.coefficients = 10;
  const std::string header = TextOf(EmitFrontEnd(Pipeline::Make(options).value()), "front_end.h");
  EXPECT_THAT(header, HasSubstr("kChunkSamples = 320;"));
  EXPECT_THAT(header, HasSubstr("kFeatureHeight = 50;"));
  EXPECT_THAT(header, HasSubstr("kFeatureWidth = 10;"));
  EXPECT_THAT(header, HasSubstr("kFeatureScale = 0.25F;"));
  EXPECT_THAT(header, HasSubstr("kStepChunks = 25;"));
  EXPECT_THAT(header, HasSubstr("int8_t history[2000];"));
}

TEST(Emit, SameOptionsSameText) {
  const Pipeline a = Pipeline::Make(AudioOptions{}).value();
  const Pipeline b = Pipeline::Make(AudioOptions{}).value();
  EXPECT_EQ(TextOf(EmitFrontEnd(a), "front_end.cc"), TextOf(EmitFrontEnd(b), "front_end.cc"));
}

TEST(Emit, ListedDeviceFilesExistAndIncludeOnlyEachOther) {
  for (const Options& options : {Options(AudioOptions{}), Options(ImageOptions{})}) {
    const FrontEnd front_end = EmitFrontEnd(Pipeline::Make(options).value());
    std::vector<std::string> files = front_end.device_sources;
    files.insert(files.end(), front_end.device_headers.begin(), front_end.device_headers.end());
    const std::set<std::string> known(files.begin(), files.end());
    for (const std::string& file : files) {
      const std::string text = ReadTextFile(kinglet::testing::SourcePath(file)).value();
      const std::string mark = "#include \"";
      for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
        const size_t begin = at + mark.size();
        const std::string included = text.substr(begin, text.find('"', begin) - begin);
        EXPECT_TRUE(known.contains(included)) << file << " includes " << included;
      }
    }
  }
}

}  // namespace
}  // namespace kinglet::signal
