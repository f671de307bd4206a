#include "device/kernels/fully_connected.h"

#include "device/kernels/requantize.h"

namespace kinglet::kernels {
namespace {

constexpr int32_t kBlock = 4;  // outputs per pass over the input

void DotBlock(const int8_t* input, int32_t size, int32_t zero_point, const int8_t* weights,
              int32_t* sums) {
  const int8_t* w0 = weights;
  const int8_t* w1 = w0 + size;
  const int8_t* w2 = w1 + size;
  const int8_t* w3 = w2 + size;
  int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  for (int32_t i = 0; i < size; ++i) {
    const int16_t v = static_cast<int16_t>(input[i] - zero_point);
    s0 += v * w0[i];
    s1 += v * w1[i];
    s2 += v * w2[i];
    s3 += v * w3[i];
  }
  sums[0] = s0;
  sums[1] = s1;
  sums[2] = s2;
  sums[3] = s3;
}

int32_t DotOne(const int8_t* input, int32_t size, int32_t zero_point, const int8_t* weights) {
  int32_t sum = 0;
  for (int32_t i = 0; i < size; ++i) {
    sum += static_cast<int16_t>(input[i] - zero_point) * weights[i];
  }
  return sum;
}

// Both kernels: `scale(sum, o)` makes output o's byte of its sum.
template <typename Params, typename Scale>
void Layer(const Params& p, const int8_t* input, const int8_t* weights, const int32_t* bias,
           const Scale& scale, int8_t* output) {
  for (int32_t b = 0; b < p.batches; ++b) {
    for (int32_t o = 0; o < p.output_size;) {
      int32_t sums[kBlock];
      int32_t count = 1;
      const int8_t* rows = weights + o * p.input_size;
      if (p.output_size - o >= kBlock) {
        DotBlock(input, p.input_size, p.input_zero_point, rows, sums);
        count = kBlock;
      } else {
        sums[0] = DotOne(input, p.input_size, p.input_zero_point, rows);
      }
      for (int32_t j = 0; j < count; ++j, ++o) {
        *output++ = scale(bias != nullptr ? WrappingAdd(sums[j], bias[o]) : sums[j], o);
      }
    }
    input += p.input_size;
  }
}

}  // namespace

void FullyConnected(const FullyConnectedParams& params, const int8_t* input, const int8_t* weights,
                    const int32_t* bias, int8_t* output) {
  const OutputStage stage{params.output_zero_point, params.activation_min, params.activation_max};
  const auto scale = [&](int32_t sum, int32_t) {
    return stage(sum, params.multiplier, params.shift);
  };
  Layer(params, input, weights, bias, scale, output);
}

void FullyConnectedPerChannel(const FullyConnectedPerChannelParams& params, const int8_t* input,
                              const int8_t* weights, const int32_t* bias,
                              const int32_t* multipliers, const int8_t* shifts, int8_t* output) {
  const OutputStage stage{params.output_zero_point, params.activation_min, params.activation_max};
  const auto scale = [&](int32_t sum, int32_t o) { return stage(sum, multipliers[o], shifts[o]); };
  Layer(params, input, weights, bias, scale, output);
}

}  // namespace kinglet::kernels
