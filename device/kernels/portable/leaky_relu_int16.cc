#include "device/kernels/leaky_relu_int16.h"

#include "device/kernels/requantize.h"

namespace kinglet::kernels {

void LeakyReluInt16(const LeakyReluInt16Params& params, const int16_t* input, int16_t* output) {
  const LeakyReluInt16Params& p = params;
  for (int32_t i = 0; i < p.count; ++i) {
    const int32_t x = input[i];
    const int32_t scaled =
        x >= 0 ? MultiplyByQuantizedMultiplier(x, p.positive_multiplier, p.positive_shift)
               : MultiplyByQuantizedMultiplier(x, p.negative_multiplier, p.negative_shift);
    output[i] = static_cast<int16_t>(Clamp(scaled, p.activation_min, p.activation_max));
  }
}

}  // namespace kinglet::kernels
