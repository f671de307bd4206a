#include "device/kernels/quantize.h"

#include <string.h>

#include "device/kernels/requantize.h"

namespace kinglet::kernels {
namespace {

// To the nearest integer, halves away from zero. |x| <= 2^23.
int32_t Round(float x) {
  const int32_t towards_zero = static_cast<int32_t>(x);
  const float rest = x - static_cast<float>(towards_zero);  // exact
  return towards_zero + (rest >= 0.5F ? 1 : 0) - (rest <= -0.5F ? 1 : 0);
}

template <typename Element>
void FromFloats(const QuantizeParams& p, const float* input, Element* output, int32_t min,
                int32_t max) {
  constexpr float kFar = 1 << 20;  // beyond all zero points and int16
  float scale = 0;
  memcpy(&scale, &p.scale_bits, sizeof(scale));
  for (int32_t i = 0; i < p.count; ++i) {
    const float x = input[i] / scale;
    int32_t rounded = -(1 << 20);
    if (x > -kFar) rounded = x < kFar ? Round(x) : 1 << 20;
    output[i] = static_cast<Element>(Clamp(rounded + p.zero_point, min, max));
  }
}

template <typename In, typename Out>
void Rescale(const RescaleParams& p, const In* input, Out* output, int32_t min, int32_t max) {
  for (int32_t i = 0; i < p.count; ++i) {
    const int32_t scaled =
        MultiplyByQuantizedMultiplier(input[i] - p.input_zero_point, p.multiplier, p.shift);
    output[i] = static_cast<Out>(Clamp(WrappingAdd(scaled, p.output_zero_point), min, max));
  }
}

}  // namespace

void Quantize(const QuantizeParams& params, const float* input, int8_t* output) {
  FromFloats(params, input, output, INT8_MIN, INT8_MAX);
}

void QuantizeInt16(const QuantizeParams& params, const float* input, int16_t* output) {
  FromFloats(params, input, output, INT16_MIN, INT16_MAX);
}

void RescaleInt8ToInt16(const RescaleParams& params, const int8_t* input, int16_t* output) {
  Rescale(params, input, output, INT16_MIN, INT16_MAX);
}

void RescaleInt8ToInt32(const RescaleParams& params, const int8_t* input, int32_t* output) {
  Rescale(params, input, output, INT32_MIN, INT32_MAX);
}

void RescaleInt16ToInt8(const RescaleParams& params, const int16_t* input, int8_t* output) {
  Rescale(params, input, output, INT8_MIN, INT8_MAX);
}

void RescaleInt16(const RescaleParams& params, const int16_t* input, int16_t* output) {
  Rescale(params, input, output, INT16_MIN, INT16_MAX);
}

void RescaleInt16ToInt32(const RescaleParams& params, const int16_t* input, int32_t* output) {
  Rescale(params, input, output, INT32_MIN, INT32_MAX);
}

}  // namespace kinglet::kernels
