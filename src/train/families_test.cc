#include "src/train/families.h"

#include <gtest/gtest.h>

#include "src/train/quantize.h"

namespace kinglet::train {
namespace {

const Shape kSpectrogram{49, 10, 1}, kMel{49, 40, 1}, kImage{28, 28, 1}, kPhoto{96, 96, 3};

TEST(Families, MembersAreOrderedBySizeFromOneToTwoHundredThousandWeights) {
  for (const std::string& family : Families()) {
    const Shape shape = family == "cnn" ? kImage : kSpectrogram;
    int64_t last = 0;
    const std::vector<std::string> members = Members(family).value();
    for (const std::string& member : members) {
      const int64_t weights = MakeArchitecture(member, shape, 10)->WeightCount();
      EXPECT_GT(weights, last) << member;
      EXPECT_TRUE(last > 0 || weights < 2000) << member;
      last = weights;
    }
    EXPECT_GT(last, 150'000) << family;
    EXPECT_LT(last, 300'000) << family;
  }
}

TEST(Families, EveryMemberTakesEveryShape) {
  for (const std::string& family : Families()) {
    const std::vector<std::string> members = Members(family).value();
    for (const std::string& member : members) {
      for (const Shape shape :
           {kSpectrogram, kMel, kImage, kPhoto, Shape{1, 1, 1}, Shape{3, 200, 2}}) {
        const Result<Architecture> architecture = MakeArchitecture(member, shape, 7);
        ASSERT_TRUE(architecture.has_value());
        EXPECT_EQ(architecture->classes(), 7);
      }
    }
  }
}

TEST(Families, SpectrogramStemHasThePublishedMap) {
  const Architecture architecture = *MakeArchitecture("ds_cnn-64x4", kSpectrogram, 12);
  EXPECT_EQ(architecture.layers[0].out, (Shape{25, 5, 64}));
  EXPECT_EQ(architecture.layers[0].kernel_h, 10);
  EXPECT_EQ(architecture.layers[0].kernel_w, 4);
  EXPECT_EQ(architecture.Macs(), 125 * (40 * 64 + 4 * (9 * 64 + 64 * 64)) + 64 * 12);
}

TEST(Families, RefusesWhatDoesNotExist) {
  EXPECT_EQ(Members("rnn").error().message,
            "model family 'rnn' does not exist; there are ds_cnn, cnn");
  EXPECT_EQ(MakeArchitecture("cnn-5x9", kImage, 10).error().code, Code::kNotFound);
  EXPECT_EQ(MakeArchitecture("cnn-8x1", kImage, 1).error().code, Code::kInvalid);
  EXPECT_EQ(MakeArchitecture("cnn-8x1", {28, 0, 1}, 10).error().code, Code::kInvalid);
}

TEST(UntrainedGraph, HoldsEveryWeightAndTheSoftmax) {
  const Architecture architecture = *MakeArchitecture("cnn-16x1", kImage, 10);
  const ir::Graph graph = UntrainedGraph(architecture, {1.0F / 255, -128});
  int64_t constants = 0;
  for (const ir::Tensor& tensor : graph.tensors) {
    if (!tensor.constant) continue;
    int64_t elements = 1;
    for (const int32_t d : tensor.shape) elements *= d;
    constants += elements;
    EXPECT_EQ(tensor.data.size(), elements * (tensor.type == ir::DataType::kInt32 ? 4 : 1));
  }
  EXPECT_EQ(constants, architecture.WeightCount());
  EXPECT_TRUE(std::holds_alternative<ir::Softmax>(graph.ops.back().attributes));
  EXPECT_EQ(graph.tensor(graph.inputs[0]).quantization.zero_points[0], -128);
}

}  // namespace
}  // namespace kinglet::train
