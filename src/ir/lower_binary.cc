// Operators of two inputs that stretch to each other's shape.
#include <algorithm>
#include <array>

#include "device/kernels/add.h"
#include "device/kernels/add_broadcast.h"
#include "device/kernels/add_int16.h"
#include "device/kernels/extremum.h"
#include "device/kernels/extremum_int16.h"
#include "device/kernels/mul.h"
#include "device/kernels/mul_int16.h"
#include "device/kernels/prelu.h"
#include "device/kernels/prelu_int16.h"
#include "device/kernels/sub.h"
#include "device/kernels/sub_int16.h"
#include "src/ir/lower_op.h"

namespace kinglet::ir {

KINGLET_PARAMS(AddParams, count, input1_zero_point, input1_multiplier, input1_shift,
               input2_zero_point, input2_multiplier, input2_shift, output_zero_point,
               output_multiplier, output_shift, activation_min, activation_max);
KINGLET_PARAMS(SumParams, sizes, steps1, steps2, input1_zero_point, input1_multiplier, input1_shift,
               input2_zero_point, input2_multiplier, input2_shift, output_zero_point,
               output_multiplier, output_shift, activation_min, activation_max);
KINGLET_PARAMS(MulParams, sizes, steps1, steps2, input1_zero_point, input2_zero_point,
               output_zero_point, multiplier, shift, activation_min, activation_max);
KINGLET_PARAMS(ExtremumParams, sizes, steps1, steps2);
KINGLET_PARAMS(PreluParams, sizes, steps1, steps2, input_zero_point, slope_zero_point,
               output_zero_point, positive_multiplier, positive_shift, negative_multiplier,
               negative_shift);

KINGLET_KERNEL(kAdd, Add, "add");
KINGLET_KERNEL(kAddBroadcast, AddBroadcast, "add_broadcast");
KINGLET_KERNEL(kAddInt16, AddInt16, "add_int16");
KINGLET_KERNEL(kSub, Sub, "sub");
KINGLET_KERNEL(kSubInt16, SubInt16, "sub_int16");
KINGLET_KERNEL(kMul, Mul, "mul");
KINGLET_KERNEL(kMulInt16, MulInt16, "mul_int16");
KINGLET_KERNEL(kMinimum, Minimum, "extremum");
KINGLET_KERNEL(kMaximum, Maximum, "extremum");
KINGLET_KERNEL(kMinimumInt16, MinimumInt16, "extremum_int16");
KINGLET_KERNEL(kMaximumInt16, MaximumInt16, "extremum_int16");
KINGLET_KERNEL(kPrelu, Prelu, "prelu");
KINGLET_KERNEL(kPreluInt16, PreluInt16, "prelu_int16");

namespace {

bool IsInt16(const Tensor& tensor) { return tensor.type == DataType::kInt16; }

// Fills in sizes and steps. Neighbouring dimensions along which both inputs move alike become one,
// so that the kernel's inner loop is as long as can be.
template <typename Params>
Status SetBroadcast(const OpLowering& op, Params& p) {
  struct Dimension {
    int32_t size;
    std::array<bool, 2> repeats;
  };
  const std::vector<int32_t>& out = op.Output().shape;
  std::vector<Dimension> dimensions;
  for (size_t d = 0; d < out.size(); ++d) {
    if (out[d] == 1) continue;
    Dimension dimension{out[d], {}};
    for (size_t i = 0; i < 2; ++i) {
      const std::vector<int32_t>& in = op.Input(i).shape;
      const size_t missing = out.size() - in.size();
      dimension.repeats[i] = d < missing || in[d - missing] == 1;
    }
    if (!dimensions.empty() && dimensions.back().repeats == dimension.repeats) {
      dimensions.back().size *= dimension.size;
    } else {
      dimensions.push_back(dimension);
    }
  }
  if (dimensions.size() > kernels::kBroadcastRank) {
    return Fail(Code::kUnsupported, "{}: its inputs stretch along {} groups of dimensions, {} {}",
                op.name(), dimensions.size(), "at most", kernels::kBroadcastRank);
  }
  std::fill_n(p.sizes, kernels::kBroadcastRank, 1);
  std::fill_n(p.steps1, kernels::kBroadcastRank, 0);
  std::fill_n(p.steps2, kernels::kBroadcastRank, 0);
  int32_t step1 = 1, step2 = 1;
  for (size_t i = 0; i < dimensions.size(); ++i) {
    const Dimension& dimension = dimensions[dimensions.size() - 1 - i];
    const size_t place = kernels::kBroadcastRank - 1 - i;
    p.sizes[place] = dimension.size;
    if (!dimension.repeats[0]) p.steps1[place] = step1;
    if (!dimension.repeats[1]) p.steps2[place] = step2;
    step1 *= dimension.repeats[0] ? 1 : dimension.size;
    step2 *= dimension.repeats[1] ? 1 : dimension.size;
  }
  return {};
}

// In place on inputs that repeat nothing.
std::optional<int64_t> Lead(const OpLowering& op, size_t i) {
  if (op.Input(i).ElementCount() != op.Output().ElementCount()) return {};
  if (op.Input(i).type != op.Output().type) return {};
  return 0;
}

KernelCalls BinaryCall(const OpLowering& op, const Kernel& kernel, KernelParams params,
                       std::string_view name1 = "input1", std::string_view name2 = "input2") {
  KernelCall call = op.Call(kernel, std::move(params));
  op.AddInput(call, name1, 0, Lead(op, 0));
  op.AddInput(call, name2, 1, Lead(op, 1));
  op.AddOutput(call);
  return {call};
}

struct SumMultipliers {
  QuantizedMultiplier input1, input2, output;
};

// Sets what AddParams and SumParams share.
template <typename Params>
void SetSum(const OpLowering& op, const SumMultipliers& q, Activation activation, Params& p) {
  p.input1_zero_point = OpLowering::ZeroPoint(op.Input(0));
  p.input1_multiplier = q.input1.multiplier;
  p.input1_shift = q.input1.shift;
  p.input2_zero_point = OpLowering::ZeroPoint(op.Input(1));
  p.input2_multiplier = q.input2.multiplier;
  p.input2_shift = q.input2.shift;
  p.output_zero_point = OpLowering::ZeroPoint(op.Output());
  p.output_multiplier = q.output.multiplier;
  p.output_shift = q.output.shift;
  const ActivationRange range = op.Range(activation);
  p.activation_min = range.min;
  p.activation_max = range.max;
}

// Float is in which the reference divides the scales: double for sums, float for differences.
template <typename Float>
Result<SumMultipliers> MakeSumMultipliers(const OpLowering& op) {
  const Float scale1 = OpLowering::Scale(op.Input(0)), scale2 = OpLowering::Scale(op.Input(1));
  const Float scale_out = OpLowering::Scale(op.Output());
  const Float twice_max = 2 * std::max(scale1, scale2);
  const int32_t left_shift =
      IsInt16(op.Output()) ? kernels::kSumLeftShiftInt16 : kernels::kSumLeftShiftInt8;
  const Float unit = static_cast<Float>(1 << left_shift) * scale_out;
  SumMultipliers q;
  KINGLET_TRY(q.input1, op.QuantizeBelowOne(scale1 / twice_max));
  KINGLET_TRY(q.input2, op.QuantizeBelowOne(scale2 / twice_max));
  KINGLET_TRY(q.output, op.QuantizeBelowOne(twice_max / unit));
  return q;
}

}  // namespace

Result<KernelCalls> LowerOp(const OpLowering& op, const Add& a) {
  KINGLET_TRY(const SumMultipliers q, MakeSumMultipliers<double>(op));
  if (!IsInt16(op.Output()) && op.Input(0).shape == op.Input(1).shape) {
    kernels::AddParams p{};
    p.count = static_cast<int32_t>(op.Output().ElementCount());
    SetSum(op, q, a.activation, p);
    return BinaryCall(op, kAdd, p);
  }
  kernels::SumParams p{};
  SetSum(op, q, a.activation, p);
  KINGLET_CHECK(SetBroadcast(op, p));
  return BinaryCall(op, IsInt16(op.Output()) ? kAddInt16 : kAddBroadcast, p);
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Sub& a) {
  KINGLET_TRY(const SumMultipliers q, MakeSumMultipliers<float>(op));
  kernels::SumParams p{};
  SetSum(op, q, a.activation, p);
  KINGLET_CHECK(SetBroadcast(op, p));
  return BinaryCall(op, IsInt16(op.Output()) ? kSubInt16 : kSub, p);
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Mul& a) {
  const double scale1 = OpLowering::Scale(op.Input(0)), scale2 = OpLowering::Scale(op.Input(1));
  const double scale_out = OpLowering::Scale(op.Output());
  KINGLET_TRY(const QuantizedMultiplier q, op.Quantize(scale1 * scale2 / scale_out));
  const ActivationRange range = op.Range(a.activation);
  kernels::MulParams p{};
  KINGLET_CHECK(SetBroadcast(op, p));
  p.input1_zero_point = OpLowering::ZeroPoint(op.Input(0));
  p.input2_zero_point = OpLowering::ZeroPoint(op.Input(1));
  p.output_zero_point = OpLowering::ZeroPoint(op.Output());
  p.multiplier = q.multiplier;
  p.shift = q.shift;
  p.activation_min = range.min;
  p.activation_max = range.max;
  return BinaryCall(op, IsInt16(op.Output()) ? kMulInt16 : kMul, p);
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Extremum& a) {
  kernels::ExtremumParams p{};
  KINGLET_CHECK(SetBroadcast(op, p));
  const bool minimum = a.kind == Extremum::Kind::kMinimum;
  if (IsInt16(op.Output())) return BinaryCall(op, minimum ? kMinimumInt16 : kMaximumInt16, p);
  return BinaryCall(op, minimum ? kMinimum : kMaximum, p);
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Prelu&) {
  const double scale = OpLowering::Scale(op.Input(0)), scale_out = OpLowering::Scale(op.Output());
  const double slope_scale = OpLowering::Scale(op.Input(1));
  KINGLET_TRY(const QuantizedMultiplier positive, op.Quantize(scale / scale_out));
  KINGLET_TRY(const QuantizedMultiplier negative, op.Quantize(scale * slope_scale / scale_out));
  kernels::PreluParams p{};
  KINGLET_CHECK(SetBroadcast(op, p));
  p.input_zero_point = OpLowering::ZeroPoint(op.Input(0));
  p.slope_zero_point = OpLowering::ZeroPoint(op.Input(1));
  p.output_zero_point = OpLowering::ZeroPoint(op.Output());
  p.positive_multiplier = positive.multiplier;
  p.positive_shift = positive.shift;
  p.negative_multiplier = negative.multiplier;
  p.negative_shift = negative.shift;
  return BinaryCall(op, IsInt16(op.Output()) ? kPreluInt16 : kPrelu, p, "input", "slopes");
}

}  // namespace kinglet::ir
