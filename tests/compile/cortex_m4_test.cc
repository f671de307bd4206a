// The kernels for Armv7E-M: random layers of every shape that they take, on the host against the
// reference executor (Compile compares them) and on the emulated core against the host.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "src/base/random.h"
#include "src/board/board.h"
#include "src/compile/generate.h"
#include "src/compile/select.h"
#include "src/emulate/firmware.h"
#include "src/emulate/qemu.h"
#include "tests/support/layer_maker.h"

namespace kinglet::compile {
namespace {

using kinglet::testing::LayerMaker;

constexpr Target kTarget{KernelSet::kCortexM4};
constexpr std::string_view kKinds[] = {
    "conv_2d", "depthwise_conv_2d", "depthwise_conv_2d", "fully_connected",
    "add",     "average_pool_2d",   "max_pool_2d",       "softmax"};

constexpr char kMain[] = R"(
#include "device/port/port.h"
#include "model.h"
#include "self_test.h"

int main() {
  alignas(layers::kArenaAlignmentBytes) static uint8_t arena[layers::kArenaBytes];
  kinglet::port::Exit(layers::SelfTest(arena) ? 0 : 1);
}
)";

constexpr std::string_view kKernels[] = {"TiledConv2d",
                                         "TiledFullyConnected",
                                         "TiledFullyConnectedPerChannel",
                                         "StripDepthwise6",
                                         "StripDepthwise5",
                                         "StripDepthwise4",
                                         "StripDepthwise3",
                                         "StripDepthwiseAnyFilter",
                                         "StripDepthwise6Stride2",
                                         "StripDepthwise4Stride2",
                                         "StripDepthwise3Stride2",
                                         "StripDepthwiseAnyFilterStride2",
                                         "LinearAdd",
                                         "QuadAveragePool2d",
                                         "QuadMaxPool2d"};

// Layers side by side, some on images so large that they are computed in strips.
class Layers {
 public:
  explicit Layers(uint64_t seed)
      : maker_(seed, 51, seed % 2 == 0 ? LayerMaker::Draw::kUsual : LayerMaker::Draw::kExtreme) {
    maker_.graph().name = "layers";
  }

  // One more layer, unless its kernel has been taken `most` times or it does not lower.
  void Draw(int32_t most) {
    const ir::Graph before = maker_.graph();
    const bool large = maker_.Between(0, 4) == 0;
    const int32_t side = large ? 40 : 7;
    const ir::TensorIndex x = maker_.Input(
        {1, maker_.Between(1, side), maker_.Between(1, side), maker_.Between(1, large ? 3 : 9)},
        ir::DataType::kInt8);
    const auto kind = static_cast<size_t>(maker_.Between(0, std::size(kKinds) - 1));
    const ir::TensorIndex y = maker_.Layer(kKinds[kind], x);
    if (y != ir::kNoTensor) {
      maker_.graph().outputs.push_back(y);
      const auto calls = ir::Lower(maker_.graph());
      if (calls.has_value() && Take(*calls, most)) return;
    }
    maker_.graph() = before;
  }

  bool HasEveryKernel() const {
    return std::ranges::all_of(kKernels, [&](const auto& name) { return taken_.contains(name); });
  }
  const ir::Graph& graph() { return maker_.graph(); }
  size_t size() { return maker_.graph().outputs.size(); }

 private:
  bool Take(const std::vector<ir::KernelCall>& calls, int32_t most) {
    const auto last = SelectKernels(maker_.graph(), {calls.back()}, kTarget);
    return taken_[last[0].kernel->function]++ < most;
  }

  LayerMaker maker_;
  std::map<std::string_view, int32_t> taken_;
};

TEST(CortexM4, ComputesWhatTheReferenceExecutorComputes) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Layers layers(seed);
    while (layers.size() < 12) layers.Draw(12);
    const auto model = Compile(layers.graph(), {.name = "layers", .target = kTarget});
    EXPECT_TRUE(model.has_value()) << "seed " << seed << ": " << model.error().message;
  }
}

// The output of `call` when the first input lies at input_offset of `memory` and the output at
// output_offset.
Bytes RunAt(const ir::Graph& graph, const ir::KernelCall& call, const std::vector<Bytes>& inputs,
            size_t input_offset, size_t output_offset, Bytes memory) {
  std::ranges::copy(inputs[0], memory.begin() + static_cast<ptrdiff_t>(input_offset));
  std::vector<const void*> addresses;
  std::vector<ir::AlignedBytes> scratch(call.arguments.size());
  size_t output_bytes = 0;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    const ir::Argument& argument = call.arguments[i];
    const void* address = nullptr;
    switch (argument.kind) {
      case ir::Argument::Kind::kInput:
        address = i == 0 ? memory.data() + input_offset : inputs[i].data();
        break;
      case ir::Argument::Kind::kOutput:
        address = memory.data() + output_offset;
        output_bytes = static_cast<size_t>(graph.tensor(argument.tensor).ByteCount());
        break;
      case ir::Argument::Kind::kConstant:
        address = argument.data.data();
        break;
      case ir::Argument::Kind::kWeights:
        address = graph.tensor(argument.tensor).data.data();
        break;
      case ir::Argument::Kind::kScratch:
        scratch[i] = ir::MakeAligned(argument.scratch_bytes);
        address = scratch[i].data();
        break;
      case ir::Argument::Kind::kNull:
        break;
    }
    addresses.push_back(address);
  }
  ir::RunKernel(call, addresses);
  const auto output = memory.begin() + static_cast<ptrdiff_t>(output_offset);
  return {output, output + static_cast<ptrdiff_t>(output_bytes)};
}

TEST(CortexM4, WorksWhenTheOutputOverlapsTheInputAsFarAsTheCallAllows) {
  int32_t overlapping = 0;
  for (uint64_t seed = 3000; seed < 3150; ++seed) {
    Layers layers(seed);
    while (layers.size() < 6) layers.Draw(6);
    const ir::Graph& graph = layers.graph();
    Random random(seed, 5);
    for (const ir::KernelCall& call : SelectKernels(graph, ir::Lower(graph).value(), kTarget)) {
      if (!call.arguments[0].output_lead_bytes_max.has_value()) continue;
      std::vector<Bytes> inputs(call.arguments.size());
      for (size_t i = 0; i < inputs.size(); ++i) {
        if (call.arguments[i].kind != ir::Argument::Kind::kInput) continue;
        inputs[i].resize(static_cast<size_t>(graph.tensor(call.arguments[i].tensor).ByteCount()));
        for (uint8_t& byte : inputs[i]) byte = static_cast<uint8_t>(random.Next() >> 24);
        inputs[i].resize(inputs[i].size() + 4);  // that may be read
      }
      const auto input_bytes = static_cast<int64_t>(inputs[0].size());
      const int64_t output_bytes = graph.tensor(graph.ops[call.op_index].outputs[0]).ByteCount();
      const int64_t before = output_bytes + 8;
      const Bytes memory(static_cast<size_t>(2 * before + 2 * input_bytes + 8));
      const Bytes expected = RunAt(graph, call, inputs, 0, inputs[0].size(), memory);
      for (int64_t less = 0; less < 5; ++less) {
        const int64_t lead = std::clamp(*call.arguments[0].output_lead_bytes_max - less,
                                        -output_bytes - 4, input_bytes);
        EXPECT_EQ(RunAt(graph, call, inputs, static_cast<size_t>(before),
                        static_cast<size_t>(before + lead), memory),
                  expected)
            << call.kernel->function << ", seed " << seed << ", lead " << lead;
        overlapping += lead > -output_bytes && lead < input_bytes ? 1 : 0;
      }
    }
  }
  EXPECT_GT(overlapping, 1000);
}

Status RunOnCore(const ir::Graph& graph) {
  KINGLET_TRY(const CompiledModel model, Compile(graph, {.name = "layers", .target = kTarget}));
  KINGLET_TRY(const board::Board board, board::LoadBoard("cortex-m4f"));
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

TEST(CortexM4, ComputesTheHostsBytes) {
  for (const uint64_t seed : {1000, 1001}) {
    Layers layers(seed);
    for (int32_t i = 0; i < 20000 && !layers.HasEveryKernel(); ++i) layers.Draw(2);
    ASSERT_TRUE(layers.HasEveryKernel());
    const Status run = RunOnCore(layers.graph());
    if (!run.has_value() && run.error().code == Code::kNotFound) {
      GTEST_SKIP() << run.error().message;
    }
    EXPECT_TRUE(run.has_value()) << "seed " << seed << ": " << run.error().message;
  }
}

}  // namespace
}  // namespace kinglet::compile
