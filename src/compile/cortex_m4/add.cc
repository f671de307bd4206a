// Sums as one linear function of their inputs, when that gives every output of the reference.
#include "device/kernels/cortex_m4/add.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "device/kernels/add.h"
#include "device/kernels/requantize.h"
#include "src/compile/selectors.h"
#include "src/ir/describe_kernel.h"

namespace kinglet::ir {

KINGLET_PARAMS(LinearAddParams, count, multiplier1, multiplier2, offset, rounding, signed_halves,
               activation_min, activation_max);

inline constexpr std::string_view kLinearAddSources[] = {
    "cortex_m4/add.cc", "cortex_m4/clamp.S", "cortex_m4/clamp_model.cc", "cortex_m4/quad.S",
    "cortex_m4/quad_model.cc"};
KINGLET_KERNEL_FROM(kLinearAdd, LinearAdd, "cortex_m4/add", kLinearAddSources);

}  // namespace kinglet::ir

namespace kinglet::compile::cortex_m4 {
namespace {

constexpr size_t kValues = 256;  // of an int8
constexpr size_t kPairs = kValues * kValues;

// Outputs of all pairs of inputs.
using Outputs = std::vector<int8_t>;

Outputs OutputsOf(kernels::AddParams p) {
  std::vector<int8_t> input1(kPairs), input2(kPairs);
  for (size_t i = 0; i < kPairs; ++i) {
    input1[i] = static_cast<int8_t>(i / kValues);
    input2[i] = static_cast<int8_t>(i % kValues);
  }
  p.count = static_cast<int32_t>(kPairs);
  Outputs outputs(kPairs);
  kernels::Add(p, input1.data(), input2.data(), outputs.data());
  return outputs;
}

bool Gives(kernels::LinearAddParams p, const Outputs& expected) {
  std::vector<int8_t> input1(kValues), input2(kValues), outputs(kValues);
  p.count = static_cast<int32_t>(kValues);
  for (size_t i = 0; i < kValues; ++i) input2[i] = static_cast<int8_t>(i);
  for (size_t i = 0; i < kValues; ++i) {
    std::ranges::fill(input1, static_cast<int8_t>(i));
    kernels::LinearAdd(p, input1.data(), input2.data(), outputs.data());
    const auto row = expected.begin() + static_cast<ptrdiff_t>(i * kValues);
    if (!std::equal(outputs.begin(), outputs.end(), row)) return false;
  }
  return true;
}

constexpr int32_t kReach = 1 << 18;

// Sets p.offset to the middle of all up to kReach away that give the expected outputs. Each pair
// bounds it from below and from above, but for outputs that are saturated or clamped.
void Centre(kernels::LinearAddParams& p, const Outputs& expected) {
  int64_t least = p.offset - kReach, most = p.offset + kReach;
  for (size_t i = 0; i < kPairs; ++i) {
    const int64_t x1 = int32_t{static_cast<int8_t>(i / kValues)};
    const int64_t x2 = int32_t{static_cast<int8_t>(i % kValues)};
    const int64_t products = ((x1 * p.multiplier1) >> 8) + ((x2 * p.multiplier2) >> 8);
    const int64_t less = p.signed_halves != 0 && products + p.offset < 0 ? 1 : 0;
    const int64_t rest = products - less + p.rounding;
    const int64_t output = int32_t{expected[i]};
    if (output > p.activation_min)
      least = std::max(least, (output << kernels::kLinearAddShift) - rest);
    if (output < p.activation_max)
      most = std::min(most, ((output + 1) << kernels::kLinearAddShift) - 1 - rest);
  }
  if (least <= most) p.offset = static_cast<int32_t>((least + most) / 2);
}

double Real(int32_t multiplier, int32_t shift) { return std::ldexp(multiplier, shift - 31); }

// Constants as near to the real numbers as they get; nothing when they or a sum leave 32 bits.
std::optional<kernels::LinearAddParams> Linear(const kernels::AddParams& p) {
  const double output = Real(p.output_multiplier, p.output_shift);
  const double one = std::ldexp(1.0, kernels::kAddLeftShift + kernels::kLinearAddShift);
  const double step1 = one * output * Real(p.input1_multiplier, p.input1_shift);
  const double step2 = one * output * Real(p.input2_multiplier, p.input2_shift);
  const double offset = -step1 * p.input1_zero_point - step2 * p.input2_zero_point;
  const double rounding = std::ldexp(2 * p.output_zero_point + 1, kernels::kLinearAddShift - 1);
  const double most =
      128 * (std::abs(step1) + std::abs(step2)) + std::abs(offset) + std::abs(rounding);
  const double limit = std::ldexp(1.0, 31) - 2 * kReach;
  if (256 * std::max(step1, step2) > limit || most > limit) return {};
  const auto rounded = [](double x) { return static_cast<int32_t>(std::llround(x)); };
  return kernels::LinearAddParams{p.count,          rounded(256 * step1), rounded(256 * step2),
                                  rounded(offset),  rounded(rounding),    0,
                                  p.activation_min, p.activation_max};
}

}  // namespace

std::optional<ir::KernelCall> SelectAdd(const ir::Graph&, const ir::KernelCall& call) {
  if (!call.params.Is<kernels::AddParams>() || call.kernel->function != "Add") return {};
  const auto portable = call.params.As<kernels::AddParams>();
  const auto linear = Linear(portable);
  if (!linear.has_value()) return {};
  const Outputs expected = OutputsOf(portable);
  for (const int32_t signed_halves : {0, 1}) {
    kernels::LinearAddParams p = *linear;
    p.signed_halves = signed_halves;
    Centre(p, expected);
    if (Gives(p, expected))
      return ir::KernelCall{call.op_index, &ir::kLinearAdd, p, call.arguments};
  }
  return {};
}

}  // namespace kinglet::compile::cortex_m4
