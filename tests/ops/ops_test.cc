// Every operator with every type of activations against the slow reference: random shapes, scales
// and zero points, often at their limits. The graph goes through the file format on its way.
#include <gtest/gtest.h>

#include <cmath>

#include "src/base/random.h"
#include "src/ir/execute.h"
#include "src/ir/print.h"
#include "src/tflite/read.h"
#include "src/tflite/write.h"
#include "tests/support/random_graph.h"
#include "tests/support/reference_op.h"

namespace kinglet {
namespace {

using testing::LayerMaker;

constexpr uint64_t kGraphs = 400;

constexpr uint64_t kSteps = 3;  // of operators with memory

// A few inferences, each from the state that the one before has left.
void ExpectStepsEqual(const ir::Graph& graph, ir::Executor& executor, uint64_t seed) {
  ir::State state = ir::InitialState(graph);
  std::vector<Bytes> reference = testing::ReferenceState(graph);
  for (uint64_t step = 0; step < kSteps; ++step) {
    const std::vector<Bytes> inputs = testing::RandomInputs(graph, seed * kSteps + step);
    const auto outputs = executor.Step(state, {inputs.begin(), inputs.end()});
    ASSERT_TRUE(outputs.has_value()) << outputs.error().message;
    ASSERT_EQ(*outputs, testing::ReferenceStep(graph, reference, inputs))
        << "seed " << seed << ", step " << step << "\n"
        << ir::Print(graph);
  }
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    if (!graph.tensors[i].variable) continue;
    ASSERT_EQ(state.tensors[i], reference[i]) << "seed " << seed << ", tensor " << i;
  }
}

class Ops : public ::testing::TestWithParam<LayerMaker::Kind> {};

TEST_P(Ops, EqualTheSlowReference) {
  uint64_t compared = 0;
  for (uint64_t seed = 0; seed < kGraphs; ++seed) {
    const ir::Graph graph = testing::RandomOpGraph(GetParam(), seed);
    ASSERT_TRUE(ir::Verify(graph).has_value()) << ir::Verify(graph).error().message;
    const auto file = tflite::WriteModel(graph);
    ASSERT_TRUE(file.has_value()) << file.error().message;
    const auto read = tflite::ReadModel(*file);
    ASSERT_TRUE(read.has_value()) << read.error().message << "\n" << ir::Print(graph);
    ASSERT_EQ(*read, graph) << ir::Print(*read) << ir::Print(graph);
    auto executor = ir::Executor::Make(*read);
    if (!executor.has_value()) {  // scales beyond what the kernels can represent
      ASSERT_EQ(executor.error().code, Code::kUnsupported) << executor.error().message;
      continue;
    }
    const std::vector<Bytes> inputs = testing::RandomInputs(graph, seed);
    const auto outputs = executor->Run({inputs.begin(), inputs.end()});
    ASSERT_TRUE(outputs.has_value()) << outputs.error().message;
    ASSERT_EQ(*outputs, testing::ReferenceRun(graph, inputs)) << "seed " << seed << "\n"
                                                              << ir::Print(graph);
    if (ir::HasState(graph)) {
      ASSERT_NO_FATAL_FAILURE(ExpectStepsEqual(*read, *executor, seed));
    }
    ++compared;
  }
  EXPECT_GT(compared, kGraphs * 3 / 4);
}

INSTANTIATE_TEST_SUITE_P(Reference, Ops, ::testing::ValuesIn(LayerMaker::Kinds()),
                         [](const auto& kind) {
                           return std::string(kind.param.name) + "_" +
                                  std::string(ir::DataTypeName(kind.param.type));
                         });

ir::Graph SoftmaxGraph(int32_t depth, float scale) {
  ir::Graph graph;
  graph.tensors = {{"x", ir::DataType::kInt16, {1, depth}, {{scale}, {0}, 0}, false, {}},
                   {"y", ir::DataType::kInt16, {1, depth}, {{1.0F / 32768}, {0}, 0}, false, {}}};
  graph.ops.push_back({"softmax", ir::Softmax{}, {0}, {1}});
  graph.inputs = {0};
  graph.outputs = {1};
  return graph;
}

// Probabilities of int16, whose tables bend exp and 1 / (1 + x) a little.
std::vector<double> SoftmaxOf(const std::vector<int16_t>& values, float scale) {
  const ir::Graph graph = SoftmaxGraph(static_cast<int32_t>(values.size()), scale);
  const Bytes output = ir::Executor::Make(graph).value().Run({AsBytes(values)}).value()[0];
  std::vector<double> probabilities;
  for (size_t at = 0; at < output.size(); at += sizeof(int16_t)) {
    probabilities.push_back(LoadLe<int16_t>(output, at) / 32768.0);
  }
  return probabilities;
}

TEST(SoftmaxInt16, IsCloseToTheExactProbability) {
  // Each of up to 20 exponentials may be half a step of 2^-15 off, those below exp(-10) count as
  // that, and the lines' errors come on top.
  const double tolerance = 20 * (0x1p-16 + std::exp(-10)) + 2e-4;
  Random random(3);
  for (int i = 0; i < 300; ++i) {
    const float scale = std::exp2(random.Uniform(-16.0F, -8.0F));
    std::vector<int16_t> values(1 + random.Below(20));
    for (int16_t& value : values) value = static_cast<int16_t>(random.Next() >> 16);
    double sum = 0;
    for (const int16_t value : values) sum += std::exp(double{scale} * value);
    const std::vector<double> probabilities = SoftmaxOf(values, scale);
    for (size_t c = 0; c < values.size(); ++c) {
      ASSERT_NEAR(probabilities[c], std::exp(double{scale} * values[c]) / sum, tolerance);
    }
  }
}

// Sums of many, whose reciprocal's argument is rounded.
TEST(SoftmaxInt16, DeepRowsEqualTheSlowReference) {
  Random random(4);
  for (int i = 0; i < 100; ++i) {
    const ir::Graph graph = SoftmaxGraph(16 + static_cast<int32_t>(random.Below(200)), 1e-4F);
    const std::vector<Bytes> inputs = testing::RandomInputs(graph, static_cast<uint64_t>(i));
    const auto outputs = ir::Executor::Make(graph).value().Run({inputs.begin(), inputs.end()});
    ASSERT_EQ(*outputs, testing::ReferenceRun(graph, inputs));
  }
}

TEST(SoftmaxInt16, SumsTheGreatestDepthOfEqualValuesWithoutOverflow) {
  for (const double probability : SoftmaxOf(std::vector<int16_t>(65535, 7), 0.01F)) {
    ASSERT_NEAR(probability, 1.0 / 65535, 1.0 / 32768);
    ASSERT_GE(probability, 0);
  }
}

TEST(Graphs, EqualTheSlowReference) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const ir::Graph graph = testing::RandomGraph(seed);
    auto executor = ir::Executor::Make(graph);
    ASSERT_TRUE(executor.has_value()) << executor.error().message;
    const std::vector<Bytes> inputs = testing::RandomInputs(graph, seed);
    const auto outputs = executor->Run({inputs.begin(), inputs.end()});
    ASSERT_TRUE(outputs.has_value()) << outputs.error().message;
    ASSERT_EQ(*outputs, testing::ReferenceRun(graph, inputs)) << ir::Print(graph);
    if (ir::HasState(graph)) {
      ASSERT_NO_FATAL_FAILURE(ExpectStepsEqual(graph, *executor, seed));
    }
  }
}

}  // namespace
}  // namespace kinglet
