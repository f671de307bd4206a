#include "device/kernels/mul.h"

#include "device/kernels/requantize.h"

namespace kinglet::kernels {

void Mul(const MulParams& params, const int8_t* input1, const int8_t* input2, int8_t* output) {
  const MulParams& p = params;
  ForEachPair(p.sizes, p.steps1, p.steps2, input1, input2, output, [&](int32_t a, int32_t b) {
    const int32_t product = (a - p.input1_zero_point) * (b - p.input2_zero_point);
    const int32_t scaled = MultiplyByQuantizedMultiplier(product, p.multiplier, p.shift);
    return static_cast<int8_t>(
        Clamp(WrappingAdd(scaled, p.output_zero_point), p.activation_min, p.activation_max));
  });
}

}  // namespace kinglet::kernels
