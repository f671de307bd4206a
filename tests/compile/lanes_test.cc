// The kernels for Armv6-M and RV32IMC: random layers of every shape that they take, on the host
// against the reference executor (Compile compares them) and on the emulated cores against the
// host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "device/kernels/lanes/fully_connected.h"
#include "src/base/random.h"
#include "src/board/board.h"
#include "src/compile/generate.h"
#include "src/compile/program.h"
#include "src/compile/select.h"
#include "src/emulate/firmware.h"
#include "src/emulate/qemu.h"
#include "src/ir/lower.h"
#include "tests/support/layer_maker.h"

namespace kinglet::compile {
namespace {

using kinglet::testing::LayerMaker;

constexpr Target kTarget{KernelSet::kArmv6M};
constexpr std::string_view kKinds[] = {"conv_2d", "depthwise_conv_2d", "depthwise_conv_2d",
                                       "fully_connected", "add"};

constexpr char kMain[] = R"(
#include "device/port/port.h"
#include "model.h"
#include "self_test.h"

int main() {
  alignas(layers::kArenaAlignmentBytes) static uint8_t arena[layers::kArenaBytes];
  kinglet::port::Exit(layers::SelfTest(arena) ? 0 : 1);
}
)";

// `count` layers side by side, some on images so large that they are computed in several bands.
ir::Graph Layers(uint64_t seed, int32_t count) {
  const auto draw = seed % 2 == 0 ? LayerMaker::Draw::kUsual : LayerMaker::Draw::kExtreme;
  LayerMaker maker(seed, 53, draw);
  maker.graph().name = "layers";
  while (static_cast<int32_t>(maker.graph().outputs.size()) < count) {
    const ir::Graph before = maker.graph();
    const bool large = maker.Between(0, 4) == 0;
    const int32_t side = large ? 40 : 7;
    const ir::TensorIndex x = maker.Input({maker.Between(1, 8) == 1 ? 2 : 1, maker.Between(1, side),
                                           maker.Between(1, side), maker.Between(1, large ? 3 : 9)},
                                          ir::DataType::kInt8);
    const auto kind = static_cast<size_t>(maker.Between(0, std::size(kKinds) - 1));
    const ir::TensorIndex y = maker.Layer(kKinds[kind], x);
    if (y != ir::kNoTensor) maker.graph().outputs.push_back(y);
    if (y == ir::kNoTensor || !ir::Lower(maker.graph()).has_value()) maker.graph() = before;
  }
  return maker.graph();
}

TEST(Lanes, ComputesWhatTheReferenceExecutorComputes) {
  std::map<std::string_view, int> chosen;
  std::map<int32_t, int> scales;
  for (uint64_t seed = 0; seed < 150; ++seed) {
    const ir::Graph graph = Layers(seed, 4);
    const auto program = MakeProgram(graph, kTarget);
    ASSERT_TRUE(program.has_value()) << program.error().message;
    for (const Step& step : program->steps) {
      ++chosen[step.call.kernel->function];
      if (step.call.params.Is<kernels::LanesFullyConnectedParams>()) {
        ++scales[step.call.params.As<kernels::LanesFullyConnectedParams>().scale_words];
      }
    }
    const auto model = Compile(graph, {.name = "layers", .target = kTarget});
    EXPECT_TRUE(model.has_value()) << "seed " << seed << ": " << model.error().message;
  }
  for (const char* kernel : {"LanesAdd", "LanesConv2d", "LanesDepthwise", "LanesFullyConnected"}) {
    EXPECT_GT(chosen[kernel], 30) << kernel;
  }
  EXPECT_GT(scales[0], 10);  // layers whose outputs share a scale
  EXPECT_GT(scales[2], 10);
}

// Runs `call` with the output `lead` bytes behind the input's begin in the same memory.
std::vector<int8_t> RunOverlapped(const ir::KernelCall& call, const std::vector<int8_t>& input,
                                  size_t output_bytes, int64_t lead) {
  const size_t margin = output_bytes + input.size() + 64;
  std::vector<int8_t> memory(3 * margin);
  int8_t* const at = memory.data() + margin;
  std::ranges::copy(input, at);
  ir::AlignedBytes scratch;
  std::vector<const void*> addresses;
  std::vector<ir::AlignedBytes> constants;
  for (const ir::Argument& argument : call.arguments) {
    switch (argument.kind) {
      case ir::Argument::Kind::kInput:
        addresses.push_back(at);
        break;
      case ir::Argument::Kind::kOutput:
        addresses.push_back(at + lead);
        break;
      case ir::Argument::Kind::kScratch:
        scratch = ir::MakeAligned(argument.scratch_bytes);
        addresses.push_back(scratch.data());
        break;
      default:
        constants.push_back(ir::MakeAligned(argument.data.size()));
        std::memcpy(constants.back().data(), argument.data.data(), argument.data.size());
        addresses.push_back(constants.back().data());
    }
  }
  ir::RunKernel(call, addresses);
  return {at + lead, at + lead + output_bytes};
}

// Every way in which the output may lie before or upon the input gives the same bytes.
TEST(Lanes, OutputMayOverlapTheInput) {
  std::map<std::string_view, int> overlapped;
  for (uint64_t seed = 0; seed < 5000; ++seed) {
    const ir::Graph graph = Layers(seed, 1);
    const auto calls = SelectKernels(graph, ir::Lower(graph).value(), kTarget);
    if (calls.size() != 1 || !calls[0].kernel->function.starts_with("Lanes")) continue;
    const ir::Argument& argument = calls[0].arguments[0];
    if (!argument.output_lead_bytes_max.has_value()) continue;
    std::vector<int8_t> input(graph.tensor(argument.tensor).ElementCount());
    Random random(seed, 54);
    for (int8_t& x : input) x = static_cast<int8_t>(random.Below(256));
    const size_t bytes = graph.tensor(graph.outputs[0]).ElementCount();
    const auto apart = static_cast<int64_t>(input.size());
    const auto expected = RunOverlapped(calls[0], input, bytes, apart);
    for (int64_t back = 0; back < 12; ++back) {
      const int64_t lead = *argument.output_lead_bytes_max - back;
      if (lead + static_cast<int64_t>(bytes) <= 0) break;
      ASSERT_EQ(RunOverlapped(calls[0], input, bytes, lead), expected)
          << calls[0].kernel->function << ", seed " << seed << ", lead " << lead;
      ++overlapped[calls[0].kernel->function];
    }
  }
  EXPECT_GT(overlapped["LanesConv2d"], 100);
  EXPECT_GT(overlapped["LanesDepthwise"], 100);
}

class LanesOnDevice : public ::testing::TestWithParam<std::string> {
 protected:
  static Status Run(const ir::Graph& graph) {
    KINGLET_TRY(const board::Board board, board::LoadBoard(GetParam()));
    KINGLET_TRY(const CompiledModel model,
                Compile(graph, {.name = "layers", .target = TargetOf(board.core)}));
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
};

TEST_P(LanesOnDevice, ComputesTheHostsBytes) {
  for (uint64_t seed = 1000; seed < 1004; ++seed) {
    const Status run = Run(Layers(seed, 20));
    if (!run.has_value() && run.error().code == Code::kNotFound) {
      GTEST_SKIP() << run.error().message;
    }
    EXPECT_TRUE(run.has_value()) << "seed " << seed << ": " << run.error().message;
  }
}

INSTANTIATE_TEST_SUITE_P(Cores, LanesOnDevice, ::testing::Values("cortex-m0plus", "rv32imc"),
                         [](const auto& core) {
                           std::string name = core.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace kinglet::compile
