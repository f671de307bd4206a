#include "src/optimize/fuse_pads.h"

#include <gtest/gtest.h>

#include "src/optimize/optimize.h"
#include "tests/support/graph_builder.h"
#include "tests/support/same_outputs.h"

namespace kinglet::optimize {
namespace {

using kinglet::testing::GraphBuilder;
using kinglet::testing::SameOutputs;

enum class Reader : uint8_t { kConv, kDepthwise, kPool };

// A pad of 1 row above and below, some columns left and 2 right, and what reads it.
ir::Graph Padded(Reader reader, std::vector<int32_t> before = {0, 1, 0, 0}) {
  GraphBuilder b("padded", 5);
  const auto x = b.Input({1, 5, 6, 4});
  const ir::TensorIndex padded = b.Input({1, 6 + before[1], 8 + before[2], 4});
  ir::TensorIndex y = ir::kNoTensor;
  if (reader == Reader::kConv) y = b.Conv(padded, 3, {3, 2, 0});
  if (reader == Reader::kDepthwise) y = b.Depthwise(padded, 1, {3, 1, 0});
  if (reader == Reader::kPool) y = b.Pool(padded, ir::Pool2d::Kind::kMax, {2, 2, 0});
  ir::Graph graph = b.Finish({y});
  if (reader == Reader::kPool) {
    graph.tensors[static_cast<size_t>(y)].quantization = graph.tensor(x).quantization;
  }
  std::erase(graph.inputs, padded);
  graph.tensors[static_cast<size_t>(padded)].quantization = graph.tensor(x).quantization;
  graph.ops.insert(graph.ops.begin(),
                   {"pad", ir::Pad{std::move(before), {0, 1, 2, 0}}, {x}, {padded}});
  return graph;
}

void ExpectFused(const ir::Graph& graph, size_t ops_left) {
  ASSERT_TRUE(ir::Verify(graph).has_value()) << ir::Verify(graph).error().message;
  const auto optimized = Optimize(graph);
  ASSERT_TRUE(optimized.has_value()) << optimized.error().message;
  EXPECT_EQ(optimized->graph.ops.size(), ops_left);
  EXPECT_TRUE(SameOutputs(graph, optimized->graph, 1));
}

TEST(FusePads, ConvolutionsPadByThemselves) {
  ExpectFused(Padded(Reader::kConv), 1);
  ExpectFused(Padded(Reader::kDepthwise), 1);
  ExpectFused(Padded(Reader::kConv, {0, 1, 2, 0}), 1);
}

TEST(FusePads, MoreThanAWindowReachesStays) { ExpectFused(Padded(Reader::kConv, {0, 3, 0, 0}), 2); }

TEST(FusePads, APoolLeavesOutWhatItPads) { ExpectFused(Padded(Reader::kPool), 2); }

TEST(FusePads, APadThatIsReadElsewhereStays) {
  ir::Graph graph = Padded(Reader::kConv);
  graph.outputs.push_back(graph.ops[0].outputs[0]);
  ExpectFused(graph, 2);
}

// Puts an element `value` of the padded tensor's scale behind the pad.
ir::Graph WithValue(ir::Graph graph, int32_t offset) {
  const ir::Tensor& padded = graph.tensor(graph.ops[0].outputs[0]);
  ir::Tensor value;
  value.name = "value";
  value.shape = {1};
  value.quantization = padded.quantization;
  value.constant = true;
  value.data = {static_cast<uint8_t>(padded.quantization.zero_points[0] + offset)};
  graph.ops[0].inputs.push_back(static_cast<ir::TensorIndex>(graph.tensors.size()));
  graph.tensors.push_back(std::move(value));
  return graph;
}

TEST(FusePads, OnlyTheZeroPointIsNothing) {
  ExpectFused(WithValue(Padded(Reader::kConv), 0), 1);
  ExpectFused(WithValue(Padded(Reader::kConv), 1), 2);
}

TEST(FusePads, OtherScalesStay) {
  ir::Graph graph = Padded(Reader::kConv);
  graph.tensors[static_cast<size_t>(graph.ops[0].outputs[0])].quantization.scales[0] *= 2;
  EXPECT_EQ(FusePads(graph)->graph, graph);
}

}  // namespace
}  // namespace kinglet::optimize
