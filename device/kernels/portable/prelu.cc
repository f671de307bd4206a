#include "device/kernels/prelu.h"

#include "device/kernels/requantize.h"

namespace kinglet::kernels {

void Prelu(const PreluParams& params, const int8_t* input, const int8_t* slopes, int8_t* output) {
  const PreluParams& p = params;
  ForEachPair(p.sizes, p.steps1, p.steps2, input, slopes, output, [&](int32_t x, int32_t slope) {
    const int32_t value = x - p.input_zero_point;
    const int32_t scaled =
        value >= 0 ? MultiplyByQuantizedMultiplier(value, p.positive_multiplier, p.positive_shift)
                   : MultiplyByQuantizedMultiplier(value * (slope - p.slope_zero_point),
                                                   p.negative_multiplier, p.negative_shift);
    return static_cast<int8_t>(Clamp(WrappingAdd(scaled, p.output_zero_point), INT8_MIN, INT8_MAX));
  });
}

}  // namespace kinglet::kernels
