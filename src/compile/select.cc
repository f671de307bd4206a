#include "src/compile/select.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
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

std::vector<Selector> OfCortexM4() {
  return {cortex_m4::SelectConv2d,         cortex_m4::SelectDepthwiseConv2d,
          cortex_m4::SelectFullyConnected, cortex_m4::SelectAdd,
          cortex_m4::SelectAveragePool2d,  cortex_m4::SelectMaxPool2d};
}

// These processors have the DSP extension, too.
std::vector<Selector> OfHelium() {
  std::vector<Selector> selectors = {helium::SelectConv2d,         helium::SelectDepthwiseConv2d,
                                     helium::SelectFullyConnected, helium::SelectAdd,
                                     helium::SelectAveragePool2d,  helium::SelectMaxPool2d};
  const std::vector<Selector> others = OfCortexM4();
  selectors.insert(selectors.end(), others.begin(), others.end());
  return selectors;
}

// In the order in which they are asked.
std::vector<Selector> SelectorsOf(KernelSet set) {
  switch (set) {
    case KernelSet::kPortable:
      return {};
    case KernelSet::kArmv6M:
    case KernelSet::kRiscv:
      return {lanes::SelectAdd, lanes::SelectConv2d, lanes::SelectDepthwiseConv2d,
              lanes::SelectFullyConnected};
    case KernelSet::kCortexM4:
      return OfCortexM4();
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

// Flash that an application needs besides the constants of its kernels' calls: their code,
// start-up, and some of its own.
constexpr uint64_t kCodeBytes = 32 << 10;

uint64_t ConstantBytes(const ir::Graph& graph, const ir::KernelCall& call) {
  uint64_t bytes = 0;
  for (const ir::Argument& argument : call.arguments) {
    bytes += argument.data.size();
    if (argument.tensor != ir::kNoTensor) bytes += graph.tensor(argument.tensor).data.size();
  }
  return bytes;
}

// A faster kernel that takes more flash.
struct Upgrade {
  size_t call_index;
  ir::KernelCall call;
  uint64_t more_bytes;
  int64_t macs;
};

// Winograd's algorithm for the layers that it takes, those first that save most for their flash:
// the instructions saved are nearly the same share of each layer's multiply-accumulates.
std::vector<Upgrade> Upgrades(const ir::Graph& graph, const std::vector<ir::KernelCall>& portable,
                              const std::vector<ir::KernelCall>& chosen) {
  std::vector<Upgrade> upgrades;
  for (size_t i = 0; i < portable.size(); ++i) {
    if (!IsInt8(graph, portable[i])) continue;
    auto call = cortex_m4::SelectWinogradConv2d(graph, portable[i]);
    if (!call.has_value()) continue;
    const uint64_t before = ConstantBytes(graph, chosen[i]), after = ConstantBytes(graph, *call);
    upgrades.push_back({i, *std::move(call), after > before ? after - before : 0,
                        ir::OpMacs(graph, graph.ops[portable[i].op_index])});
  }
  std::ranges::stable_sort(upgrades, std::greater{}, [](const Upgrade& u) {
    return static_cast<double>(u.macs) / static_cast<double>(u.more_bytes + 1);
  });
  return upgrades;
}

void SpendFlash(const ir::Graph& graph, const std::vector<ir::KernelCall>& portable,
                const Target& target, std::vector<ir::KernelCall>& chosen) {
  uint64_t bytes = kCodeBytes;
  for (const ir::KernelCall& call : chosen) bytes += ConstantBytes(graph, call);
  for (Upgrade& upgrade : Upgrades(graph, portable, chosen)) {
    const uint64_t with = bytes + upgrade.more_bytes;
    if (target.flash_bytes_max != 0 && with > target.flash_bytes_max) continue;
    bytes = with;
    chosen[upgrade.call_index] = std::move(upgrade.call);
  }
}

}  // namespace

Target TargetOf(const board::Core& core, Goal goal) {
  for (const NamedSet& known : kSets) {
    if (core.kernels == known.name) return {known.set, goal};
  }
  KINGLET_ASSERT(false);  // board.cc reads no other name
  return {};
}

Target TargetOf(const board::Board& board, Goal goal) {
  Target target = TargetOf(board.core, goal);
  target.flash_bytes_max = board.flash_bytes;
  target.ram_bytes_max = board.ram_bytes;
  return target;
}

Result<Goal> ParseGoal(std::string_view name) {
  if (name == "speed") return Goal::kSpeed;
  if (name == "flash") return Goal::kFlash;
  if (name == "ram") return Goal::kRam;
  return Fail(Code::kInvalid, "--optimize {}: must be speed, flash or ram", name);
}

std::vector<ir::KernelCall> SelectKernels(const ir::Graph& graph,
                                          const std::vector<ir::KernelCall>& portable,
                                          const Target& target) {
  const std::vector<Selector> selectors = SelectorsOf(target.kernels);
  std::vector<ir::KernelCall> chosen = portable;
  for (ir::KernelCall& call : chosen) {
    if (!IsInt8(graph, call)) continue;
    for (const Selector select : selectors) {
      std::optional<ir::KernelCall> of_set = select(graph, call);
      if (!of_set.has_value()) continue;
      call = *std::move(of_set);
      break;
    }
  }
  if (target.goal == Goal::kSpeed && target.kernels == KernelSet::kCortexM4) {
    SpendFlash(graph, portable, target, chosen);
  }
  KINGLET_ASSERT(std::ranges::all_of(chosen, ir::ArgumentsMatch));
  return chosen;
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
