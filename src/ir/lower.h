// From operators to kernel calls: which kernel runs, with which parameters, constants and tensors.
// The executor runs these calls and the compiler prints the same calls as C++, so that quantised
// arithmetic is derived in one place only.
#pragma once

#include <cstddef>
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
    kOutput,    // `tensor`; of a variable the kernel may read what it held before, too
    kWeights,   // a constant `tensor` of the graph, read as it stands
    kConstant,  // an array derived while lowering, held in `data`
    kScratch,   // `scratch_bytes` that hold nothing before the call and nothing after it
    kNull,      // left out, e.g. a missing bias
  };
  Kind kind = Kind::kNull;
  std::string_view name;  // the parameter's name in the kernel's header, e.g. "multipliers"
  DataType type = DataType::kInt8;  // of the elements
  TensorIndex tensor = kNoTensor;
  Bytes data;  // kConstant: little-endian elements

  // kInput: how the output may overlap it. With d = the output's address - the input's, the kernel
  // works when d <= output_lead_bytes_max (from front to back), when d >= output_lead_bytes_min
  // (from back to front), or when the two have no common byte; a kernel that goes both ways sees by
  // itself which one it takes. Absent: not that way. For element-wise kernels the first is 0: in
  // place. (The rule of Diagonal Memory Optimisation, Blacker et al. 2020.) A rule is that of the
  // kernel which is called; another kernel for the same operator has its own.
  std::optional<int64_t> output_lead_bytes_max{};
  std::optional<int64_t> output_lead_bytes_min{};

  // kInput, kOutput, kScratch: what the kernel asks of the address beyond its elements' alignment.
  uint32_t alignment_bytes = 1;
  // How many bytes behind the tensor the kernel touches: of a kInput it may read them (whatever
  // they are), of a kOutput it may write them.
  uint32_t tail_bytes = 0;
  uint32_t scratch_bytes = 0;  // kScratch
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

// True if the arguments are what the kernel's declaration asks for.
bool ArgumentsMatch(const KernelCall& call);

// Memory for kScratch arguments: at least `bytes`, at a multiple of 16.
using AlignedBytes = std::vector<std::max_align_t>;
AlignedBytes MakeAligned(size_t bytes);

// Runs `call`; addresses[i] is where arguments[i] lies, aligned for its type (null for kNull).
void RunKernel(const KernelCall& call, const std::vector<const void*>& addresses);

// real * 2^31 == multiplier * 2^shift, as TensorFlow Lite rounds it; values below 2^-32 become 0.
// real is finite.
struct QuantizedMultiplier {
  int32_t multiplier = 0;
  int32_t shift = 0;
};
QuantizedMultiplier QuantizeMultiplier(double real);

// The range that `activation` leaves of an output with this scale and zero point; `type` is kInt8
// or kInt16.
struct ActivationRange {
  int32_t min = -128, max = 127;
};
ActivationRange QuantizedActivationRange(Activation activation, float scale, int32_t zero_point,
                                         DataType type = DataType::kInt8);

}  // namespace kinglet::ir
