// How much work a kernel call is, counted in the loops that its portable kernel runs. Its
// instructions are a sum over these counts with weights that depend on the core (kernel_cost.h), so
// the counts alone say how they grow with the shape.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "src/ir/lower.h"

namespace kinglet::lookahead {

enum class Kernel : uint8_t {
  kConv2d,
  kDepthwiseConv2d,
  kFullyConnected,  // both forms
  kAdd,
  kAveragePool2d,
  kMaxPool2d,
  kReshape,
  kSoftmax,
};
inline constexpr size_t kKernelCount = 8;

// Convolutions compute four output channels side by side, so that one load of the input feeds four
// sums; what is left over goes one by one. Elements under a filter that lie outside the input are
// skipped.
//   kConv2d:          products in fours, products one by one, runs of neighbouring elements, passes
//                     over a window, outputs, pixels
//   kDepthwiseConv2d: the same, runs being rows of a window
//   kFullyConnected:  products in fours, products one by one, -, passes, outputs, -
//   kAdd, kReshape:   elements
//   kAveragePool2d, kMaxPool2d: elements read, -, rows of a window times channels, -, outputs,
//                     pixels
//   kSoftmax:         elements, -, -, -, rows, -
inline constexpr size_t kTermCount = 6;

struct KernelWork {
  Kernel kernel = Kernel::kReshape;
  std::array<double, kTermCount> terms{};
};

KernelWork WorkOf(const ir::KernelParams& params);

}  // namespace kinglet::lookahead
