#include "src/compile/select.h"

#include <fmt/format.h>

namespace kinglet::compile {

Target TargetOf(const board::Core& core) {
  if (core.kernels == "cortex_m4") return {KernelSet::kCortexM4};
  return {};
}

std::vector<ir::KernelCall> SelectKernels(const ir::Graph&, std::vector<ir::KernelCall> calls,
                                          const Target&) {
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
