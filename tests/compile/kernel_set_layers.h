// Layers for the tests of kernel sets, drawn so that every kernel of a set is met.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "src/compile/target.h"
#include "src/ir/graph.h"
#include "src/ir/lower.h"
#include "tests/support/layer_maker.h"

namespace kinglet::testing {

// A set as one core runs it, and the kernels that random layers must meet.
struct KernelSetCase {
  std::string core;
  compile::Goal goal = compile::Goal::kFlash;
  std::vector<std::string_view> kernels;

  compile::Target target() const;
  std::string name() const;  // "cortexm4f_flash"
};

// Each set once for each goal that matters, first on the core it was made for.
const std::vector<KernelSetCase>& KernelSetCases();

// Layers side by side, each on an input of its own: some on images so large that they are computed
// in strips, some with many channels.
class KernelSetLayers {
 public:
  KernelSetLayers(const KernelSetCase& set, uint64_t seed);

  // One more layer, unless its kernel has been taken `most` times or it does not lower.
  void Draw(int32_t most);
  // `count` layers.
  void DrawAll(size_t count);
  // Layers until every kernel of the set has been taken; false if they are not met in many draws.
  bool DrawEveryKernel();

  const ir::Graph& graph() { return maker_.graph(); }

 private:
  bool Take(int32_t most);

  std::vector<std::string_view> kernels_;
  compile::Target target_;
  LayerMaker maker_;
  std::map<std::string_view, int32_t> taken_;
};

// Convolutions whose shape Winograd's algorithm takes.
ir::Graph WinogradShapes();

}  // namespace kinglet::testing
