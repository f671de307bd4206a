// Every operator with every type of activations against the slow reference: random shapes, scales
// and zero points, often at their limits. The graph goes through the file format on its way.
#include <gtest/gtest.h>

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
