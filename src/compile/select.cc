#include "src/compile/select.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "src/compile/selectors.h"

namespace kinglet::compile {
namespace {

struct NamedSet {
  std::string_view name;  // as in cores/*.toml
  KernelSet set;
};
constexpr NamedSet kSets[] = {{"portable", KernelSet::kPortable},
                              {"armv6m", KernelSet::kArmv6M},
                              {"cortex_m4", KernelSet::kCortexM4},
                              {"helium", KernelSet::kHelium},
                              {"riscv", KernelSet::kRiscv}};

std::vector<Selector> OfCortexM4(Goal goal) {
  std::vector<Selector> selectors;
  if (goal == Goal::kSpeed) selectors = {cortex_m4::SelectWinogradConv2d};
  selectors.insert(selectors.end(), {cortex_m4::SelectConv2d, cortex_m4::SelectDepthwiseConv2d,
                                     cortex_m4::SelectFullyConnected, cortex_m4::SelectAdd,
                                     cortex_m4::SelectAveragePool2d, cortex_m4::SelectMaxPool2d});
  return selectors;
}

// These processors have the DSP extension, too.
std::vector<Selector> OfHelium() {
  std::vector<Selector> selectors = {helium::SelectConv2d,         helium::SelectDepthwiseConv2d,
                                     helium::SelectFullyConnected, helium::SelectAdd,
                                     helium::SelectAveragePool2d,  helium::SelectMaxPool2d};
  const std::vector<Selector> others = OfCortexM4(Goal::kFlash);
  selectors.insert(selectors.end(), others.begin(), others.end());
  return selectors;
}

// In the order in which they are asked.
std::vector<Selector> SelectorsOf(const Target& target) {
  switch (target.kernels) {
    case KernelSet::kPortable:
      return {};
    case KernelSet::kArmv6M:
    case KernelSet::kRiscv:
      return {lanes::SelectAdd, lanes::SelectConv2d, lanes::SelectDepthwiseConv2d,
              lanes::SelectFullyConnected};
    case KernelSet::kCortexM4:
      return OfCortexM4(target.goal);
    case KernelSet::kHelium:
      return OfHelium();
  }
  return {};
}

// Selectors know calls by their params. Kernels of int16 activations have those of int8, and must
// stay as they are.
bool IsInt8(const ir::Graph& graph, const ir::KernelCall& call) {
  return graph.tensor(graph.ops[call.op_index].outputs[0]).type == ir::DataType::kInt8;
}

}  // namespace

Target TargetOf(const board::Core& core, Goal goal) {
  for (const NamedSet& known : kSets) {
    if (core.kernels == known.name) return {known.set, goal};
  }
  KINGLET_ASSERT(false);  // board.cc reads no other name
  return {};
}

Result<Goal> ParseGoal(std::string_view name) {
  if (name == "speed") return Goal::kSpeed;
  if (name == "flash") return Goal::kFlash;
  if (name == "ram") return Goal::kRam;
  return Fail(Code::kInvalid, "--optimize {}: must be speed, flash or ram", name);
}

std::vector<ir::KernelCall> SelectKernels(const ir::Graph& graph, std::vector<ir::KernelCall> calls,
                                          const Target& target) {
  const std::vector<Selector> selectors = SelectorsOf(target);
  for (ir::KernelCall& call : calls) {
    if (!IsInt8(graph, call)) continue;
    for (const Selector select : selectors) {
      std::optional<ir::KernelCall> chosen = select(graph, call);
      if (!chosen.has_value()) continue;
      KINGLET_ASSERT(ir::ArgumentsMatch(*chosen));
      call = *std::move(chosen);
      break;
    }
  }
  return calls;
}

std::string KernelHeader(const ir::Kernel& kernel) {
  return fmt::format("device/kernels/{}.h", kernel.file);
}

std::vector<std::string> KernelSources(const ir::Kernel& kernel) {
  if (kernel.sources.empty()) return {fmt::format("device/kernels/portable/{}.cc", kernel.file)};
  std::vector<std::string> sources;
  for (const std::string_view source : kernel.sources) {
    sources.push_back(fmt::format("device/kernels/{}", source));
  }
  return sources;
}

}  // namespace kinglet::compile
