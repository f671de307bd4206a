// From operators to kernel calls: which kernel runs, with which parameters, constants and tensors.
// The executor runs these calls and the compiler prints the same calls as C++, so that quantised
// arithmetic is derived in one place only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/ir/graph.h"
#include "src/ir/kernel.h"

namespace kinglet::ir {

// One pointer that the kernel takes.
struct Argument {
  enum class Kind : uint8_t {
    kInput,     // `tensor`, which another operator, the caller or the file (a constant) provides
    kOutput,    // `tensor`
    kWeights,   // a constant `tensor` of the graph, read as it stands
    kConstant,  // an array derived while lowering, held in `data`
    kNull,      // left out, e.g. a missing bias
  };
  Kind kind = Kind::kNull;
  std::string_view name;  // the parameter's name in the kernel's header, e.g. "multipliers"
  DataType type = DataType::kInt8;  // of the elements
  TensorIndex tensor = kNoTensor;
  Bytes data;  // kConstant: little-endian elements

  // kInput: how far the output may overlap it. The kernel works when the output's address is at
  // most the input's plus this many bytes (which may be negative), or when the two do not overlap
  // at all. Absent: they must not overlap. For element-wise kernels it is 0: in place. (The rule of
  // Diagonal Memory Optimisation, Blacker et al. 2020.)
  std::optional<int64_t> output_lead_bytes_max;
};

struct KernelCall {
  size_t op_index = 0;  // of graph.ops
  const Kernel* kernel = nullptr;
  KernelParams params;
  std::vector<Argument> arguments;  // in the order of the function's parameters, behind the params
};

// The members of a call's params in order of declaration: for printing them as C++.
struct Field {
  std::string_view name;
  std::vector<int32_t> values;  // one, or an array's elements
  bool is_array = false;
};
std::vector<Field> ParamFields(const KernelCall& call);

// The calls of each operator, one or more, in the graph's order. `graph` must have passed Verify.
// kUnsupported or kInvalid names the operator whose types, scales or sizes the kernels cannot
// represent.
Result<std::vector<KernelCall>> Lower(const Graph& graph);

// Runs `call`; addresses[i] is where arguments[i] lies, aligned for its type (null for kNull).
void RunKernel(const KernelCall& call, const std::vector<const void*>& addresses);

// real * 2^31 == multiplier * 2^shift, as TensorFlow Lite rounds it; values below 2^-32 become 0.
// real >= 0 and finite.
struct QuantizedMultiplier {
  int32_t multiplier = 0;
  int32_t shift = 0;
};
QuantizedMultiplier QuantizeMultiplier(double real);

// The int8 range that `activation` leaves of an output with this scale and zero point.
struct ActivationRange {
  int32_t min = -128, max = 127;
};
ActivationRange QuantizedActivationRange(Activation activation, float scale, int32_t zero_point);

}  // namespace kinglet::ir
