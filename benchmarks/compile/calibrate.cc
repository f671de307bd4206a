// Measures what kernels cost on a core, the portable ones and those of its set, and prints
// cores/costs/<core>.toml.
//
//   calibrate CORE > cores/costs/CORE.toml
//
// Sizes and stack: one image per kernel with one small layer, and one without any, for the
// difference. Instructions: one image with a layer of every shape in Shapes(), each run once under
// QEMU between two hits of a mark; then non-negative least squares of the relative error. What the
// fit leaves over is printed to standard error.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "src/board/board.h"
#include "src/compile/estimate.h"
#include "src/compile/generate.h"
#include "src/emulate/firmware.h"
#include "src/emulate/qemu.h"
#include "tests/support/graph_builder.h"

namespace kinglet {
namespace {

using compile::KernelWork;
using emulate::Firmware;
using testing::GraphBuilder;

constexpr uint64_t kStackBytes = 16'384;
constexpr uint32_t kProbeBytes = 512;  // keeps the start-up's own stack out of the difference

using Vector = std::array<double, KernelWork::kCount>;

// A program that calls `body` far below the start-up's stack and tells the stack's depth.
std::string MainText(const std::string& includes, const std::string& body) {
  return fmt::format(R"(
#include <stddef.h>
#include <stdint.h>
#include "device/port/port.h"
{}
extern "C" {{
[[gnu::noinline]] void kinglet_begin() {{ asm volatile(""); }}
[[gnu::noinline]] void kinglet_layer_done(int32_t, const int8_t*, uint32_t) {{ asm volatile(""); }}
}}
namespace {{
[[gnu::noinline]] void Probe() {{
  volatile uint8_t room[{}];
  for (volatile uint8_t& byte : room) byte = 0;
  {}
  room[0] = 1;
}}
}}
int main() {{
  Probe();
  const auto depth = static_cast<uint32_t>(kinglet::port::StackBytesUsed());
  kinglet::port::WriteOutput(&depth, sizeof depth);
  kinglet::port::Exit(0);
}}
)",
                     includes, kProbeBytes, body);
}

// Fills the inputs with the numbers of golden.h, so that no loop sees only zeros.
constexpr char kInvoke[] = R"(
  alignas(m::kArenaAlignmentBytes) static uint8_t arena[m::kArenaBytes];
  uint32_t seed = 1;
  for (int32_t i = 0; i < m::kInputCount; ++i) {
    int8_t* const input = m::Input<int8_t>(arena, i);
    for (uint32_t k = 0; k < m::kInputs[i].bytes; ++k) {
      seed = seed * 1664525U + 1013904223U;
      input[k] = static_cast<int8_t>(seed >> 24);
    }
  }
  kinglet_begin();
  m::Invoke(arena);
)";

struct Measured {
  emulate::Image image;
  uint32_t stack_bytes = 0;
  std::vector<uint64_t> layer_instructions;
};

Result<Measured> BuildAndRun(const board::Board& board,
                             const std::optional<compile::CompiledModel>& model) {
  KINGLET_TRY(Firmware firmware, Firmware::Start(board));
  KINGLET_TRY(std::vector<std::string> sources, firmware.AddPort(Firmware::Port::kSemihosting));
  if (model.has_value()) {
    KINGLET_CHECK(firmware.Add(model->files));
    sources.insert(sources.end(), model->sources.begin(), model->sources.end());
  }
  sources.emplace_back("main.cc");
  KINGLET_CHECK(
      firmware.Add({{"main.cc", model.has_value() ? MainText("#include \"model.h\"", kInvoke)
                                                  : MainText("", "kinglet_begin();")}}));
  Measured measured;
  KINGLET_TRY(measured.image, firmware.Link({.name = "calibrate",
                                             .sources = sources,
                                             .stack_bytes = kStackBytes,
                                             .fit = emulate::LinkOptions::Fit::kEmulator}));
  emulate::RunOptions options;
  options.marks = {"kinglet_begin"};
  if (measured.image.symbols.contains("kinglet_layer_done")) {
    options.marks.emplace_back("kinglet_layer_done");
  }
  KINGLET_TRY(const emulate::RunOutput run, emulate::Run(board, measured.image, {}, options));
  measured.stack_bytes = LoadLe<uint32_t>(run.output, 0);
  for (size_t i = 1; i < run.hits.size(); ++i) {
    measured.layer_instructions.push_back(run.hits[i].executed - run.hits[i - 1].executed);
  }
  return measured;
}

// One layer on an input of its own, of which it returns the output.
using Layer = std::function<ir::TensorIndex(GraphBuilder&)>;

// Shapes that tell the quantities apart: few and many channels, multiples of four and not, with and
// without padding.
std::vector<Layer> Shapes() {
  std::vector<Layer> layers;
  const auto conv = [&](const std::vector<int32_t>& in, int32_t channels,
                        GraphBuilder::Window window) {
    layers.emplace_back([=](GraphBuilder& b) { return b.Conv(b.Input(in), channels, window); });
    window.activation = ir::Activation::kNone;
    layers.emplace_back([=](GraphBuilder& b) { return b.Conv(b.Input(in), channels, window); });
  };
  const auto depthwise = [&](const std::vector<int32_t>& in, int32_t times,
                             GraphBuilder::Window window) {
    layers.emplace_back([=](GraphBuilder& b) { return b.Depthwise(b.Input(in), times, window); });
    window.activation = ir::Activation::kRelu;
    layers.emplace_back([=](GraphBuilder& b) { return b.Depthwise(b.Input(in), times, window); });
  };
  for (const int32_t c : {4, 8, 16, 32, 64}) {
    conv({1, 6, 6, c}, c, {1, 1, 0});
    conv({1, 6, 6, c}, c, {3, 1, 1});
    conv({1, 9, 7, c}, 16, {3, 2, 1});
    depthwise({1, 10, 8, c}, 1, {3, 1, 1});
    depthwise({1, 9, 9, c}, 1, {3, 2, 1});
  }
  conv({1, 20, 20, 1}, 16, {3, 1, 1});
  conv({1, 20, 20, 3}, 8, {3, 2, 1});
  conv({1, 16, 12, 1}, 64, {5, 2, 2});
  conv({1, 8, 8, 3}, 5, {3, 1, 1});
  conv({1, 8, 8, 7}, 3, {3, 1, 0});
  conv({1, 6, 6, 20}, 2, {1, 1, 0});
  conv({1, 6, 6, 2}, 1, {5, 1, 2});
  depthwise({1, 8, 8, 6}, 1, {5, 1, 2});
  depthwise({1, 8, 8, 3}, 1, {3, 1, 1});
  depthwise({1, 8, 8, 5}, 2, {3, 1, 1});
  depthwise({1, 8, 8, 1}, 8, {3, 2, 1});
  depthwise({1, 12, 12, 2}, 3, {5, 1, 0});
  // Rows of every length, and the layers of common networks.
  for (const int32_t c : {3, 12, 64}) {
    for (int32_t w = 2; w <= 9; ++w) depthwise({1, 11, w, c}, 1, {3, 1, 1});
    for (int32_t w = 3; w <= 17; w += 2) depthwise({1, 11, w, c}, 1, {3, 2, 1});
    depthwise({1, 14, 14, c}, 1, {5, 1, 2});
    depthwise({1, 14, 14, c}, 1, {5, 2, 2});
    depthwise({1, 28, 28, c}, 1, {3, 1, 1});
    depthwise({1, 24, 24, c}, 1, {3, 2, 1});
    depthwise({1, 25, 5, c}, 1, {3, 1, 1});
    conv({1, 25, 5, c}, c, {1, 1, 0});
    conv({1, 14, 14, c}, 2 * c, {1, 1, 0});
    conv({1, 14, 14, c}, 24, {3, 2, 1});
  }
  conv({1, 28, 28, 1}, 16, {3, 1, 1});
  conv({1, 28, 28, 1}, 24, {3, 2, 1});
  conv({1, 49, 10, 1}, 32, {5, 2, 2});
  for (const auto scales : {GraphBuilder::Scales::kPerTensor, GraphBuilder::Scales::kPerChannel}) {
    for (const auto& [inputs, outputs] : std::vector<std::pair<int32_t, int32_t>>{
             {640, 128}, {128, 128}, {8, 128}, {128, 8}, {64, 12}, {256, 2}, {40, 3}, {16, 1}}) {
      layers.emplace_back([=, i = inputs, o = outputs](GraphBuilder& b) {
        return b.Dense(b.Input({1, i}), o, scales);
      });
    }
  }
  for (const int32_t count : {4, 100, 1024, 4000}) {
    layers.emplace_back([=](GraphBuilder& b) {
      const auto x = b.Input({1, count});
      return b.Add(x, b.Input({1, count}));
    });
    layers.emplace_back([=](GraphBuilder& b) {
      b.Input({1, 1});  // a graph must have one; a reshape of it would move nothing
      return b.Flatten(b.Constant({1, count, 1, 1}));
    });
  }
  for (const auto kind : {ir::Pool2d::Kind::kAverage, ir::Pool2d::Kind::kMax}) {
    for (const int32_t c : {1, 6, 16, 64}) {
      for (const auto& window :
           std::vector<GraphBuilder::Window>{{2, 2, 0}, {3, 2, 1}, {8, 1, 0}}) {
        layers.emplace_back([=](GraphBuilder& b) {
          return b.Pool(b.Input({1, 8, 8, c}), kind, window);
        });
      }
    }
  }
  for (const int32_t depth : {2, 5, 12, 40}) {
    layers.emplace_back([=](GraphBuilder& b) { return b.Softmax(b.Input({1, depth})); });
  }
  return layers;
}

struct Network {
  ir::Graph graph;
  compile::Program program;
  compile::CompiledModel model;
};

// Every other layer gets small weights, as trained ones are: some kernels cut filters by them.
void VaryWeights(ir::Graph& graph) {
  for (size_t i = 1; i < graph.ops.size(); i += 2) {
    if (ir::OpMacs(graph, graph.ops[i]) == 0) continue;
    for (uint8_t& byte : graph.tensors[static_cast<size_t>(graph.ops[i].inputs[1])].data) {
      byte = static_cast<uint8_t>(static_cast<int8_t>(byte) / 8);
    }
  }
}

enum class Hook : bool { kNo, kYes };

Result<Network> MakeNetwork(const std::vector<Layer>& layers, Hook hook,
                            const compile::Target& target) {
  GraphBuilder b("m", 1);
  std::vector<ir::TensorIndex> outputs;
  outputs.reserve(layers.size());
  for (const Layer& layer : layers) outputs.push_back(layer(b));
  Network network;
  network.graph = b.Finish(outputs);
  VaryWeights(network.graph);
  KINGLET_TRY(network.program, compile::MakeProgram(network.graph, target));
  KINGLET_TRY(network.model, compile::Compile(network.graph, {.name = "m",
                                                              .target = target,
                                                              .layer_hook = hook == Hook::kYes,
                                                              .passes = optimize::NoPasses()}));
  return network;
}

struct Sample {
  Vector work;
  double instructions;
};

// Solves the symmetric system by elimination; nothing when it has no single solution.
std::optional<std::vector<double>> Solve(std::vector<std::vector<double>> a) {
  const size_t n = a.size();
  for (size_t i = 0; i < n; ++i) {
    size_t pivot = i;
    for (size_t r = i; r < n; ++r) {
      if (std::abs(a[r][i]) > std::abs(a[pivot][i])) pivot = r;
    }
    if (std::abs(a[pivot][i]) < 1e-12) return {};
    std::swap(a[i], a[pivot]);
    for (size_t r = 0; r < n; ++r) {
      if (r == i) continue;
      const double factor = a[r][i] / a[i][i];
      for (size_t c = i; c <= n; ++c) a[r][c] -= factor * a[i][c];
    }
  }
  std::vector<double> x(n);
  for (size_t i = 0; i < n; ++i) x[i] = a[i][n] / a[i][i];
  return x;
}

// Least squares of the relative error with the quantities of `chosen` (a bit each).
std::optional<Vector> FitChosen(const std::vector<Sample>& samples, unsigned chosen) {
  std::vector<size_t> columns;
  for (size_t i = 0; i < KernelWork::kCount; ++i) {
    if ((chosen >> i & 1) != 0) columns.push_back(i);
  }
  std::vector<std::vector<double>> normal(columns.size(),
                                          std::vector<double>(columns.size() + 1, 0));
  for (const Sample& s : samples) {
    for (size_t r = 0; r < columns.size(); ++r) {
      const double row = s.work[columns[r]] / s.instructions;
      for (size_t c = 0; c < columns.size(); ++c) {
        normal[r][c] += row * s.work[columns[c]] / s.instructions;
      }
      normal[r].back() += row;
    }
  }
  const auto solution = Solve(std::move(normal));
  if (!solution.has_value()) return {};
  Vector fit{};
  for (size_t i = 0; i < columns.size(); ++i) fit[columns[i]] = (*solution)[i];
  return fit;
}

double RelativeError(const Sample& sample, const Vector& fit) {
  double predicted = 0;
  for (size_t i = 0; i < fit.size(); ++i) predicted += fit[i] * sample.work[i];
  return predicted / sample.instructions - 1;
}

// The best fit without negative coefficients: by trying every set of quantities.
Vector Fit(const std::vector<Sample>& samples) {
  Vector best{};
  double best_error = static_cast<double>(samples.size());
  for (unsigned chosen = 1; chosen < 1U << KernelWork::kCount; ++chosen) {
    const auto fit = FitChosen(samples, chosen);
    if (!fit.has_value() || std::ranges::any_of(*fit, [](double x) { return x < 0; })) continue;
    double error = 0;
    for (const Sample& s : samples) error += RelativeError(s, *fit) * RelativeError(s, *fit);
    if (error >= best_error - 1e-9) continue;
    best = *fit;
    best_error = error;
  }
  return best;
}

uint64_t FileBytes(const emulate::Image& image, const std::function<bool(const std::string&)>& is) {
  uint64_t bytes = 0;
  for (const emulate::FileSize& file : image.files) {
    if (is(file.file)) bytes += file.code_bytes + file.constant_bytes + file.data_bytes;
  }
  return bytes;
}
constexpr std::string_view kKernelFolder = "device/kernels/";
bool IsLibrary(const std::string& file) { return file.ends_with(".a"); }

// Code size and stack of the kernel that `layer` calls. The hook keeps Invoke's own frame, as a
// second layer would.
Result<compile::KernelCost> MeasureAlone(const board::Board& board, const Layer& layer,
                                         const compile::Target& target, const Measured& empty) {
  KINGLET_TRY(const Network network, MakeNetwork({layer}, Hook::kYes, target));
  KINGLET_TRY(const Measured measured, BuildAndRun(board, network.model));
  compile::KernelCost cost;
  for (const emulate::FileSize& file : measured.image.files) {
    if (!file.file.starts_with(kKernelFolder)) continue;
    for (const auto& [section, bytes] : file.sections) {
      cost.code_bytes[file.file.substr(kKernelFolder.size()) + " " + section] += bytes;
    }
  }
  cost.libgcc_bytes = FileBytes(measured.image, IsLibrary) - FileBytes(empty.image, IsLibrary);
  cost.stack_bytes = measured.stack_bytes - empty.stack_bytes;
  return cost;
}

// Code bytes of Invoke per argument of its calls.
Result<double> MeasureCalls(const board::Board& board, const std::vector<Layer>& layers) {
  KINGLET_TRY(const Network network, MakeNetwork(layers, Hook::kNo, {}));
  KINGLET_TRY(const Measured measured, BuildAndRun(board, network.model));
  double arguments = 0;
  for (const compile::Step& step : network.program.steps) {
    arguments += compile::ArgumentCount(step);
  }
  for (const emulate::FileSize& file : measured.image.files) {
    if (file.file == "model.cc") return static_cast<double>(file.code_bytes) / arguments;
  }
  return Fail(Code::kInternal, "the map file does not name model.cc");
}

// Adds what `target` chooses for `layers` to `costs`; what is there already stays.
Status AddCosts(const board::Board& board, const std::vector<Layer>& layers,
                const compile::Target& target, const Measured& empty, compile::CoreCosts& costs) {
  KINGLET_TRY(const Network network, MakeNetwork(layers, Hook::kYes, target));
  KINGLET_TRY(const Measured measured, BuildAndRun(board, network.model));
  KINGLET_ASSERT(measured.layer_instructions.size() == network.program.steps.size());
  std::map<std::string, std::vector<Sample>> samples;
  std::map<std::string, Layer> first;
  for (size_t i = 0; i < network.program.steps.size(); ++i) {
    const compile::Step& step = network.program.steps[i];
    samples[std::string(step.call.kernel->function)].push_back(
        {compile::WorkOf(step.call).Values(), static_cast<double>(measured.layer_instructions[i])});
    first.try_emplace(std::string(step.call.kernel->function), layers[i]);
  }
  for (const auto& [function, list] : samples) {
    if (costs.kernels.contains(function)) continue;
    KINGLET_TRY(costs.kernels[function], MeasureAlone(board, first[function], target, empty));
    costs.kernels[function].instructions = Fit(list);
    // What small layers add to a model is small: the error of all together tells more.
    double worst = 0, estimated = 0, counted = 0;
    for (const Sample& s : list) {
      const double error = RelativeError(s, costs.kernels[function].instructions);
      worst = std::max(worst, std::abs(error));
      estimated += s.instructions * (1 + error);
      counted += s.instructions;
    }
    std::fprintf(stderr, "%s %s: %zu layers, largest error %.1f %%, in all %+.1f %%\n",
                 costs.core.c_str(), function.c_str(), list.size(), 100 * worst,
                 100 * (estimated / counted - 1));
  }
  return {};
}

Result<compile::CoreCosts> Calibrate(const std::string& core) {
  KINGLET_TRY(const board::Board board, board::LoadBoard(core));
  KINGLET_TRY(const Measured empty, BuildAndRun(board, std::nullopt));
  const std::vector<Layer> layers = Shapes();
  compile::CoreCosts costs;
  costs.core = core;
  KINGLET_TRY(costs.argument_bytes, MeasureCalls(board, layers));
  KINGLET_CHECK(AddCosts(board, layers, {}, empty, costs));
  KINGLET_CHECK(AddCosts(board, layers, compile::TargetOf(board.core), empty, costs));
  return costs;
}

}  // namespace
}  // namespace kinglet

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: calibrate CORE > cores/costs/CORE.toml\n");
    return 2;
  }
  const auto costs = kinglet::Calibrate(argv[1]);
  if (!costs.has_value()) {
    std::fprintf(stderr, "calibrate: %s\n", costs.error().message.c_str());
    return kinglet::ExitStatus(costs.error().code);
  }
  std::fputs(kinglet::compile::CoreCostsText(*costs).c_str(), stdout);
  return 0;
}
