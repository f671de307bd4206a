// Float graphs: what they may hold, and their arithmetic on cases worked out by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "src/ir/float_execute.h"
#include "src/ir/int8_grid.h"

namespace kinglet::ir {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::FloatNear;
using ::testing::HasSubstr;

// One operator on constants and one input of the first shape.
class FloatGraph {
 public:
  TensorIndex Activation(std::vector<int32_t> shape) {
    Tensor tensor;
    tensor.name = "t" + std::to_string(graph_.tensors.size());
    tensor.type = DataType::kFloat32;
    tensor.shape = std::move(shape);
    graph_.tensors.push_back(std::move(tensor));
    return static_cast<TensorIndex>(graph_.tensors.size()) - 1;
  }
  TensorIndex Constant(std::vector<int32_t> shape, const std::vector<float>& values) {
    const TensorIndex index = Activation(std::move(shape));
    Tensor& tensor = graph_.tensors[static_cast<size_t>(index)];
    tensor.constant = true;
    for (const float value : values) AppendLe(tensor.data, value);
    return index;
  }
  Graph Finish(Attributes attributes, std::vector<TensorIndex> inputs, TensorIndex output) {
    graph_.name = "float";
    graph_.inputs = {inputs[0]};
    graph_.outputs = {output};
    graph_.ops = {{"op", attributes, std::move(inputs), {output}}};
    return graph_;
  }

 private:
  Graph graph_;
};

std::vector<float> RunOne(const Graph& graph, const std::vector<float>& input) {
  auto executor = FloatExecutor::Make(graph);
  EXPECT_TRUE(executor.has_value()) << executor.error().message;
  return executor.has_value() ? executor->Run({input})[0] : std::vector<float>{};
}

Graph Unary(const Attributes& attributes, int32_t count) {
  FloatGraph g;
  const TensorIndex x = g.Activation({1, count}), y = g.Activation({1, count});
  return g.Finish(attributes, {x}, y);
}

TEST(FloatExecutor, ConvolvesWithPaddingStrideAndClamp) {
  FloatGraph g;
  const TensorIndex x = g.Activation({1, 1, 4, 1});
  const TensorIndex w = g.Constant({2, 1, 3, 1}, {1, 10, 100, -1, 0, 0});
  const TensorIndex b = g.Constant({2}, {0.5F, 0});
  const TensorIndex y = g.Activation({1, 1, 2, 2});
  const Conv2d conv = {.stride_w = 2, .padding = {0, 1, 0, 0}, .activation = Activation::kRelu};
  // Windows (0 1 2) and (2 3 4); filters 1 10 100 and -1 0 0.
  EXPECT_THAT(RunOne(g.Finish(conv, {x, w, b}, y), {1, 2, 3, 4}),
              ElementsAre(210.5F, 0, 432.5F, 0));
}

TEST(FloatExecutor, DepthwiseMultipliesChannels) {
  FloatGraph g;
  const TensorIndex x = g.Activation({1, 1, 1, 2});
  const TensorIndex w = g.Constant({1, 1, 1, 4}, {1, 2, 3, 4});
  const TensorIndex y = g.Activation({1, 1, 1, 4});
  DepthwiseConv2d depthwise;
  depthwise.depth_multiplier = 2;
  EXPECT_THAT(RunOne(g.Finish(depthwise, {x, w}, y), {5, 7}), ElementsAre(5, 10, 21, 28));
}

TEST(FloatExecutor, AveragesLeavePaddingOut) {
  FloatGraph g;
  const TensorIndex x = g.Activation({1, 1, 3, 1}), y = g.Activation({1, 1, 2, 1});
  const Pool2d pool = {.filter_w = 2, .stride_w = 2, .padding = {0, 0, 0, 1}};
  EXPECT_THAT(RunOne(g.Finish(pool, {x}, y), {1, 2, 7}), ElementsAre(1.5F, 7));
}

TEST(FloatExecutor, MultipliesBatchesByWeights) {
  FloatGraph g;
  const TensorIndex x = g.Activation({2, 2}), w = g.Constant({1, 2}, {2, 3});
  const TensorIndex b = g.Constant({1}, {1}), y = g.Activation({2, 1});
  EXPECT_THAT(RunOne(g.Finish(FullyConnected{}, {x, w, b}, y), {1, 1, 0, 2}), ElementsAre(6, 7));
}

TEST(FloatExecutor, StretchesTheSecondInput) {
  FloatGraph g;
  const TensorIndex x = g.Activation({2, 2}), c = g.Constant({2, 1}, {10, 20});
  const TensorIndex y = g.Activation({2, 2});
  EXPECT_THAT(RunOne(g.Finish(Sub{}, {x, c}, y), {1, 2, 3, 4}), ElementsAre(-9, -8, -17, -16));
}

TEST(FloatExecutor, KnowsTheFunctions) {
  EXPECT_THAT(RunOne(Unary(Softmax{.beta = 2}, 2), {0, 0.5F * std::log(3.0F)}),
              ElementsAre(FloatNear(0.25F, 1e-6F), FloatNear(0.75F, 1e-6F)));
  EXPECT_THAT(RunOne(Unary(Logistic{}, 2), {0, 100}), ElementsAre(0.5F, 1));
  EXPECT_THAT(RunOne(Unary(Tanh{}, 1), {0.5F}), ElementsAre(FloatEq(std::tanh(0.5F))));
  EXPECT_THAT(RunOne(Unary(HardSwish{}, 3), {-4, 1, 5}), ElementsAre(0, FloatEq(4.0F / 6), 5));
  EXPECT_THAT(RunOne(Unary(LeakyRelu{0.25F}, 2), {-4, 4}), ElementsAre(-1, 4));
  EXPECT_THAT(RunOne(Unary(Clip{Activation::kRelu6}, 3), {-1, 2, 9}), ElementsAre(0, 2, 6));
}

TEST(VerifyFloat, TakesFloat32AndNothingElse) {
  const Graph floats = Unary(Tanh{}, 4);
  EXPECT_TRUE(VerifyFloat(floats).has_value());
  EXPECT_EQ(Verify(floats).error().message, "op: input 't0' is float32: tanh takes int8");
  Graph int8 = floats;
  for (Tensor& tensor : int8.tensors) {
    tensor.type = DataType::kInt8;
    tensor.quantization = Int8Grid(-1, 0.9921875F);
  }
  EXPECT_TRUE(Verify(int8).has_value());
  EXPECT_EQ(VerifyFloat(int8).error().message, "op: input 't0' is int8: tanh takes float32");
}

TEST(VerifyFloat, RefusesVariables) {
  Graph graph = Unary(Tanh{}, 4);
  Tensor& variable = graph.tensors.emplace_back(graph.tensors[0]);
  variable.name = "memory";
  variable.variable = true;
  variable.data.assign(16, 0);
  EXPECT_EQ(VerifyFloat(graph).error().message,
            "variable 'memory': float models with memory are not supported");
}

TEST(VerifyFloat, WantsFloatWeightsAndBias) {
  FloatGraph g;
  const TensorIndex x = g.Activation({1, 2}), w = g.Constant({1, 2}, {2, 3});
  const TensorIndex b = g.Constant({1}, {1}), y = g.Activation({1, 1});
  Graph graph = g.Finish(FullyConnected{}, {x, w, b}, y);
  EXPECT_TRUE(VerifyFloat(graph).has_value());
  graph.tensors[static_cast<size_t>(b)].type = DataType::kInt32;
  EXPECT_THAT(VerifyFloat(graph).error().message, HasSubstr("must be 1 constant float32 values"));
  graph.tensors[static_cast<size_t>(b)].type = DataType::kFloat32;
  Tensor& weights = graph.tensors[static_cast<size_t>(w)];
  weights.type = DataType::kInt8;
  weights.data.resize(2);
  EXPECT_THAT(VerifyFloat(graph).error().message, HasSubstr("must be constant float32"));
}

TEST(FloatExecutor, HasABudget) {
  EXPECT_THAT(FloatExecutor::Make(Unary(Tanh{}, 100), 799).error().message,
              HasSubstr("need 800 bytes, at most 799"));
}

}  // namespace
}  // namespace kinglet::ir
