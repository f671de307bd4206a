#include "device/kernels/dequantize.h"

#include <string.h>

namespace kinglet::kernels {
namespace {

template <typename Element>
void ToFloats(const DequantizeParams& p, const Element* input, float* output) {
  float scale = 0;
  memcpy(&scale, &p.scale_bits, sizeof(scale));
  for (int32_t i = 0; i < p.count; ++i) {
    output[i] = scale * static_cast<float>(input[i] - p.zero_point);
  }
}

}  // namespace

void Dequantize(const DequantizeParams& params, const int8_t* input, float* output) {
  ToFloats(params, input, output);
}

void DequantizeInt16(const DequantizeParams& params, const int16_t* input, float* output) {
  ToFloats(params, input, output);
}

}  // namespace kinglet::kernels
