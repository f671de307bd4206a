// What a compiled model will take on a core, before any compiler for that core has run: from costs
// that were measured once.
//
// cores/costs/<core>.toml holds, per kernel, the size of its code, its depth of stack and the
// instructions of each turn of its loops (kernel_work.h). benchmarks/compile/calibrate measures
// them: sizes from linked images, instructions by counting layers of many shapes under QEMU and
// fitting them by least squares.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "src/compile/kernel_work.h"
#include "src/compile/program.h"

namespace kinglet::compile {

struct KernelCost {
  uint64_t code_bytes = 0;     // its own
  uint64_t library_bytes = 0;  // what the compiler's library adds for it: divisions, long products
  uint64_t stack_bytes = 0;    // below Invoke's caller
  std::array<double, KernelWork::kCount> instructions{};  // per unit of each KernelWork quantity
};

struct CoreCosts {
  std::string core;
  uint64_t call_bytes = 0;                    // code of one call in Invoke, without its parameters
  std::map<std::string, KernelCost> kernels;  // by function: "Conv2d"
};

struct ModelEstimate {
  uint64_t kernel_bytes =
      0;  // flash besides the weights: kernels, their library functions, calls, parameters
  uint64_t stack_bytes = 0;                // of Invoke and all below it
  double instructions = 0;                 // of an inference
  std::vector<double> layer_instructions;  // per step of the program
};

// The largest deviation from measurements, as a fraction: over the four MLPerf Tiny models on every
// core. tests/compile checks them.
inline constexpr double kKernelBytesError = 0.1;
inline constexpr double kStackBytesError = 0.1;
inline constexpr double kInstructionsError = 0.05;

// kNotFound when nobody has measured `core`.
Result<CoreCosts> LoadCoreCosts(const std::string& core);

// As the file's text.
std::string CoreCostsText(const CoreCosts& costs);

ModelEstimate Estimate(const Program& program, const CoreCosts& costs);

}  // namespace kinglet::compile
