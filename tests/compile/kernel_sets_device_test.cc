// Every kernel of every set on the emulated core, layer by layer against the host's reference
// executor, whose kernels are portable; and that no count of instructions depends on data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "src/base/hash.h"
#include "src/bench/board_program.h"
#include "src/board/board.h"
#include "src/compile/program.h"
#include "src/ir/execute.h"
#include "tests/compile/kernel_set_layers.h"
#include "tests/support/graph_builder.h"

namespace kinglet {
namespace {

using compile::Goal;
using testing::GraphBuilder;
using testing::KernelSetCase;
using testing::KernelSetLayers;

class KernelSetsOnDevice : public ::testing::TestWithParam<KernelSetCase> {
 protected:
  void SetUp() override { board_ = board::LoadBoard(GetParam().core).value(); }

  // Runs `graph` on the board and on the host; each layer must be the same for every sample.
  void ExpectSameLayers(const ir::Graph& graph) {
    const auto planned = compile::MakeProgram(graph, GetParam().target());
    ASSERT_TRUE(planned.has_value()) << planned.error().message;
    for (const compile::Step& step : planned->steps) {
      chosen_.insert(std::string(step.call.kernel->function));
    }
    const auto program = bench::BoardProgram::Build(
        graph, board_,
        {.layer_hook = true, .passes = optimize::NoPasses(), .goal = GetParam().goal});
    if (!program.has_value() && program.error().code == Code::kNotFound) {
      GTEST_SKIP() << program.error().message;
    }
    ASSERT_TRUE(program.has_value()) << program.error().message;
    const std::vector<Bytes> samples = Samples(graph);
    const std::vector<ByteView> views(samples.begin(), samples.end());
    const auto run = program->Run(views);
    ASSERT_TRUE(run.has_value()) << run.error().message;
    auto executor = ir::Executor::Make(graph).value();
    for (size_t i = 0; i < samples.size(); ++i) {
      const std::vector<uint32_t>& hashes = run->samples[i].layer_hashes;
      ASSERT_EQ(hashes.size(), graph.ops.size());
      const auto check = [&](size_t op, const std::vector<ByteView>& op_outputs) {
        EXPECT_EQ(hashes[op], Fnv1a32(op_outputs[0]))
            << GetParam().core << ", " << graph.ops[op].name;
      };
      ASSERT_TRUE(executor.Run(Split(graph, samples[i]), check).has_value());
    }
  }

  // Uniform bytes, nothing but extremes, and nothing but the least.
  static std::vector<Bytes> Samples(const ir::Graph& graph) {
    size_t bytes = 0;
    for (const auto index : graph.inputs) {
      bytes += static_cast<size_t>(graph.tensor(index).ByteCount());
    }
    Random random(5, 1);
    std::vector<Bytes> samples(3, Bytes(bytes, 0x80));
    for (uint8_t& byte : samples[0]) byte = static_cast<uint8_t>(random.Next() >> 24);
    for (uint8_t& byte : samples[1]) byte = random.Below(2) == 0 ? 0x80 : 0x7F;
    return samples;
  }

  static std::vector<ByteView> Split(const ir::Graph& graph, ByteView sample) {
    std::vector<ByteView> inputs;
    for (const auto index : graph.inputs) {
      const auto bytes = static_cast<size_t>(graph.tensor(index).ByteCount());
      inputs.push_back(sample.first(bytes));
      sample = sample.subspan(bytes);
    }
    return inputs;
  }

  board::Board board_;
  std::set<std::string> chosen_;
};

TEST_P(KernelSetsOnDevice, EqualPortableKernelsOnRandomLayers) {
  for (const uint64_t seed : {1000, 1001}) {  // of usual scales, of extreme ones
    KernelSetLayers layers(GetParam(), seed);
    ASSERT_TRUE(layers.DrawEveryKernel()) << "seed " << seed;
    layers.DrawAll(layers.graph().outputs.size() + 12);
    ExpectSameLayers(layers.graph());
  }
  for (const std::string_view kernel : GetParam().kernels) {
    EXPECT_TRUE(chosen_.contains(std::string(kernel))) << kernel << " was not chosen";
  }
}

// Layers of `c` channels: whole and broken tiles, strips and vectors, with and without padding.
ir::Graph ShapesThatKernelsTreatApart(int32_t c) {
  GraphBuilder b("shapes", 3);
  std::vector<ir::TensorIndex> outputs;
  const auto conv = [&](const std::vector<int32_t>& in, int32_t channels,
                        GraphBuilder::Window window) {
    outputs.push_back(b.Conv(b.Input(in), channels, window));
  };
  const auto depthwise = [&](const std::vector<int32_t>& in, GraphBuilder::Window window) {
    outputs.push_back(b.Depthwise(b.Input(in), 1, window));
  };
  conv({1, 8, 8, c}, c, {3, 1, 1});
  conv({1, 5, 5, c}, 7, {1, 1, 0});
  conv({1, 8, 12, c}, 8, {1, 2, 0});
  conv({1, 9, 7, c}, 5, {3, 2, 1});
  conv({1, 1, 1, c}, c, {1, 1, 0});
  depthwise({1, 8, 6, c}, {3, 1, 1});
  depthwise({1, 9, 5, c}, {3, 2, 1});
  depthwise({1, 12, 12, c}, {3, 2, 0});
  depthwise({1, 1, 1, c}, {1, 1, 0});
  depthwise({1, 7, 9, c}, {5, 1, 2});
  outputs.push_back(b.Pool(b.Input({1, 5, 5, c}), ir::Pool2d::Kind::kAverage, {5, 1, 0}));
  outputs.push_back(b.Pool(b.Input({1, 6, 7, c}), ir::Pool2d::Kind::kMax, {2, 2, 0}));
  outputs.push_back(b.Add(b.Input({1, c}), b.Input({1, c})));
  for (const auto scales : {GraphBuilder::Scales::kPerTensor, GraphBuilder::Scales::kPerChannel}) {
    outputs.push_back(b.Dense(b.Input({1, c}), 9, scales));
    outputs.push_back(b.Dense(b.Input({3, 4 * c}), 8, scales));
  }
  return b.Finish(outputs);
}

TEST_P(KernelSetsOnDevice, EqualPortableKernelsOnShapesThatTheyTreatApart) {
  for (const int32_t c : {1, 3, 4, 8, 16, 20, 36, 64}) {
    ExpectSameLayers(ShapesThatKernelsTreatApart(c));
  }
  ExpectSameLayers(testing::WinogradShapes());
  const compile::Target target = GetParam().target();
  EXPECT_EQ(chosen_.contains("WinogradConv2d"),
            target.kernels == compile::KernelSet::kCortexM4 && target.goal == Goal::kSpeed);
}

// Without the operators that are portable on Armv6-M and RV32IMC: these have no conditional moves,
// so a clamp is a branch there, and the division of a mean takes its time by the sum.
ir::Graph NetworkOfSetKernels() {
  GraphBuilder b("kernels", 7);
  auto x = b.Conv(b.Input({1, 8, 8, 3}), 8, {3, 1, 1});
  x = b.Depthwise(x, 1, {3, 1, 1});
  const auto y = b.Conv(x, 8, {1, 1, 0});
  return b.Finish({b.Dense(b.Flatten(b.Add(x, y)), 5)});
}

// The time of an inference tells nothing of its data, and the least measured is the most.
TEST_P(KernelSetsOnDevice, ExecuteTheSameInstructionsWhateverTheData) {
  const compile::KernelSet set = GetParam().target().kernels;
  const bool lanes = set == compile::KernelSet::kArmv6M || set == compile::KernelSet::kRiscv;
  const ir::Graph graph = lanes ? NetworkOfSetKernels() : testing::SmallNetwork();
  const auto program = bench::BoardProgram::Build(graph, board_, {.goal = GetParam().goal});
  if (!program.has_value() && program.error().code == Code::kNotFound) {
    GTEST_SKIP() << program.error().message;
  }
  ASSERT_TRUE(program.has_value()) << program.error().message;
  size_t bytes = 0;
  for (const auto index : graph.inputs) {
    bytes += static_cast<size_t>(graph.tensor(index).ByteCount());
  }
  Random random(9, 1);
  std::vector<Bytes> samples(10'000, Bytes(bytes));
  for (Bytes& sample : samples) {
    for (uint8_t& byte : sample) byte = static_cast<uint8_t>(random.Next() >> 24);
  }
  const std::vector<ByteView> views(samples.begin(), samples.end());
  const auto run = program->Run(views);
  ASSERT_TRUE(run.has_value()) << run.error().message;
  std::map<uint64_t, size_t> counts;
  for (const bench::BoardRun::Sample& sample : run->samples) {
    ++counts[sample.model.instructions];
  }
  EXPECT_EQ(counts.size(), 1U) << "between " << counts.begin()->first << " and "
                               << counts.rbegin()->first;
}

INSTANTIATE_TEST_SUITE_P(Cores, KernelSetsOnDevice, ::testing::ValuesIn(testing::KernelSetCases()),
                         [](const auto& set) { return set.param.name(); });

}  // namespace
}  // namespace kinglet
