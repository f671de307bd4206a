// Sums of two tensors of one shape.
#include "device/kernels/lanes/add.h"

#include "device/kernels/add.h"
#include "src/compile/selectors.h"
#include "src/ir/describe_kernel.h"

namespace kinglet::ir {

KINGLET_PARAMS(LanesAddParams, count, input1_zero_point, input1_multiplier, input1_right_shift,
               input2_zero_point, input2_multiplier, input2_right_shift, output_zero_point,
               output_multiplier, output_right_shift, activation_min, activation_max);

inline constexpr std::string_view kLanesAddSources[] = {"lanes/add.cc"};
KINGLET_KERNEL_FROM(kLanesAdd, LanesAdd, "lanes/add", kLanesAddSources);

}  // namespace kinglet::ir

namespace kinglet::compile::lanes {
namespace {

constexpr int32_t kRightShiftMax = 30;

bool IsRightShift(int32_t multiplier, int32_t shift) {
  return multiplier >= 0 && shift <= 0 && shift >= -kRightShiftMax;
}
bool IsAtMostHalf(int32_t multiplier, int32_t shift) {
  return IsRightShift(multiplier, shift) && (shift < 0 || multiplier <= 1 << 30);
}

}  // namespace

std::optional<ir::KernelCall> SelectAdd(const ir::Graph&, const ir::KernelCall& call) {
  if (!call.params.Is<kernels::AddParams>()) return {};
  const auto p = call.params.As<kernels::AddParams>();
  if (!IsAtMostHalf(p.input1_multiplier, p.input1_shift) ||
      !IsAtMostHalf(p.input2_multiplier, p.input2_shift) ||
      !IsRightShift(p.output_multiplier, p.output_shift)) {
    return {};
  }
  return ir::KernelCall{
      call.op_index, &ir::kLanesAdd,
      kernels::LanesAddParams{p.count, p.input1_zero_point, p.input1_multiplier, -p.input1_shift,
                              p.input2_zero_point, p.input2_multiplier, -p.input2_shift,
                              p.output_zero_point, p.output_multiplier, -p.output_shift,
                              p.activation_min, p.activation_max},
      call.arguments};
}

}  // namespace kinglet::compile::lanes
