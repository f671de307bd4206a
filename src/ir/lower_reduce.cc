// Operators that make one element of many.
#include <algorithm>
#include <bit>

#include "device/kernels/arg_extremum.h"
#include "device/kernels/reduce_sum.h"
#include "src/ir/lower_op.h"

namespace kinglet::ir {

KINGLET_PARAMS(ReduceSumParams, kept_sizes, kept_steps, summed_sizes, summed_steps, zero_points,
               output_zero_point, multiplier, shift);
KINGLET_PARAMS(ArgExtremumParams, outer, axis_size, inner, greatest);

KINGLET_KERNEL(kReduceSum, ReduceSum, "reduce_sum");
KINGLET_KERNEL(kReduceSumInt16, ReduceSumInt16, "reduce_sum");
KINGLET_KERNEL(kArgExtremum, ArgExtremum, "arg_extremum");
KINGLET_KERNEL(kArgExtremumInt64, ArgExtremumInt64, "arg_extremum");

namespace {

// Sizes and steps of the kept dimensions and of those that are summed up; returns how many elements
// each sum has. A tensor of 8 dimensions has at most 4 groups of either sort that take turns.
int32_t SetDimensions(const OpLowering& op, const Reduce& a, kernels::ReduceSumParams& p) {
  constexpr size_t kRank = kernels::kReduceRank;
  std::fill_n(p.kept_sizes, kRank, 1);
  std::fill_n(p.summed_sizes, kRank, 1);
  const std::vector<int32_t>& shape = op.Input(0).shape;
  size_t kept = kRank, summed = kRank;  // the places in use, from the innermost out
  bool last_summed = false;
  int32_t step = 1, elements = 1;
  for (size_t d = shape.size(); d-- > 0;) {
    const bool sums = std::ranges::find(a.axes, static_cast<int32_t>(d)) != a.axes.end();
    const int32_t size = shape[d];
    if (size == 1) continue;
    size_t& place = sums ? summed : kept;
    int32_t* const sizes = sums ? p.summed_sizes : p.kept_sizes;
    int32_t* const steps = sums ? p.summed_steps : p.kept_steps;
    if (step > 1 && last_summed == sums) {
      sizes[place] *= size;
    } else {
      KINGLET_ASSERT(place > 0);
      --place;
      sizes[place] = size;
      steps[place] = step;
    }
    last_summed = sums;
    step *= size;
    if (sums) elements *= size;
  }
  return elements;
}

// A mean is a sum at 1 / elements of the scale, which the reference divides out of the multiplier,
// rounding down, with as many bits more as the number of elements has.
QuantizedMultiplier DividedBy(QuantizedMultiplier q, int32_t elements) {
  const int32_t bits = std::bit_width(static_cast<uint32_t>(elements)) - 1;
  const int32_t shift = std::min(bits, 31 + q.shift);
  return {static_cast<int32_t>((int64_t{q.multiplier} << shift) / elements), q.shift - shift};
}

}  // namespace

Result<KernelCalls> LowerOp(const OpLowering& op, const Reduce& a) {
  const Tensor &in = op.Input(0), &out = op.Output();
  const double scale_in = OpLowering::Scale(in), scale_out = OpLowering::Scale(out);
  KINGLET_TRY(QuantizedMultiplier q, op.Quantize(scale_in / scale_out));
  kernels::ReduceSumParams p{};
  const int32_t elements = SetDimensions(op, a, p);
  if (a.kind == Reduce::Kind::kMean) q = DividedBy(q, elements);
  p.zero_points = OpLowering::ZeroPoint(in) * elements;
  p.output_zero_point = OpLowering::ZeroPoint(out);
  p.multiplier = q.multiplier;
  p.shift = q.shift;
  KernelCall call = op.Call(out.type == DataType::kInt16 ? kReduceSumInt16 : kReduceSum, p);
  op.AddInput(call, "input", 0, std::nullopt);
  op.AddOutput(call);
  return KernelCalls{call};
}

Result<KernelCalls> LowerOp(const OpLowering& op, const ArgExtremum& a) {
  const std::vector<int32_t>& shape = op.Input(0).shape;
  const auto axis = static_cast<size_t>(a.axis);
  kernels::ArgExtremumParams p{1, shape[axis], 1, a.kind == ArgExtremum::Kind::kMaximum ? 1 : 0};
  for (size_t d = 0; d < axis; ++d) p.outer *= shape[d];
  for (size_t d = axis + 1; d < shape.size(); ++d) p.inner *= shape[d];
  const bool wide = op.Output().type == DataType::kInt64;
  KernelCall call = op.Call(wide ? kArgExtremumInt64 : kArgExtremum, p);
  op.AddInput(call, "input", 0, std::nullopt);
  op.AddOutput(call);
  return KernelCalls{call};
}

}  // namespace kinglet::ir
