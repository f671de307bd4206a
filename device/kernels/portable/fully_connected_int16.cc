#include "device/kernels/fully_connected_int16.h"

#include "device/kernels/requantize_int16.h"

namespace kinglet::kernels {
namespace {

template <typename Sum>
void Layer(const FullyConnectedPerChannelParams& p, const int16_t* input, const int8_t* weights,
           const Sum* bias, const int32_t* multipliers, const int8_t* shifts, int16_t* output) {
  const OutputStageInt16 stage{p.activation_min, p.activation_max};
  for (int32_t b = 0; b < p.batches; ++b) {
    const int8_t* w = weights;
    for (int32_t o = 0; o < p.output_size; ++o) {
      Sum sum = 0;
      for (int32_t i = 0; i < p.input_size; ++i) Accumulate(sum, input[i] * w[i]);
      if (bias != nullptr) Accumulate(sum, bias[o]);
      *output++ = stage(sum, multipliers[o], shifts[o]);
      w += p.input_size;
    }
    input += p.input_size;
  }
}

}  // namespace

void FullyConnectedInt16(const FullyConnectedPerChannelParams& params, const int16_t* input,
                         const int8_t* weights, const int64_t* bias, const int32_t* multipliers,
                         const int8_t* shifts, int16_t* output) {
  Layer(params, input, weights, bias, multipliers, shifts, output);
}

void FullyConnectedInt16Bias32(const FullyConnectedPerChannelParams& params, const int16_t* input,
                               const int8_t* weights, const int32_t* bias,
                               const int32_t* multipliers, const int8_t* shifts, int16_t* output) {
  Layer(params, input, weights, bias, multipliers, shifts, output);
}

}  // namespace kinglet::kernels
