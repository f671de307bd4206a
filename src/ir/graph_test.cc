#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "src/ir/execute.h"
#include "src/ir/graph.h"
#include "src/ir/lower.h"
#include "src/ir/print.h"

namespace kinglet::ir {
namespace {

using ::testing::HasSubstr;

// conv 3x3 SAME (2 -> 4 channels) on 6x5, then global average, reshape to [1,4], fully connected to
// 3, softmax.
class GraphTest : public ::testing::Test {
 protected:
  GraphTest() {
    graph_.name = "small";
    const TensorIndex input = Activations({1, 6, 5, 2}, 0.1F, -3);
    const TensorIndex filter = Weights({4, 3, 3, 2}, 4);
    const TensorIndex bias = Bias(4);
    const TensorIndex conv = Activations({1, 6, 5, 4}, 0.2F, -128);
    const TensorIndex mean = Activations({1, 1, 1, 4}, 0.2F, -128);
    const TensorIndex flat = Activations({1, 4}, 0.2F, -128);
    const TensorIndex matrix = Weights({3, 4}, 1);
    const TensorIndex logits = Activations({1, 3}, 0.3F, 5);
    const TensorIndex result = Activations({1, 3}, 1.0F / 256, -128);
    Conv2d same;
    same.padding = {1, 1, 1, 1};
    same.activation = Activation::kRelu;
    AddOp("conv", same, {input, filter, bias}, conv);
    AddOp("mean", Pool2d{Pool2d::Kind::kAverage, 6, 5, 1, 1, {}, Activation::kNone}, {conv}, mean);
    AddOp("flat", Reshape{}, {mean}, flat);
    AddOp("logits", FullyConnected{}, {flat, matrix}, logits);
    AddOp("softmax", Softmax{1.0F}, {logits}, result);
    graph_.inputs = {input};
    graph_.outputs = {result};
  }

  TensorIndex Keep(Tensor tensor) {
    tensor.name = "t" + std::to_string(graph_.tensors.size());
    graph_.tensors.push_back(std::move(tensor));
    return static_cast<TensorIndex>(graph_.tensors.size() - 1);
  }
  TensorIndex Activations(std::vector<int32_t> shape, float scale, int32_t zero_point) {
    Tensor tensor;
    tensor.shape = std::move(shape);
    tensor.quantization = {{scale}, {zero_point}, 0};
    return Keep(std::move(tensor));
  }
  TensorIndex Weights(std::vector<int32_t> shape, size_t scales) {
    Tensor tensor;
    tensor.shape = std::move(shape);
    tensor.constant = true;
    tensor.data.assign(static_cast<size_t>(tensor.ElementCount()), 7);
    tensor.quantization = {std::vector<float>(scales, 0.01F), std::vector<int32_t>(scales, 0), 0};
    return Keep(std::move(tensor));
  }
  TensorIndex Bias(int32_t channels) {
    Tensor tensor;
    tensor.type = DataType::kInt32;
    tensor.shape = {channels};
    tensor.constant = true;
    tensor.data.assign(static_cast<size_t>(channels) * 4, 0);
    return Keep(std::move(tensor));
  }
  void AddOp(std::string name, Attributes attributes, std::vector<TensorIndex> inputs,
             TensorIndex output) {
    graph_.ops.push_back({std::move(name), attributes, std::move(inputs), {output}});
  }
  Conv2d& Conv() { return std::get<Conv2d>(graph_.ops[0].attributes); }
  std::string VerifyMessage() const {
    const Status status = Verify(graph_);
    return status.has_value() ? "verified" : status.error().message;
  }

  Graph graph_;
};

TEST_F(GraphTest, AWellFormedGraphVerifiesAndLowers) {
  EXPECT_EQ(VerifyMessage(), "verified");
  EXPECT_EQ(Lower(graph_).value().size(), 5U);
}

TEST_F(GraphTest, CountsMultiplyAccumulates) {
  EXPECT_EQ(OpMacs(graph_, graph_.ops[0]), 6 * 5 * 4 * 3 * 3 * 2);
  EXPECT_EQ(OpMacs(graph_, graph_.ops[1]), 0);
  EXPECT_EQ(GraphMacs(graph_), 6 * 5 * 4 * 3 * 3 * 2 + 12);
}

TEST_F(GraphTest, PrintsOneLinePerOperator) {
  EXPECT_THAT(Print(graph_),
              HasSubstr("  conv: conv_2d stride 1x1 pad 1,1,1,1 relu (%0 int8[1,6,5,2]"
                        " 0.1*(q+3); %1 const int8[4,3,3,2] scales along axis 0"));
  EXPECT_THAT(Print(graph_), HasSubstr("-> %3 int8[1,6,5,4] 0.2*(q+128), 2160 MACs\n"));
}

TEST_F(GraphTest, RefusesTensorsWhoseDataDoNotFitTheirShape) {
  graph_.tensors[1].data.pop_back();
  EXPECT_EQ(VerifyMessage(), "tensor 1 't1': 71 bytes of data, its shape and type need 72");
  graph_.tensors[1].shape = {1 << 20, 1 << 20, 1 << 20, 1 << 20};
  EXPECT_THAT(VerifyMessage(), HasSubstr("more than 2147483647 bytes"));
  graph_.tensors[1].shape = {4, 0, 3, 2};
  EXPECT_THAT(VerifyMessage(), HasSubstr("each dimension must be 1 to"));
}

TEST_F(GraphTest, RefusesBrokenQuantization) {
  graph_.tensors[0].quantization.scales = {std::numeric_limits<float>::infinity()};
  EXPECT_THAT(VerifyMessage(), HasSubstr("tensor 0 't0': scale inf"));
  graph_.tensors[0].quantization.scales = {0.0F};
  EXPECT_THAT(VerifyMessage(), HasSubstr("conv: input 't0' needs one scale above 0"));
  graph_.tensors[0].quantization.scales = {0.1F};
  graph_.tensors[0].quantization.zero_points = {128};
  EXPECT_THAT(VerifyMessage(), HasSubstr("zero point in int8"));
  graph_.tensors[0].quantization.zero_points = {};
  EXPECT_EQ(VerifyMessage(), "tensor 0 't0': 1 scales but 0 zero points");
}

TEST_F(GraphTest, RefusesPerChannelScalesAlongTheWrongAxis) {
  graph_.tensors[1].quantization.axis = 1;
  EXPECT_EQ(VerifyMessage(), "tensor 1 't1': 4 scales along axis 1 of shape [4,3,3,2]");
  graph_.tensors[1].quantization = {{0.1F, 0.1F}, {0, 0}, 3};
  EXPECT_THAT(VerifyMessage(), HasSubstr("one scale or one per index of axis 0"));
  graph_.tensors[1].quantization = {{0.1F}, {1}, 0};
  EXPECT_THAT(VerifyMessage(), HasSubstr("zero points 0"));
}

TEST_F(GraphTest, RefusesIndicesAndOrderThatCannotBe) {
  graph_.ops[1].inputs = {99};
  EXPECT_EQ(VerifyMessage(), "mean: tensor 99: the graph has 9 tensors");
  graph_.ops[1].inputs = {7};
  EXPECT_EQ(VerifyMessage(), "mean: reads tensor 7 't7' before anything writes it");
  graph_.ops[1].inputs = {3};
  graph_.ops[1].outputs = {3};
  EXPECT_EQ(VerifyMessage(), "mean: writes tensor 3 't3', which was written before");
  graph_.ops[1].outputs = {1};
  EXPECT_EQ(VerifyMessage(), "mean: writes tensor 1 't1', which is constant");
}

TEST_F(GraphTest, RefusesOutputsThatNoOperatorMakes) {
  graph_.outputs = {0};
  EXPECT_THAT(VerifyMessage(), HasSubstr("graph output tensor 0: must be written by one operator"));
  graph_.outputs = {};
  EXPECT_THAT(VerifyMessage(), HasSubstr("0 outputs"));
}

TEST_F(GraphTest, RefusesTwoOperatorsOfOneName) {
  graph_.ops[1].name = "conv";
  EXPECT_EQ(VerifyMessage(), "operator 'conv': names must be unique and not empty");
}

TEST_F(GraphTest, RefusesWindowsThatDoNotGiveTheOutput) {
  Conv().padding.top = 0;
  EXPECT_EQ(VerifyMessage(),
            "conv: height 6 with filter 3, stride 1, padding 0 and 1 does not give 6");
  Conv().padding.top = 3;
  EXPECT_THAT(VerifyMessage(), HasSubstr("padding shorter than the filter's reach 3"));
  Conv().padding.top = 1;
  Conv().stride_w = 0;
  EXPECT_THAT(VerifyMessage(), HasSubstr("stride 0"));
  Conv().stride_w = std::numeric_limits<int32_t>::max();
  EXPECT_THAT(VerifyMessage(), HasSubstr("conv: width: filter 3, stride 2147483647"));
}

TEST_F(GraphTest, RefusesOtherTypesThanInt8AndInt16NamingThem) {
  graph_.tensors[0].type = DataType::kFloat32;
  EXPECT_EQ(VerifyMessage(), "conv: input 't0' is float32: conv_2d takes int8 or int16");
  EXPECT_EQ(Verify(graph_).error().code, Code::kUnsupported);
}

// One operator on x, of int16 with this output, and int8 weights.
Graph Int16Graph(Attributes attributes, std::vector<int32_t> weights, DataType bias, float scale) {
  Graph graph;
  const auto add = [&](Tensor tensor) {
    tensor.constant = tensor.name != "x" && tensor.name != "y";
    if (tensor.constant) tensor.data.resize(static_cast<size_t>(tensor.ByteCount()), 1);
    graph.tensors.push_back(std::move(tensor));
  };
  add({"x", DataType::kInt16, {1, 4, 4, 2}, {{scale}, {0}, 0}, false, {}});
  add({"y", DataType::kInt16, {1, 4, 4, 2}, {{0.5F}, {0}, 0}, false, {}});
  add({"w", DataType::kInt8, std::move(weights), {{1.0F}, {0}, 0}, false, {}});
  add({"b", bias, {2}, {}, false, {}});
  graph.ops.push_back({"op", std::move(attributes), {0, 2, 3}, {1}});
  graph.inputs = {0};
  graph.outputs = {1};
  return graph;
}

TEST(Int16, TakesBiasesOfBothWidthsWhereTheReferenceDoes) {
  for (const DataType bias : {DataType::kInt32, DataType::kInt64}) {
    EXPECT_TRUE(Verify(Int16Graph(Conv2d{}, {2, 1, 1, 2}, bias, 1)).has_value());
    EXPECT_TRUE(Verify(Int16Graph(TransposeConv2d{}, {2, 1, 1, 2}, bias, 1)).has_value());
    EXPECT_TRUE(Verify(Int16Graph(FullyConnected{}, {2, 2}, bias, 1)).has_value());
  }
  EXPECT_TRUE(Verify(Int16Graph(DepthwiseConv2d{}, {1, 1, 1, 2}, DataType::kInt64, 1)).has_value());
  EXPECT_EQ(
      Verify(Int16Graph(DepthwiseConv2d{}, {1, 1, 1, 2}, DataType::kInt32, 1)).error().message,
      "op: bias 'b' must be 2 constant int64 values, is [2] int32");
}

TEST(Int16, WideSumsHaveScalesBelow128) {
  EXPECT_TRUE(Lower(Int16Graph(Conv2d{}, {2, 1, 1, 2}, DataType::kInt64, 63.9F)).has_value());
  EXPECT_EQ(Lower(Int16Graph(Conv2d{}, {2, 1, 1, 2}, DataType::kInt64, 64)).error().message,
            "op: ratio of scales 128: must be below 2^7 for int16");
  EXPECT_TRUE(Lower(Int16Graph(Conv2d{}, {2, 1, 1, 2}, DataType::kInt32, 64)).has_value());
}

TEST(Int16, DoesNotMixWithInt8) {
  Graph graph = Int16Graph(Conv2d{}, {2, 1, 1, 2}, DataType::kInt64, 1);
  graph.tensors[1].type = DataType::kInt8;
  EXPECT_EQ(Verify(graph).error().message, "op: from int16 to int8: they must be the same");
  graph = Int16Graph(Conv2d{}, {2, 1, 1, 2}, DataType::kInt64, 1);
  graph.tensors[0].quantization.zero_points = {1};
  EXPECT_EQ(Verify(graph).error().message,
            "op: input 'x' needs one scale above 0 and zero point 0");
}

TEST(Int16, MeansOfWindowsThatCouldOverflowAreRefused) {
  Graph graph = Int16Graph(Conv2d{}, {2, 1, 1, 2}, DataType::kInt64, 0.5F);
  Pool2d pool;
  pool.filter_h = pool.filter_w = 256;
  pool.padding = {126, 126, 126, 126};
  graph.ops[0] = {"op", pool, {0}, {1}};
  EXPECT_EQ(Verify(graph).error().message, "op: window of 256 x 256, at most 65535 elements");
}

TEST_F(GraphTest, RefusesABiasOfTheWrongLength) {
  graph_.ops[0].inputs[2] = Bias(5);
  EXPECT_EQ(VerifyMessage(), "conv: bias 't9' must be 4 constant int32 values, is [5] int32");
}

TEST_F(GraphTest, RefusesSoftmaxWithoutItsFixedOutputScale) {
  graph_.tensors[8].quantization.scales = {0.004F};
  EXPECT_THAT(VerifyMessage(), HasSubstr("softmax: softmax output scale 0.004"));
}

TEST_F(GraphTest, LoweringRefusesScalesBeyondTheKernelsNamingTheOperator) {
  graph_.tensors[7].quantization.scales = {1e-38F};
  ASSERT_EQ(VerifyMessage(), "verified");
  EXPECT_THAT(Lower(graph_).error().message, HasSubstr("logits: ratio of scales"));
  graph_.tensors[7].quantization.scales = {1e-9F};
  EXPECT_THAT(Lower(graph_).error().message, HasSubstr("softmax: softmax input scale"));
}

TEST_F(GraphTest, TheExecutorRefusesWrongInputsAndTooMuchMemory) {
  EXPECT_EQ(Executor::Make(graph_, 100).error().message,
            "graph 'small': activations need 194 bytes, the executor has 100");
  Executor executor = Executor::Make(graph_).value();
  EXPECT_EQ(executor.Run({}).error().message, "graph 'small': 0 inputs given, it has 1");
  const Bytes wrong(59);
  EXPECT_EQ(executor.Run({ByteView(wrong)}).error().message,
            "graph 'small': input 0 't0' holds 60 bytes, 59 given");
}

}  // namespace
}  // namespace kinglet::ir
