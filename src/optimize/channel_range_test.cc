#include "src/optimize/channel_range.h"

#include <gtest/gtest.h>

#include "src/ir/execute.h"
#include "tests/support/graph_builder.h"
#include "tests/support/random_graph.h"

namespace kinglet::optimize {
namespace {

using kinglet::testing::GraphBuilder;

ChannelRanges RangesOf(const ir::Graph& graph) {
  const auto calls = ir::Lower(graph);
  EXPECT_TRUE(calls.has_value()) << calls.error().message;
  return FindRanges(graph, *calls);
}

// Bytes of an activation against the ranges of its channels.
void ExpectInside(const std::vector<Range>& ranges, ByteView bytes, const std::string& where) {
  if (ranges.empty()) return;  // of another type than int8
  for (size_t i = 0; i < bytes.size(); ++i) {
    const Range& range = ranges[i % ranges.size()];
    const int32_t value = static_cast<int8_t>(bytes[i]);
    ASSERT_TRUE(range.min <= value && value <= range.max)
        << where << ", element " << i << ": " << value << " outside " << range.min << " to "
        << range.max;
  }
}

// Runs `graph` on a few inputs and looks at every value.
void ExpectRangesToHold(const ir::Graph& graph, uint64_t seed) {
  const ChannelRanges ranges = RangesOf(graph);
  auto executor = ir::Executor::Make(graph);
  ASSERT_TRUE(executor.has_value()) << executor.error().message;
  for (uint64_t trial = 0; trial < 3; ++trial) {
    std::vector<Bytes> inputs = kinglet::testing::RandomInputs(graph, seed + trial);
    if (trial == 2) {
      for (Bytes& input : inputs) {
        for (uint8_t& byte : input) byte = (byte & 1) != 0 ? 0x7f : 0x80;
      }
    }
    const auto check = [&](size_t op, const std::vector<ByteView>& outputs) {
      for (size_t i = 0; i < outputs.size(); ++i) {
        ExpectInside(ranges[static_cast<size_t>(graph.ops[op].outputs[i])], outputs[i],
                     fmt::format("seed {}, {}", seed, graph.ops[op].name));
      }
    };
    ASSERT_TRUE(executor->Run({inputs.begin(), inputs.end()}, check).has_value());
  }
}

TEST(ChannelRange, HoldsEveryValueOfRandomGraphs) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    ASSERT_NO_FATAL_FAILURE(ExpectRangesToHold(kinglet::testing::RandomGraph(seed), seed));
  }
}

TEST(ChannelRange, HoldsEveryValueOfEveryKindOfOperator) {
  for (const auto& kind : kinglet::testing::LayerMaker::Kinds()) {
    if (kind.type != ir::DataType::kInt8) continue;
    for (uint64_t seed = 0; seed < 60; ++seed) {
      const ir::Graph graph = kinglet::testing::RandomOpGraph(kind, seed);
      if (!ir::Lower(graph).has_value()) continue;  // scales that the kernels cannot represent
      ASSERT_NO_FATAL_FAILURE(ExpectRangesToHold(graph, seed)) << kind.name;
    }
  }
}

// One 1x1 convolution of one channel: real = input * weight, one step of weight to one of output.
ir::Graph OneWeight(int8_t weight, int32_t bias) {
  GraphBuilder b("one", 1);
  const auto x = b.Input({1, 1, 1, 1});
  ir::Graph graph = b.Finish({b.Conv(x, 1, {1, 1, 0})});
  const ir::Op& op = graph.ops[0];
  for (const ir::TensorIndex index : {op.inputs[0], op.inputs[1], op.outputs[0]}) {
    graph.tensors[static_cast<size_t>(index)].quantization = {{1.0F}, {0}, 0};
  }
  graph.tensors[static_cast<size_t>(op.inputs[1])].data = {static_cast<uint8_t>(weight)};
  Bytes& bytes = graph.tensors[static_cast<size_t>(op.inputs[2])].data;
  bytes.clear();
  AppendLe(bytes, bias);
  std::get<ir::Conv2d>(graph.ops[0].attributes).activation = ir::Activation::kNone;
  return graph;
}

TEST(ChannelRange, IsAsNarrowAsTheArithmetic) {
  const auto range = [](int8_t weight, int32_t bias) {
    const ir::Graph graph = OneWeight(weight, bias);
    return RangesOf(graph)[static_cast<size_t>(graph.ops[0].outputs[0])].at(0);
  };
  EXPECT_EQ(range(0, 17), (Range{17, 17}));
  EXPECT_EQ(range(1, 0), (Range{-128, 127}));
  EXPECT_EQ(range(1, 100), (Range{-28, 127}));
  EXPECT_EQ(range(-1, 0), (Range{-127, 127}));
  EXPECT_EQ(range(1, -300), (Range{-128, -128}));
}

TEST(ChannelRange, AnAccumulatorThatMightWrapTellsNothing) {
  const ir::Graph graph = OneWeight(1, std::numeric_limits<int32_t>::max() - 5);
  EXPECT_EQ(RangesOf(graph)[static_cast<size_t>(graph.ops[0].outputs[0])].at(0),
            (Range{-128, 127}));
}

TEST(ChannelRange, AccumulatorsAreThoseOfTheWorstInputs) {
  const ir::Graph graph = OneWeight(-3, 10);
  const auto calls = ir::Lower(graph);
  const auto sums = FindAccumulators(graph, calls->at(0), FindRanges(graph, *calls));
  ASSERT_EQ(sums.size(), 1U);
  EXPECT_EQ(sums[0].min, -3 * 127 + 10);
  EXPECT_EQ(sums[0].max, 3 * 128 + 10);
}

}  // namespace
}  // namespace kinglet::optimize
