// The kernels for Armv7E-M: random layers of every shape that they take, on the host against the
// reference executor (Compile compares them) and on the emulated core against the host.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

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
