// What sums and differences of quantised tensors have alike: both inputs, moved by their zero
// points and shifted left, are brought to a common scale before they meet.
#pragma once

#include <stdint.h>

#include "device/kernels/add.h"
#include "device/kernels/broadcast.h"
#include "device/kernels/requantize.h"

namespace kinglet::kernels {

inline constexpr int32_t kSumLeftShiftInt8 = kAddLeftShift;
inline constexpr int32_t kSumLeftShiftInt16 = 15;

struct SumParams {
  int32_t sizes[kBroadcastRank];
  int32_t steps1[kBroadcastRank];
  int32_t steps2[kBroadcastRank];
  int32_t input1_zero_point, input1_multiplier, input1_shift;
  int32_t input2_zero_point, input2_multiplier, input2_shift;
  int32_t output_zero_point, output_multiplier, output_shift;
  int32_t activation_min, activation_max;
};

// combine(a, b): of the rescaled inputs.
template <int32_t kLeftShift, typename Element, typename Combine>
void SumPairs(const SumParams& p, const Element* input1, const Element* input2, Element* output,
              const Combine& combine) {
  const auto rescaled = [](int32_t x, int32_t zero_point, int32_t multiplier, int32_t shift) {
    return MultiplyByQuantizedMultiplier(WrappingShiftLeft(x - zero_point, kLeftShift), multiplier,
                                         shift);
  };
  ForEachPair(p.sizes, p.steps1, p.steps2, input1, input2, output, [&](int32_t x, int32_t y) {
    const int32_t a = rescaled(x, p.input1_zero_point, p.input1_multiplier, p.input1_shift);
    const int32_t b = rescaled(y, p.input2_zero_point, p.input2_multiplier, p.input2_shift);
    const int32_t scaled =
        MultiplyByQuantizedMultiplier(combine(a, b), p.output_multiplier, p.output_shift);
    return static_cast<Element>(
        Clamp(WrappingAdd(scaled, p.output_zero_point), p.activation_min, p.activation_max));
  });
}

}  // namespace kinglet::kernels
