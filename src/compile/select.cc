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

// In the order in which they are asked.
std::vector<Selector> SelectorsOf(KernelSet set) {
  switch (set) {
    case KernelSet::kCortexM4:
      return {cortex_m4::SelectConv2d, cortex_m4::SelectFullyConnected};
    case KernelSet::kHelium:  // these processors have the DSP extension, too
      return {helium::SelectConv2d,    helium::SelectDepthwiseConv2d,  helium::SelectFullyConnected,
              helium::SelectAdd,       helium::SelectAveragePool2d,    helium::SelectMaxPool2d,
              cortex_m4::SelectConv2d, cortex_m4::SelectFullyConnected};
    case KernelSet::kArmv6M:
    case KernelSet::kRiscv:
    case KernelSet::kPortable:
      return {};
  }
  return {};
}

}  // namespace

Target TargetOf(const board::Core& core) {
  for (const NamedSet& known : kSets) {
    if (core.kernels == known.name) return {known.set};
  }
  KINGLET_ASSERT(false);  // board.cc reads no other name
  return {};
}

std::vector<ir::KernelCall> SelectKernels(const ir::Graph& graph, std::vector<ir::KernelCall> calls,
                                          const Target& target) {
  const std::vector<Selector> selectors = SelectorsOf(target.kernels);
  for (ir::KernelCall& call : calls) {
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
