#include "device/kernels/add.h"

#include "device/kernels/requantize.h"

namespace kinglet::kernels {

void Add(const AddParams& params, const int8_t* input1, const int8_t* input2, int8_t* output) {
  const AddParams& p = params;
  const OutputStage stage{p.output_zero_point, p.activation_min, p.activation_max};
  for (int32_t i = 0; i < p.count; ++i) {
    const int32_t a = MultiplyByQuantizedMultiplier(
        WrappingShiftLeft(input1[i] - p.input1_zero_point, kAddLeftShift), p.input1_multiplier,
        p.input1_shift);
    const int32_t b = MultiplyByQuantizedMultiplier(
        WrappingShiftLeft(input2[i] - p.input2_zero_point, kAddLeftShift), p.input2_multiplier,
        p.input2_shift);
    output[i] = stage(WrappingAdd(a, b), p.output_multiplier, p.output_shift);
  }
}

}  // namespace kinglet::kernels
