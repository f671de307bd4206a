// Float models made in code, quantised: the rules of TensorFlow Lite's int8 specification, written
// down here once more, and how near the int8 outputs come to the float ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "src/compile/generate.h"
#include "src/ir/float_execute.h"
#include "src/ir/print.h"
#include "src/quantize/compare.h"
#include "src/quantize/quantize.h"
#include "src/tflite/read.h"
#include "src/tflite/write.h"
#include "tests/support/as_float.h"
#include "tests/support/graph_builder.h"
#include "tests/support/random_graph.h"

namespace kinglet {
namespace {

using quantize::RangeMethod;
using ::testing::HasSubstr;

constexpr RangeMethod kMethods[] = {RangeMethod::kMinMax, RangeMethod::kPercentile,
                                    RangeMethod::kMse};

quantize::Samples MakeSamples(const ir::Graph& graph, size_t count, uint64_t seed) {
  Random random(seed);
  quantize::Samples samples{count, {}};
  for (const ir::TensorIndex index : graph.inputs) {
    std::vector<float>& values = samples.values.emplace_back();
    const size_t size = static_cast<size_t>(graph.tensor(index).ElementCount()) * count;
    for (size_t i = 0; i < size; ++i) values.push_back(2 * random.Normal());
  }
  return samples;
}

Result<ir::Graph> Quantized(const ir::Graph& graph, const quantize::Samples& samples,
                            RangeMethod method = RangeMethod::kMinMax) {
  return quantize::Quantize(graph, samples, {.ranges = method, .progress = Progress::Show::kNever});
}

quantize::Comparison Compared(const ir::Graph& floats, const ir::Graph& int8,
                              const quantize::Samples& samples) {
  return quantize::Compare(floats, int8, samples, Progress::Show::kNever).value();
}

// A float model of one layer, with an int8 counterpart of usual scales that it is made from.
ir::Graph FloatLayer(std::string_view kind, uint64_t seed) {
  testing::LayerMaker maker(seed, 5, testing::LayerMaker::Draw::kUsual);
  for (;;) {
    const ir::TensorIndex x = maker.Input(
        {1, maker.Between(3, 8), maker.Between(3, 8), maker.Between(1, 8)}, ir::DataType::kInt8);
    const ir::TensorIndex y = maker.Layer(kind, x);
    if (y == ir::kNoTensor) continue;
    maker.graph().outputs = {y};
    maker.graph().name = kind;
    return testing::AsFloat(maker.graph());
  }
}

// Without what only int8 graphs have.
bool HasFloat(const ir::Graph& graph) { return ir::VerifyFloat(graph).has_value(); }

bool HasExtremum(const ir::Graph& graph) {
  return std::ranges::any_of(graph.ops, [](const ir::Op& op) {
    return std::holds_alternative<ir::Extremum>(op.attributes);
  });
}

bool HasClampedPool(const ir::Graph& graph) {
  return std::ranges::any_of(graph.ops, [](const ir::Op& op) {
    const auto* pool = std::get_if<ir::Pool2d>(&op.attributes);
    return pool != nullptr && pool->activation != ir::Activation::kNone;
  });
}

void CheckWeights(const ir::Graph& graph, const ir::Op& op, int32_t axis, bool per_channel) {
  const ir::Tensor& weights = graph.tensor(op.inputs[1]);
  const ir::Quantization& q = weights.quantization;
  EXPECT_EQ(weights.type, ir::DataType::kInt8);
  EXPECT_EQ(q.scales.size(),
            per_channel ? static_cast<size_t>(weights.shape[static_cast<size_t>(axis)]) : 1U);
  EXPECT_TRUE(!per_channel || q.axis == axis);
  for (const int32_t zero_point : q.zero_points) EXPECT_EQ(zero_point, 0);
  for (const uint8_t byte : weights.data) EXPECT_NE(static_cast<int8_t>(byte), -128);
  if (op.inputs.size() < 3 || op.inputs[2] == ir::kNoTensor) return;
  const ir::Tensor& bias = graph.tensor(op.inputs[2]);
  EXPECT_EQ(bias.type, ir::DataType::kInt32);
  ASSERT_EQ(bias.quantization.scales.size(), q.scales.size());
  const float input_scale = graph.tensor(op.inputs[0]).quantization.scales[0];
  for (size_t i = 0; i < q.scales.size(); ++i) {
    EXPECT_FLOAT_EQ(bias.quantization.scales[i], input_scale * q.scales[i]);
    EXPECT_EQ(bias.quantization.zero_points[i], 0);
  }
}

void CheckRules(const ir::Graph& graph) {
  for (const ir::Op& op : graph.ops) {
    SCOPED_TRACE(op.name);
    const std::string_view kind = ir::OpKindName(op.attributes);
    const ir::Quantization& out = graph.tensor(op.outputs[0]).quantization;
    EXPECT_EQ(graph.tensor(op.outputs[0]).type, ir::DataType::kInt8);
    if (kind == "conv_2d") CheckWeights(graph, op, 0, true);
    if (kind == "depthwise_conv_2d") CheckWeights(graph, op, 3, true);
    if (kind == "fully_connected") CheckWeights(graph, op, 0, false);
    if (kind == "softmax" || kind == "logistic") {
      EXPECT_EQ(out, (ir::Quantization{{1.0F / 256}, {-128}, 0}));
    }
    if (kind == "tanh") {
      EXPECT_EQ(out, (ir::Quantization{{1.0F / 128}, {0}, 0}));
    }
    if (kind == "max_pool_2d" || kind == "average_pool_2d" || kind == "reshape" ||
        kind == "minimum" || kind == "maximum") {
      for (const ir::TensorIndex input : op.inputs) {
        EXPECT_EQ(graph.tensor(input).quantization, out);
      }
    }
  }
}

class Layers : public ::testing::TestWithParam<std::string> {};

TEST_P(Layers, AreNearTheFloatOnes) {
  for (uint64_t seed = 0; seed < 12; ++seed) {
    const ir::Graph floats = FloatLayer(GetParam(), seed);
    ASSERT_TRUE(HasFloat(floats)) << ir::VerifyFloat(floats).error().message;
    const quantize::Samples samples = MakeSamples(floats, 30, seed);
    for (const RangeMethod method : kMethods) {
      const auto int8 = Quantized(floats, samples, method);
      ASSERT_TRUE(int8.has_value()) << int8.error().message;
      CheckRules(*int8);
      const quantize::Comparison comparison = Compared(floats, *int8, samples);
      const double sqnr_db = comparison.outputs[0].difference.sqnr_db().value_or(200);
      EXPECT_GT(sqnr_db, 25) << "seed " << seed << " " << RangeMethodName(method) << "\n"
                             << ir::Print(*int8);
      ASSERT_EQ(comparison.layers.size(), 1U);
    }
  }
}

std::vector<std::string> Int8Kinds() {
  std::set<std::string> kinds;
  for (const testing::LayerMaker::Kind& kind : testing::LayerMaker::Kinds()) {
    if (kind.type == ir::DataType::kInt8 && HasFloat(FloatLayer(kind.name, 0))) {
      kinds.insert(std::string(kind.name));
    }
  }
  return {kinds.begin(), kinds.end()};
}

INSTANTIATE_TEST_SUITE_P(Quantize, Layers, ::testing::ValuesIn(Int8Kinds()),
                         [](const auto& kind) { return kind.param; });

TEST(QuantizeModels, KnowsEveryKindThatTheSpecificationNames) {
  EXPECT_THAT(Int8Kinds(),
              ::testing::IsSupersetOf({"add", "average_pool_2d", "conv_2d", "depthwise_conv_2d",
                                       "fully_connected", "hard_swish", "leaky_relu", "logistic",
                                       "max_pool_2d", "mul", "relu", "relu6", "reshape", "softmax",
                                       "sub", "tanh"}));
}

TEST(QuantizeModels, ASmallNetworkPassesThroughEverything) {
  const ir::Graph floats = testing::AsFloat(testing::SmallNetwork());
  const quantize::Samples samples = MakeSamples(floats, 100, 1);
  const ir::Graph int8 = Quantized(floats, samples).value();
  CheckRules(int8);
  EXPECT_EQ(int8.ops.size(), floats.ops.size());
  const Bytes file = tflite::WriteModel(int8).value();
  const ir::Graph again = tflite::ReadModel(file).value();
  EXPECT_EQ(tflite::WriteModel(again).value(), file);
  EXPECT_TRUE(compile::Compile(again, {.name = "small"}).has_value());
  const quantize::Comparison comparison = Compared(floats, int8, MakeSamples(floats, 100, 2));
  EXPECT_EQ(comparison.outputs[0].rows, 100U);
  EXPECT_GT(comparison.outputs[0].rows_agreeing, 92U);
  for (size_t i = 1; i < comparison.layers.size(); ++i) {
    EXPECT_LE(comparison.layers[i - 1].difference.sqnr_db().value_or(1e9),
              comparison.layers[i].difference.sqnr_db().value_or(1e9));
  }
}

// The same network through the int8 kernels and, in real numbers, through the float arithmetic:
// two implementations that must agree within the int8 steps.
TEST(QuantizeModels, RandomGraphsVerifyRunAndStayNear) {
  int quantized = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const ir::Graph floats = testing::AsFloat(testing::RandomGraph(seed));
    if (!HasFloat(floats)) continue;
    const quantize::Samples samples = MakeSamples(floats, 4, seed);
    const auto int8 = Quantized(floats, samples, kMethods[seed % 3]);
    if (!int8.has_value()) {  // scales that must be shared but cannot
      EXPECT_EQ(int8.error().code, Code::kUnsupported) << int8.error().message;
      continue;
    }
    CheckRules(*int8);
    ASSERT_TRUE(ir::Verify(*int8).has_value());
    ASSERT_TRUE(tflite::WriteModel(*int8).has_value());
    const quantize::Comparison comparison = Compared(floats, *int8, samples);
    ++quantized;
    // A random constant that a small tensor is compared with takes the scale of both.
    if (HasExtremum(floats)) continue;
    // A pool has its input's scale, whatever it clamps to.
    if (HasClampedPool(floats)) continue;
    const quantize::LayerDifference& worst = comparison.layers[0];
    EXPECT_GT(worst.difference.sqnr_db().value_or(200), 10) << seed << "\n" << ir::Print(*int8);
  }
  EXPECT_GT(quantized, 100);
}

// min(x, 1000) is x; the constant must not take the scale away from it.
TEST(QuantizeModels, AConstantThatIsOnlyComparedMayBeClipped) {
  ir::Graph floats = testing::AsFloat([] {
    testing::GraphBuilder b("clip", 7);
    const ir::TensorIndex x = b.Input({1, 4, 4, 2});
    return b.Finish({b.Add(x, b.Constant({1, 4, 4, 2}))});
  }());
  floats.ops[0].attributes = ir::Extremum{ir::Extremum::Kind::kMinimum};
  ir::Tensor& limit = floats.tensors[static_cast<size_t>(floats.ops[0].inputs[1])];
  limit.data.clear();
  for (int i = 0; i < 32; ++i) AppendLe(limit.data, 1000.0F);
  const quantize::Samples samples = MakeSamples(floats, 20, 1);
  const ir::Graph int8 = Quantized(floats, samples).value();
  CheckRules(int8);
  EXPECT_GT(Compared(floats, int8, samples).outputs[0].difference.sqnr_db().value(), 35);
}

TEST(QuantizeModels, DeadChannelsKeepTheirBias) {
  ir::Graph floats = testing::AsFloat([] {
    testing::GraphBuilder b("dead", 7);
    return b.Finish({b.Conv(b.Input({1, 4, 4, 2}), 3, {1, 1, 0})});
  }());
  std::get<ir::Conv2d>(floats.ops[0].attributes).activation = ir::Activation::kNone;
  ir::Tensor& weights = floats.tensors[static_cast<size_t>(floats.ops[0].inputs[1])];
  std::fill_n(weights.data.begin(), 2 * sizeof(float), uint8_t{0});  // of channel 0
  ir::Tensor& bias = floats.tensors[static_cast<size_t>(floats.ops[0].inputs[2])];
  const float value = -1.5F;
  std::memcpy(bias.data.data(), &value, sizeof(value));
  const quantize::Samples samples = MakeSamples(floats, 20, 1);
  const ir::Graph int8 = Quantized(floats, samples).value();
  const float step = int8.tensor(int8.outputs[0]).quantization.scales[0];
  const quantize::Comparison comparison = Compared(floats, int8, samples);
  EXPECT_LT(comparison.outputs[0].difference.largest, 2 * double{step});
}

TEST(QuantizeModels, RefusesWhatHasNoInt8) {
  const ir::Graph floats = testing::AsFloat(testing::SmallNetwork());
  const quantize::Samples samples = MakeSamples(floats, 1, 1);
  EXPECT_THAT(quantize::Quantize(floats, samples, {.percentile = 20}).error().message,
              HasSubstr("percentile 20: must be 50 to 100"));
  ir::Graph infinite = floats;
  ir::Tensor& bias = infinite.tensors[static_cast<size_t>(infinite.ops[0].inputs[2])];
  const float value = std::numeric_limits<float>::infinity();
  std::memcpy(bias.data.data(), &value, sizeof(value));
  EXPECT_THAT(Quantized(infinite, samples).error().message, HasSubstr("not finite"));
}

}  // namespace
}  // namespace kinglet
