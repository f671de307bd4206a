// Sums of two tensors of the same shape.
#include "device/kernels/add.h"

#include <utility>

#include "device/kernels/helium/add.h"
#include "src/compile/selectors.h"
#include "src/ir/describe_kernel.h"

namespace kinglet::ir {

KINGLET_PARAMS(VectorAddParams, count, wide_zero_point, narrow_zero_point, narrow_multiplier,
               narrow_shift, output_zero_point, output_multiplier, output_shift, activation_min,
               activation_max);

inline constexpr std::string_view kVectorAddSources[] = {"helium/add.cc", "helium/sum.S",
                                                         "helium/sum_model.cc"};
KINGLET_KERNEL_FROM(kVectorAdd, VectorAdd, "helium/add", kVectorAddSources);

}  // namespace kinglet::ir

namespace kinglet::compile::helium {
namespace {

constexpr int32_t kHalf = 1 << 30;

struct Input {
  int32_t zero_point, multiplier, shift;
  bool IsHalf() const { return multiplier == kHalf && shift == 0; }
};

}  // namespace

std::optional<ir::KernelCall> SelectAdd(const ir::Graph&, const ir::KernelCall& call) {
  static_assert(kernels::kAddLeftShift == 20);  // as in device/kernels/helium/sum.h
  if (!call.params.Is<kernels::AddParams>()) return {};
  const auto portable = call.params.As<kernels::AddParams>();
  Input wide{portable.input1_zero_point, portable.input1_multiplier, portable.input1_shift};
  Input narrow{portable.input2_zero_point, portable.input2_multiplier, portable.input2_shift};
  const bool swapped = !wide.IsHalf();
  if (swapped) std::swap(wide, narrow);
  if (!wide.IsHalf() || (narrow.shift >= 0 && !narrow.IsHalf()) || portable.output_shift >= 0) {
    return {};
  }
  ir::KernelCall vectors{
      call.op_index, &ir::kVectorAdd,
      kernels::VectorAddParams{portable.count, wide.zero_point, narrow.zero_point,
                               narrow.multiplier, narrow.shift, portable.output_zero_point,
                               portable.output_multiplier, portable.output_shift,
                               portable.activation_min, portable.activation_max},
      call.arguments};
  if (swapped) std::swap(vectors.arguments[0], vectors.arguments[1]);
  return vectors;
}

}  // namespace kinglet::compile::helium
