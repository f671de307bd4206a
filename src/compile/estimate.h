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
#include <string_view>
#include <vector>

#include "src/compile/kernel_work.h"
#include "src/compile/program.h"

namespace kinglet::compile {

struct KernelCost {
  // Its functions and constants, by file and name: kernels share some, which are linked once.
  std::map<std::string, uint64_t> code_bytes{};
  uint64_t libgcc_bytes = 0;  // what the compiler's library adds for it: divisions, long products
  uint64_t stack_bytes = 0;   // below Invoke's caller
  std::array<double, KernelWork::kCount> instructions{};  // per unit of each KernelWork quantity
};

struct CoreCosts {
  std::string core;
  double argument_bytes = 0;                  // code in Invoke for each argument of a call
  std::map<std::string, KernelCost> kernels;  // by function: "Conv2d"
};

struct ModelEstimate {
  uint64_t kernel_bytes =
      0;  // flash besides the weights: kernels, their library functions, calls, parameters
  uint64_t stack_bytes = 0;                // of Invoke and all below it
  double instructions = 0;                 // of an inference
  double instructions_error = 0;           // which of the errors below they have
  std::vector<double> layer_instructions;  // per step of the program
};

// By how much a measurement may exceed an estimate, as a fraction. tests/compile/estimates_test.cc
// compares with the linked and emulated MLPerf Tiny models. The loops of the kernels for Armv6-M
// and RV32IMC depend on the weights, so that their instructions are known less well; single layers
// may be further off than whole models. Stack comes without the frames above Invoke.
inline constexpr double kKernelBytesError = 0.05;
inline constexpr double kStackBytesError = 0.1;
inline constexpr double kInstructionsError = 0.06;
inline constexpr double kInstructionsErrorByWeights = 0.35;

// kNotFound when nobody has measured `core`.
Result<CoreCosts> LoadCoreCosts(const std::string& core);
// What such a file says, `place` naming it in messages; the core's name is not in it.
Result<CoreCosts> ParseCoreCosts(std::string_view text, const std::string& place);

// As the file's text.
std::string CoreCostsText(const CoreCosts& costs);

// kNotFound names a kernel that nobody has measured on this core.
Result<ModelEstimate> Estimate(const Program& program, const CoreCosts& costs);

// Of the call that `step` makes, its parameters included.
size_t ArgumentCount(const Step& step);

}  // namespace kinglet::compile
