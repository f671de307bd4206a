// The kernels for Helium: random layers, alone and one after another in the same memory, on the
// host against the reference executor (Compile compares them) and on the emulated core against the
// host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "src/board/board.h"
#include "src/compile/generate.h"
#include "src/compile/program.h"
#include "src/emulate/firmware.h"
#include "src/emulate/qemu.h"
#include "tests/support/layer_maker.h"

namespace kinglet::compile {
namespace {

using kinglet::testing::LayerMaker;

constexpr Target kTarget{KernelSet::kHelium};
constexpr std::string_view kKinds[] = {"conv_2d",           "conv_2d",         "depthwise_conv_2d",
                                       "depthwise_conv_2d", "fully_connected", "add",
                                       "average_pool_2d",   "max_pool_2d"};

constexpr char kMain[] = R"(
#include "device/port/port.h"
#include "model.h"
#include "self_test.h"

int main() {
  alignas(layers::kArenaAlignmentBytes) static uint8_t arena[layers::kArenaBytes];
  kinglet::port::Exit(layers::SelfTest(arena) ? 0 : 1);
}
)";

bool Lowers(const ir::Graph& graph) { return MakeProgram(graph, kTarget).has_value(); }

// `count` chains of one to four layers, side by side: images up to 40 pixels wide, or with up to 40
// channels.
ir::Graph Chains(uint64_t seed, int32_t count) {
  const auto draw = seed % 2 == 0 ? LayerMaker::Draw::kUsual : LayerMaker::Draw::kExtreme;
  LayerMaker maker(seed, 52, draw);
  maker.graph().name = "layers";
  while (static_cast<int32_t>(maker.graph().outputs.size()) < count) {
    const ir::Graph before = maker.graph();
    const bool large = maker.Between(0, 4) == 0, deep = !large && maker.Between(0, 2) == 0;
    const int32_t side = large ? 40 : 12;
    ir::TensorIndex x = maker.Input({1, maker.Between(1, side), maker.Between(1, side),
                                     maker.Between(1, large  ? 3
                                                      : deep ? 40
                                                             : 9)},
                                    ir::DataType::kInt8);
    for (int32_t left = maker.Between(1, 4); left > 0 && x != ir::kNoTensor; --left) {
      const auto kind = static_cast<size_t>(maker.Between(0, std::size(kKinds) - 1));
      x = maker.Layer(kKinds[kind], x);
    }
    if (x != ir::kNoTensor) maker.graph().outputs.push_back(x);
    if (x == ir::kNoTensor || !Lowers(maker.graph())) maker.graph() = before;
  }
  return maker.graph();
}

using Names = std::set<std::string_view>;

// How many kernels `graph` adds to those in `chosen`.
size_t AddKernels(const ir::Graph& graph, Names& chosen) {
  const size_t before = chosen.size();
  const auto program = MakeProgram(graph, kTarget);
  EXPECT_TRUE(program.has_value()) << program.error().message;
  if (!program.has_value()) return 0;
  for (const Step& step : program->steps) chosen.insert(step.call.kernel->function);
  return chosen.size() - before;
}

const auto kOwnKernels = ::testing::IsSupersetOf<std::string_view>(
    {"VectorConv2d", "VectorConv2dRectified", "VectorDepthwiseOneRow", "VectorDepthwiseTwoRows",
     "VectorDepthwiseOneRowRectified", "VectorDepthwiseTwoRowsRectified", "VectorFullyConnected",
     "VectorAdd", "VectorAveragePool2d", "VectorMaxPool2d"});

TEST(Helium, ComputesWhatTheReferenceExecutorComputes) {
  Names chosen;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const ir::Graph graph = Chains(seed, 8);
    AddKernels(graph, chosen);
    const auto model = Compile(graph, {.name = "layers", .target = kTarget});
    EXPECT_TRUE(model.has_value()) << "seed " << seed << ": " << model.error().message;
  }
  EXPECT_THAT(chosen, kOwnKernels);
}

Status RunOnCore(const ir::Graph& graph) {
  KINGLET_TRY(const CompiledModel model, Compile(graph, {.name = "layers", .target = kTarget}));
  KINGLET_TRY(const board::Board board, board::LoadBoard("cortex-m55"));
  KINGLET_TRY(emulate::Firmware firmware, emulate::Firmware::Start(board));
  KINGLET_CHECK(firmware.Add(model.files));
  KINGLET_CHECK(firmware.Add({{"main.cc", kMain}}));
  KINGLET_TRY(std::vector<std::string> sources,
              firmware.AddPort(emulate::Firmware::Port::kSemihosting));
  sources.insert(sources.end(), model.sources.begin(), model.sources.end());
  sources.insert(sources.end(), {"self_test.cc", "main.cc"});
  KINGLET_TRY(const emulate::Image image,
              firmware.Link({.name = "self_test",
                             .sources = sources,
                             .stack_bytes = 4096,
                             .fit = emulate::LinkOptions::Fit::kEmulator}));
  KINGLET_CHECK(emulate::Run(board, image, {}, {}));
  return {};
}

// Graphs that have a kernel which those before did not have.
TEST(Helium, ComputesTheHostsBytes) {
  Names chosen;
  for (uint64_t seed = 1000; seed < 1060; ++seed) {
    const ir::Graph graph = Chains(seed, 12);
    if (AddKernels(graph, chosen) == 0) continue;
    const Status run = RunOnCore(graph);
    if (!run.has_value() && run.error().code == Code::kNotFound) {
      GTEST_SKIP() << run.error().message;
    }
    EXPECT_TRUE(run.has_value()) << "seed " << seed << ": " << run.error().message;
  }
  EXPECT_THAT(chosen, kOwnKernels);
}

}  // namespace
}  // namespace kinglet::compile
