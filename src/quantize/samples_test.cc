#include "src/quantize/samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "src/base/files.h"
#include "src/data/npy.h"

namespace kinglet::quantize {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ReadSamplesTest : public ::testing::Test {
 protected:
  ReadSamplesTest() {
    graph_.name = "two inputs";
    for (const std::vector<int32_t>& shape : {std::vector<int32_t>{1, 2}, {3, 1}}) {
      ir::Tensor tensor;
      tensor.name = "input";
      tensor.type = ir::DataType::kFloat32;
      tensor.shape = shape;
      graph_.inputs.push_back(static_cast<ir::TensorIndex>(graph_.tensors.size()));
      graph_.tensors.push_back(tensor);
    }
  }

  std::string Write(const std::string& name, ByteView bytes) {
    const std::string path = folder_.path() + "/" + name;
    EXPECT_TRUE(WriteFileAtomic(path, bytes).has_value());
    return path;
  }
  std::string WriteNpy(const std::string& name, const std::vector<int64_t>& shape,
                       const std::vector<float>& values) {
    return Write(name, data::FormatNpy({shape, values}));
  }
  std::string WriteRaw(const std::string& name, const std::vector<float>& values) {
    return Write(name, AsBytes(values));
  }
  std::string ErrorOf(const std::vector<std::string>& paths) const {
    const auto samples = ReadSamples(graph_, paths);
    return samples.has_value() ? "" : samples.error().message;
  }

  TemporaryFolder folder_ = TemporaryFolder::Make("kinglet-samples-").value();
  ir::Graph graph_;
};

TEST_F(ReadSamplesTest, TakesArraysAndRawFiles) {
  const std::string first = WriteNpy("a.npy", {2, 2}, {1, 2, 3, 4});  // without the batch of 1
  const std::string second = WriteRaw("b.bin", {1, 2, 3, 4, 5, 6});
  const Samples samples = ReadSamples(graph_, {first, second}).value();
  EXPECT_EQ(samples.count, 2U);
  EXPECT_THAT(samples.At(1)[0], ElementsAre(3, 4));
  EXPECT_THAT(samples.At(1)[1], ElementsAre(4, 5, 6));
  const std::string batch = WriteNpy("c.npy", {2, 1, 2}, {1, 2, 3, 4});
  EXPECT_EQ(ReadSamples(graph_, {batch, second}).value().values, samples.values);
}

TEST_F(ReadSamplesTest, ReadsAFolderInTheOrderOfItsNames) {
  WriteRaw("in/2.bin", {5, 6});
  WriteNpy("in/1.npy", {2, 2}, {1, 2, 3, 4});
  Write("in/README", AsBytes("no samples"));
  const std::string second = WriteRaw("b.bin", std::vector<float>(9, 0.0F));
  const Samples samples = ReadSamples(graph_, {folder_.path() + "/in", second}).value();
  EXPECT_THAT(samples.values[0], ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(ReadSamplesTest, RefusesWhatDoesNotFit) {
  const std::string good = WriteRaw("good.bin", {1, 2});
  EXPECT_THAT(ErrorOf({good}), HasSubstr("has 2 input(s), 1 --data"));
  EXPECT_THAT(ErrorOf({good, folder_.path() + "/none"}), HasSubstr("none"));
  EXPECT_THAT(ErrorOf({good, WriteRaw("2.bin", {1, 2})}),
              HasSubstr("2.bin: holds 8 bytes: must be a multiple of 12"));
  EXPECT_THAT(ErrorOf({good, WriteRaw("3.bin", std::vector<float>(6, 0.0F))}),
              HasSubstr("2 samples, "));
  EXPECT_THAT(ErrorOf({WriteNpy("4.npy", {1, 3}, {1, 2, 3}), good}),
              HasSubstr("4.npy: holds an array of shape [1,3]: must be [samples,1,2]"));
  EXPECT_THAT(ErrorOf({Write("5.npy", AsBytes("hello")), good}), HasSubstr("no .npy file"));
  EXPECT_THAT(ErrorOf({WriteRaw("6.bin", {1, std::numeric_limits<float>::infinity()}), good}),
              HasSubstr("6.bin: value 1 is not finite"));
  EXPECT_THAT(ErrorOf({WriteRaw("7.bin", {}), good}), HasSubstr("no samples"));
}

}  // namespace
}  // namespace kinglet::quantize
