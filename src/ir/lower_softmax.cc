#include <algorithm>
#include <cmath>

#include "device/kernels/softmax.h"
#include "device/kernels/softmax_int16.h"
#include "src/ir/lower_op.h"

namespace kinglet::ir {

KINGLET_PARAMS(SoftmaxParams, rows, depth, input_multiplier, input_left_shift, diff_min);

KINGLET_PARAMS(SoftmaxInt16Params, rows, depth, input_multiplier, input_shift);

KINGLET_KERNEL(kSoftmax, Softmax, "softmax");
KINGLET_KERNEL(kSoftmaxInt16, SoftmaxInt16, "softmax_int16");

namespace {

// The reference's table of `function`, which it fills in double: Q0.15 values at the ends of 512
// equal steps from `min` to `max`, moved by half the error that a straight line makes in the
// middle of the step.
template <typename Function>
std::vector<int16_t> MakeTable(double min, double max, const Function& function) {
  constexpr int32_t kSteps = kernels::kSoftmaxInt16TableSize - 1;
  // As the reference works them out from the scale of an output from -1 to 1.
  constexpr double kOutputScale = 2.0 / 65535;
  constexpr double kOne = 65536 / (kOutputScale * 32767 - kOutputScale * -32768);
  const double step = (max - min) / kSteps;
  const auto clamped = [](double value) {
    return static_cast<int16_t>(std::clamp<double>(value, INT16_MIN, INT16_MAX));
  };
  std::vector<int16_t> table;
  for (int32_t i = 0; i < kSteps; ++i) {
    const double value = std::round(function(min + i * step) * kOne);
    const double next = function(min + (i + 1) * step) * kOne;
    const double middle = std::round(function(min + i * step + step / 2) * kOne);
    const double error = std::round((next + value) / 2) - middle;
    table.push_back(clamped(value - std::round(error / 2)));
  }
  table.push_back(clamped(std::round(function(max) * kOne)));
  return table;
}

Result<KernelCalls> LowerInt16(const OpLowering& op, double beta) {
  const Tensor& in = op.Input(0);
  // Differences of inputs go to steps of which 65535 are 10.
  const double scale = static_cast<double>(OpLowering::Scale(in)) * beta / (10.0 / 65535);
  KINGLET_TRY(const QuantizedMultiplier q, op.Quantize(scale));
  constexpr int32_t kShiftMax = 15;  // a difference has 16 bits
  if (q.shift > kShiftMax) {
    return Fail(Code::kUnsupported, "{}: softmax input scale {} times beta {} is above 5",
                op.name(), OpLowering::Scale(in), beta);
  }
  const int32_t depth = in.shape.empty() ? 1 : in.shape.back();
  const auto rows = static_cast<int32_t>(in.ElementCount() / depth);
  KernelCall call =
      op.Call(kSoftmaxInt16, kernels::SoftmaxInt16Params{rows, depth, q.multiplier, q.shift});
  op.AddInput(call, "input", 0, 0);
  // The ends of both tables as the reference works them out from the scales of their arguments.
  constexpr double kExpStep = 10.0 / 65535, kReciprocalStep = 1.0 / 65535;
  OpLowering::AddConstant(
      call, "exp_table",
      MakeTable(kExpStep * -65535, kExpStep * 0, [](double x) { return std::exp(x); }));
  OpLowering::AddConstant(call, "reciprocal_table",
                          MakeTable(kReciprocalStep * 0, kReciprocalStep * 65535,
                                    [](double x) { return 1 / (1 + x); }));
  op.AddOutput(call);
  return KernelCalls{call};
}

}  // namespace

Result<KernelCalls> LowerOp(const OpLowering& op, const Softmax& a) {
  const Tensor& in = op.Input(0);
  if (in.type == DataType::kInt16) return LowerInt16(op, static_cast<double>(a.beta));
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
