// How often the loops of the kernels turn: the quantities that their instruction counts are linear
// in, for portable kernels exactly, for those of a core up to how they treat borders.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "src/ir/lower.h"

namespace kinglet::compile {

// Counts of one kernel call. A run is one entry of an innermost loop, a step one turn of it;
// kernels that work on blocks of four channels at a time have both for blocks and for the channels
// left over.
struct KernelWork {
  double calls = 1;
  double pixels = 0;   // output positions; rows of a softmax; batches of a fully connected layer
  double outputs = 0;  // output elements
  double block_runs = 0;
  double block_steps = 0;
  double single_runs = 0;
  double single_steps = 0;
  double groups = 0;  // of channels, or of weights
  // Outputs that kernels of a set treat apart: those that are clamped to less than int8, and those
  // whose halves are rounded away from zero, as no activation hides it.
  double clamped = 0;
  double rounded = 0;

  static constexpr size_t kCount = 10;
  static constexpr std::array<std::string_view, kCount> kNames = {
      "calls",       "pixels",       "outputs", "block_runs", "block_steps",
      "single_runs", "single_steps", "groups",  "clamped",    "rounded"};
  std::array<double, kCount> Values() const {
    return {calls,       pixels,       outputs, block_runs, block_steps,
            single_runs, single_steps, groups,  clamped,    rounded};
  }
};

// Portable kernels: exact, with the taps left out that fall into the padding.
KernelWork WorkOf(const ir::KernelCall& call);

// The part of WorkOf for the kernels of the sets for a core; nothing for another kernel.
std::optional<KernelWork> WorkOfSetKernel(const ir::KernelCall& call);

}  // namespace kinglet::compile
