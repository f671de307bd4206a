#include "tests/compile/kernel_set_layers.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "src/board/board.h"
#include "src/compile/select.h"
#include "tests/support/graph_builder.h"

namespace kinglet::testing {
namespace {

constexpr std::string_view kKinds[] = {"conv_2d",           "conv_2d",         "depthwise_conv_2d",
                                       "depthwise_conv_2d", "fully_connected", "add",
                                       "average_pool_2d",   "max_pool_2d",     "softmax"};
constexpr int32_t kDrawsMax = 20'000;

const std::vector<std::string_view> kCortexM4 = {"TiledConv2d",
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
const std::vector<std::string_view> kHelium = {"VectorConv2d",
                                               "VectorConv2dRectified",
                                               "VectorDepthwiseOneRow",
                                               "VectorDepthwiseTwoRows",
                                               "VectorDepthwiseOneRowRectified",
                                               "VectorDepthwiseTwoRowsRectified",
                                               "VectorFullyConnected",
                                               "VectorAdd",
                                               "VectorAveragePool2d",
                                               "VectorMaxPool2d"};
const std::vector<std::string_view> kLanes = {"LanesAdd", "LanesConv2d", "LanesDepthwise",
                                              "LanesFullyConnected"};

}  // namespace

compile::Target KernelSetCase::target() const {
  return compile::TargetOf(board::LoadBoard(core).value().core, goal);
}

std::string KernelSetCase::name() const {
  constexpr const char* kGoals[] = {"flash", "speed", "ram"};
  std::string text = core + "_" + kGoals[static_cast<size_t>(goal)];
  std::erase(text, '-');
  return text;
}

const std::vector<KernelSetCase>& KernelSetCases() {
  using compile::Goal;
  static const std::vector<KernelSetCase> cases = {
      {"cortex-m0plus", Goal::kFlash, kLanes}, {"rv32imc", Goal::kFlash, kLanes},
      {"cortex-m4f", Goal::kFlash, kCortexM4}, {"cortex-m4f", Goal::kSpeed, kCortexM4},
      {"cortex-m4f", Goal::kRam, {}},          {"cortex-m33", Goal::kFlash, kCortexM4},
      {"cortex-m7", Goal::kSpeed, kCortexM4},  {"cortex-m55", Goal::kFlash, kHelium}};
  return cases;
}

KernelSetLayers::KernelSetLayers(const KernelSetCase& set, uint64_t seed)
    : kernels_(set.kernels),
      target_(set.target()),
      maker_(seed, 51, seed % 2 == 0 ? LayerMaker::Draw::kUsual : LayerMaker::Draw::kExtreme) {
  maker_.graph().name = "layers";
}

void KernelSetLayers::Draw(int32_t most) {
  const ir::Graph before = maker_.graph();
  const bool large = maker_.Between(0, 4) == 0, deep = !large && maker_.Between(0, 2) == 0;
  const int32_t side = large ? 40 : 9, channels = large ? 3 : deep ? 40 : 9;
  const int32_t batches = maker_.Between(1, 8) == 1 ? 2 : 1;
  const ir::TensorIndex x = maker_.Input(
      {batches, maker_.Between(1, side), maker_.Between(1, side), maker_.Between(1, channels)},
      ir::DataType::kInt8);
  const auto kind = static_cast<size_t>(maker_.Between(0, std::size(kKinds) - 1));
  const ir::TensorIndex y = maker_.Layer(kKinds[kind], x);
  if (y != ir::kNoTensor) {
    maker_.graph().outputs.push_back(y);
    if (Take(most)) return;
  }
  maker_.graph() = before;
}

bool KernelSetLayers::Take(int32_t most) {
  // The last layer alone: lowering the others again would take the square of the time.
  ir::Graph last = maker_.graph();
  last.ops.erase(last.ops.begin(), last.ops.end() - 1);
  const auto calls = ir::Lower(last);
  if (!calls.has_value()) return false;
  const auto selected = compile::SelectKernels(last, *calls, target_);
  return taken_[selected.back().kernel->function]++ < most;
}

void KernelSetLayers::DrawAll(size_t count) {
  while (graph().outputs.size() < count) Draw(static_cast<int32_t>(count));
}

bool KernelSetLayers::DrawEveryKernel() {
  const auto all_taken = [&] {
    return std::ranges::all_of(kernels_, [&](auto name) { return taken_.contains(name); });
  };
  for (int32_t i = 0; i < kDrawsMax && !all_taken(); ++i) Draw(2);
  return all_taken();
}

ir::Graph WinogradShapes() {
  GraphBuilder b("winograd", 4);
  std::vector<ir::TensorIndex> outputs;
  for (const auto& [h, w, input_c, output_c] :
       std::vector<std::array<int32_t, 4>>{{8, 8, 4, 4}, {2, 4, 8, 12}, {6, 12, 20, 8}}) {
    outputs.push_back(b.Conv(b.Input({1, h, w, input_c}), output_c, {3, 1, 1}));
    outputs.push_back(
        b.Conv(b.Input({1, h + 2, w + 2, input_c}), output_c, {3, 1, 0, ir::Activation::kNone}));
  }
  return b.Finish(outputs);
}

}  // namespace kinglet::testing
