#include "src/compile/memory_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "src/compile/program.h"
#include "src/ir/execute.h"
#include "tests/support/graph_builder.h"
#include "tests/support/random_graph.h"
#include "tests/support/state_graphs.h"

namespace kinglet::compile {
namespace {

using kinglet::testing::GraphBuilder;

MemoryPlan PlanOf(const ir::Graph& graph) {
  auto calls = ir::Lower(graph);
  EXPECT_TRUE(calls.has_value()) << calls.error().message;
  auto plan = PlanMemory(graph, *calls);
  EXPECT_TRUE(plan.has_value()) << plan.error().message;
  return *plan;
}

int64_t OffsetOf(const MemoryPlan& plan, ir::TensorIndex tensor) {
  return plan.offsets[static_cast<size_t>(tensor)];
}

// What the plan is for: every layer computes the same in the shared arena as with a buffer of its
// own for each tensor.
TEST(MemoryPlan, LayersInTheArenaEqualLayersInBuffersOfTheirOwn) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const ir::Graph graph = kinglet::testing::RandomGraph(seed);
    auto program = MakeProgram(graph);
    ASSERT_TRUE(program.has_value()) << seed << ": " << program.error().message;
    auto executor = ir::Executor::Make(graph);
    ASSERT_TRUE(executor.has_value()) << executor.error().message;
    ir::State state = ir::InitialState(graph);
    Bytes arena(program->plan.arena_bytes, 0xa5);
    ResetState(graph, *program, arena);
    for (uint64_t step = 0; step < (ir::HasState(graph) ? 3 : 1); ++step) {
      const std::vector<Bytes> inputs = kinglet::testing::RandomInputs(graph, 10 * seed + step);
      std::vector<Bytes> expected;
      const auto outputs = executor->Step(state, {inputs.begin(), inputs.end()},
                                          [&](size_t, const std::vector<ByteView>& results) {
                                            for (const ByteView output : results)
                                              expected.emplace_back(output.begin(), output.end());
                                          });
      ASSERT_TRUE(outputs.has_value());

      for (size_t i = 0; i < inputs.size(); ++i) {
        std::ranges::copy(inputs[i], arena.begin() + OffsetOf(program->plan, graph.inputs[i]));
      }
      size_t next = 0;
      RunProgram(graph, *program, arena, [&](size_t op, const std::vector<ByteView>& results) {
        for (const ByteView output : results) {
          EXPECT_TRUE(std::ranges::equal(output, expected[next]))
              << "seed " << seed << ", " << graph.ops[op].name;
          ++next;
        }
      });
      for (size_t i = 0; i < graph.outputs.size(); ++i) {
        const auto at = static_cast<size_t>(OffsetOf(program->plan, graph.outputs[i]));
        EXPECT_TRUE(
            std::ranges::equal(ByteView(arena).subspan(at, (*outputs)[i].size()), (*outputs)[i]))
            << "seed " << seed << ", output " << i << " did not survive";
      }
      for (size_t i = 0; i < graph.tensors.size(); ++i) {
        if (!graph.tensors[i].variable) continue;
        const auto at =
            static_cast<size_t>(OffsetOf(program->plan, static_cast<ir::TensorIndex>(i)));
        EXPECT_TRUE(std::ranges::equal(ByteView(arena).subspan(at, state.tensors[i].size()),
                                       state.tensors[i]))
            << "seed " << seed << ", variable " << i << " after step " << step;
      }
    }
  }
}

TEST(MemoryPlan, NothingElseEverUsesTheBytesOfAVariable) {
  for (const ir::Graph& graph : {kinglet::testing::SvdfNetwork(), kinglet::testing::LstmNetwork(),
                                 kinglet::testing::StreamingNetwork()}) {
    const auto calls = ir::Lower(graph);
    ASSERT_TRUE(calls.has_value()) << calls.error().message;
    const MemoryPlan plan = PlanOf(graph);
    std::vector<ir::TensorIndex> owners(plan.arena_bytes, ir::kNoTensor);
    const auto range = [&](size_t tensor) {
      const auto begin = owners.begin() + plan.offsets[tensor];
      return std::ranges::subrange(begin, begin + graph.tensors[tensor].ByteCount());
    };
    for (size_t i = 0; i < graph.tensors.size(); ++i) {
      if (!graph.tensors[i].variable) continue;
      for (ir::TensorIndex& owner : range(i)) {
        EXPECT_EQ(owner, ir::kNoTensor);
        owner = static_cast<ir::TensorIndex>(i);
      }
    }
    for (size_t i = 0; i < graph.tensors.size(); ++i) {
      if (graph.tensors[i].variable || plan.offsets[i] == MemoryPlan::kNotInArena) continue;
      for (const ir::TensorIndex owner : range(i))
        EXPECT_EQ(owner, ir::kNoTensor) << "tensor " << i;
    }
    for (size_t c = 0; c < calls->size(); ++c) {
      for (size_t k = 0; k < (*calls)[c].arguments.size(); ++k) {
        const ir::Argument& argument = (*calls)[c].arguments[k];
        for (uint32_t b = 0; b < argument.scratch_bytes; ++b) {
          const auto at = static_cast<size_t>(plan.argument_offsets[c][k]) + b;
          EXPECT_EQ(owners[at], ir::kNoTensor) << "scratch of call " << c;
        }
      }
    }
  }
}

TEST(MemoryPlan, ElementwiseOperatorsRunInPlace) {
  GraphBuilder b("add", 1);
  const auto x = b.Input({1, 4, 4, 8});
  const auto y = b.Input({1, 4, 4, 8});
  const auto sum = b.Add(x, y);
  const MemoryPlan plan = PlanOf(b.Finish({sum}));
  EXPECT_EQ(plan.arena_bytes, 256U);
  EXPECT_EQ(plan.peak_live_bytes, 384U);
  EXPECT_TRUE(plan.optimal);
}

TEST(MemoryPlan, AnInputThatIsReadAgainIsNotOverwritten) {
  GraphBuilder b("residual", 1);
  const auto x = b.Input({1, 4, 4, 8});
  const auto y = b.Conv(x, 8, {1, 1, 0});
  const auto sum = b.Add(x, y);
  EXPECT_EQ(PlanOf(b.Finish({sum})).arena_bytes, 256U);
}

TEST(MemoryPlan, AModelOutputSurvivesToTheEnd) {
  GraphBuilder b("two outputs", 1);
  const auto x = b.Input({1, 4, 4, 8});
  const auto y = b.Pool(x, ir::Pool2d::Kind::kMax, {1, 1, 0});
  const auto z = b.Pool(y, ir::Pool2d::Kind::kMax, {1, 1, 0});
  EXPECT_EQ(PlanOf(b.Finish({z})).arena_bytes, 128U);
  EXPECT_EQ(PlanOf(b.Finish({z, y})).arena_bytes, 256U);
}

TEST(MemoryPlan, PointwiseConvolutionNeedsOnePixelMoreThanItsLargerSide) {
  GraphBuilder b("pointwise", 1);
  const auto x = b.Input({1, 5, 5, 16});
  const auto y = b.Conv(x, 16, {1, 1, 0});
  EXPECT_EQ(PlanOf(b.Finish({y})).arena_bytes, 25U * 16 + 16);
}

TEST(MemoryPlan, AReshapeSharesTheBytesOfItsInput) {
  GraphBuilder b("reshape", 1);
  const auto x = b.Input({1, 4, 4, 2});
  const auto flat = b.Flatten(x);
  const auto y = b.Dense(flat, 3);
  const ir::Graph graph = b.Finish({y, flat});
  const MemoryPlan plan = PlanOf(graph);
  EXPECT_EQ(OffsetOf(plan, x), OffsetOf(plan, flat));
  auto program = MakeProgram(graph);
  ASSERT_TRUE(program.has_value());
  EXPECT_TRUE(program->steps[0].moves_nothing);
}

struct Span {
  int64_t begin, end;
  bool Meets(const Span& other) const { return begin < other.end && other.begin < end; }
};

// Scratch memory and tails in a chain of in-place operators: nothing else may lie there meanwhile.
TEST(MemoryPlan, ScratchMemoryAndTailsKeepClearOfWhatLives) {
  GraphBuilder b("chain", 1);
  const auto x = b.Input({1, 5, 5, 3});
  const auto y = b.Pool(x, ir::Pool2d::Kind::kMax, {1, 1, 0});
  const auto z = b.Add(x, y);
  const ir::Graph graph = b.Finish({z});
  auto calls = ir::Lower(graph).value();
  for (ir::KernelCall& call : calls) {
    for (ir::Argument& argument : call.arguments) {
      argument.tail_bytes = argument.kind == ir::Argument::Kind::kOutput ? 9 : 3;
      argument.alignment_bytes = 4;
    }
    ir::Argument& scratch = call.arguments.emplace_back();
    scratch.kind = ir::Argument::Kind::kScratch;
    scratch.scratch_bytes = 21;
    scratch.alignment_bytes = 8;
  }
  const auto plan = PlanMemory(graph, calls);
  ASSERT_TRUE(plan.has_value()) << plan.error().message;
  EXPECT_EQ(plan->alignment_bytes, 8U);
  const auto place = [&](ir::TensorIndex tensor, int64_t tail) {
    const int64_t offset = OffsetOf(*plan, tensor);
    EXPECT_EQ(offset % 4, 0);
    EXPECT_LE(offset + 75 + tail, plan->arena_bytes);
    return Span{offset, offset + 75 + tail};
  };
  for (size_t i = 0; i < calls.size(); ++i) {
    const int64_t at = plan->argument_offsets[i].back();
    const Span scratch{at, at + 21};
    EXPECT_EQ(at % 8, 0);
    EXPECT_LE(scratch.end, plan->arena_bytes);
    EXPECT_FALSE(scratch.Meets(place(x, 0)));
    EXPECT_FALSE(scratch.Meets(place(y, 9)));
    if (i == 1) {
      EXPECT_FALSE(scratch.Meets(place(z, 9)));
    }
  }
  EXPECT_FALSE(place(y, 9).Meets(place(x, 0)));
}

TEST(MemoryPlan, AKernelThatWorksBackToFrontMayGrowInPlace) {
  GraphBuilder b("grow", 1);
  const auto x = b.Input({1, 4, 4, 4});
  const ir::Graph graph = b.Finish({b.Conv(x, 8, {1, 1, 0})});
  auto calls = ir::Lower(graph).value();
  EXPECT_GT(PlanMemory(graph, calls)->arena_bytes, 128U);
  calls[0].arguments[0].output_lead_bytes_max.reset();
  calls[0].arguments[0].output_lead_bytes_min = -4;
  const auto plan = PlanMemory(graph, calls);
  EXPECT_EQ(plan->arena_bytes, 128U);
  EXPECT_GE(plan->argument_offsets[0].back() - OffsetOf(*plan, x), -4);
}

TEST(MemoryPlan, RefusesActivationsBeyondTwoGibibytes) {
  GraphBuilder b("large", 1);
  const auto x = b.Input({1, 1 << 15, 1 << 15, 1});
  const auto y = b.Pool(x, ir::Pool2d::Kind::kMax, {1, 1, 0});
  const ir::Graph graph = b.Finish({y});
  auto calls = ir::Lower(graph);
  ASSERT_TRUE(calls.has_value());
  const auto plan = PlanMemory(graph, *calls);
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().code, Code::kOverBudget);
  EXPECT_EQ(plan.error().message, "large: activations of 2147483648 B in all, at most 2147483647");
}

TEST(Program, KeepsRoomForAnInputOfAnyTypeThatNothingReads) {
  GraphBuilder b("unread", 1);
  const auto x = b.Input({1, 4});
  b.Input({1, 3});
  ir::Graph graph = b.Finish({b.Softmax(x)});
  ir::Tensor& unread = graph.tensors[static_cast<size_t>(graph.inputs[1])];
  unread.type = ir::DataType::kFloat32;
  unread.quantization = {};
  auto program = MakeProgram(graph);
  ASSERT_TRUE(program.has_value()) << program.error().message;
  EXPECT_EQ(program->plan.alignment_bytes, 4U);
  EXPECT_GE(program->plan.arena_bytes, 16U);
  unread.quantization = {{0.5F, 0.25F, 1.0F}, {0, 0, 0}, 1};
  program = MakeProgram(graph);
  ASSERT_FALSE(program.has_value());
  EXPECT_EQ(program.error().message, "input 'activation_1' has 3 scales; generated code takes one");
}

TEST(Program, KeepsEqualArraysOnce) {
  GraphBuilder b("twice", 1);
  const auto x = b.Input({1, 4, 4, 8});
  const auto y = b.Conv(x, 8, {1, 1, 0});
  ir::Graph graph = b.Finish({b.Conv(y, 8, {1, 1, 0})});
  const size_t before = MakeProgram(graph)->arrays.size();
  graph.ops[1].inputs[1] = graph.ops[0].inputs[1];
  graph.ops[1].inputs[2] = graph.ops[0].inputs[2];
  EXPECT_LE(MakeProgram(graph)->arrays.size(), before - 2);
}

}  // namespace
}  // namespace kinglet::compile
