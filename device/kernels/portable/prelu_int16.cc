#include "device/kernels/prelu_int16.h"

#include "device/kernels/requantize.h"

namespace kinglet::kernels {

void PreluInt16(const PreluParams& params, const int16_t* input, const int8_t* slopes,
                int16_t* output) {
  const PreluParams& p = params;
  ForEachPair(p.sizes, p.steps1, p.steps2, input, slopes, output, [&](int32_t x, int32_t slope) {
    const int32_t value = x - p.input_zero_point;
    const int32_t scaled =
        value >= 0 ? MultiplyByQuantizedMultiplier(value, p.positive_multiplier, p.positive_shift)
                   : MultiplyByQuantizedMultiplier(value * (slope - p.slope_zero_point),
                                                   p.negative_multiplier, p.negative_shift);
    return static_cast<int16_t>(
        Clamp(WrappingAdd(scaled, p.output_zero_point), INT16_MIN, INT16_MAX));
  });
}

}  // namespace kinglet::kernels
