// Operators that take each element, or each row, for itself.
#include <algorithm>
#include <cmath>

#include "device/kernels/add.h"
#include "device/kernels/softmax.h"
#include "src/ir/lower_op.h"

namespace kinglet::ir {

KINGLET_PARAMS(AddParams, count, input1_zero_point, input1_multiplier, input1_shift,
               input2_zero_point, input2_multiplier, input2_shift, output_zero_point,
               output_multiplier, output_shift, activation_min, activation_max);
KINGLET_PARAMS(SoftmaxParams, rows, depth, input_multiplier, input_left_shift, diff_min);

KINGLET_KERNEL(kAdd, Add, "add");
KINGLET_KERNEL(kSoftmax, Softmax, "softmax");

Result<KernelCalls> LowerOp(const OpLowering& op, const Add& a) {
  const Tensor &in1 = op.Input(0), &in2 = op.Input(1), &out = op.Output();
  const double scale1 = OpLowering::Scale(in1), scale2 = OpLowering::Scale(in2);
  const double scale_out = OpLowering::Scale(out);
  const double twice_max = 2 * std::max(scale1, scale2);
  KINGLET_TRY(const QuantizedMultiplier q1, op.QuantizeBelowOne(scale1 / twice_max));
  KINGLET_TRY(const QuantizedMultiplier q2, op.QuantizeBelowOne(scale2 / twice_max));
  KINGLET_TRY(const QuantizedMultiplier q,
              op.QuantizeBelowOne(twice_max / ((1 << kernels::kAddLeftShift) * scale_out)));
  const ActivationRange range = op.Range(a.activation);
  const auto count = static_cast<int32_t>(out.ElementCount());
  KernelCall call =
      op.Call(kAdd, kernels::AddParams{count, OpLowering::ZeroPoint(in1), q1.multiplier, q1.shift,
                                       OpLowering::ZeroPoint(in2), q2.multiplier, q2.shift,
                                       OpLowering::ZeroPoint(out), q.multiplier, q.shift, range.min,
                                       range.max});
  op.AddInput(call, "input1", 0, 0);
  op.AddInput(call, "input2", 1, 0);
  op.AddOutput(call);
  return KernelCalls{call};
}

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
