#include <algorithm>
#include <cmath>

#include "device/kernels/softmax.h"
#include "src/ir/lower_op.h"

namespace kinglet::ir {

KINGLET_PARAMS(SoftmaxParams, rows, depth, input_multiplier, input_left_shift, diff_min);

KINGLET_KERNEL(kSoftmax, Softmax, "softmax");

Result<KernelCalls> LowerOp(const OpLowering& op, const Softmax& a) {
  const Tensor& in = op.Input(0);
  constexpr int32_t kFractionBits = 31 - kernels::kSoftmaxDiffIntegerBits;
  // A multiplier beyond 2^31 - 1 changes nothing: all but the greatest value get probability 0.
  const double multiplier =
      std::min(static_cast<double>(a.beta) * static_cast<double>(OpLowering::Scale(in)) *
                   static_cast<double>(1 << kFractionBits),
               2147483647.0);
  if (multiplier <= 1) {
    return Fail(Code::kUnsupported, "{}: softmax input scale {} times beta {} is below 2^-26",
                op.name(), OpLowering::Scale(in), a.beta);
  }
  const QuantizedMultiplier q = QuantizeMultiplier(multiplier);
  const double radius = std::floor(((1 << kernels::kSoftmaxDiffIntegerBits) - 1) *
                                   static_cast<double>(1 << kFractionBits) /
                                   static_cast<double>(int64_t{1} << q.shift));
  const int32_t depth = in.shape.empty() ? 1 : in.shape.back();
  const auto rows = static_cast<int32_t>(in.ElementCount() / depth);
  KernelCall call = op.Call(kSoftmax, kernels::SoftmaxParams{rows, depth, q.multiplier, q.shift,
                                                             -static_cast<int32_t>(radius)});
  op.AddInput(call, "input", 0, 0);
  op.AddOutput(call);
  return KernelCalls{call};
}

}  // namespace kinglet::ir
