#include "device/kernels/svdf.h"

#include <string.h>

#include "device/kernels/requantize.h"

namespace kinglet::kernels {
namespace {

int32_t FeatureOf(const SvdfParams& p, const int8_t* input, const int8_t* weights) {
  int32_t sum = 0;
  for (int32_t i = 0; i < p.input_size; ++i) sum += weights[i] * (input[i] - p.input_zero_point);
  return WrappingAdd(MultiplyByQuantizedMultiplier(sum, p.feature_multiplier, p.feature_shift),
                     p.state_zero_point);
}

// The newest feature goes to the end of one filter's memory, the oldest leaves it.
template <typename State>
void Remember(const SvdfParams& p, int32_t feature, int32_t min, int32_t max, State* memory) {
  const int32_t kept = p.memory_size - 1;
  memmove(memory, memory + 1, static_cast<size_t>(kept) * sizeof(State));
  memory[kept] = static_cast<State>(Clamp(feature, min, max));
}

// Sums of products of 16 bits, modulo 2^32.
template <typename State>
int32_t Recall(const SvdfParams& p, const State* memory, const State* weights) {
  int32_t sum = 0;
  for (int32_t i = 0; i < p.memory_size; ++i) {
    sum = WrappingAdd(sum, weights[i] * (memory[i] - p.state_zero_point));
  }
  return sum;
}

template <typename State>
void Layer(const SvdfParams& p, const int8_t* input, const int8_t* feature_weights,
           const State* time_weights, const int32_t* bias, int32_t min, int32_t max, State* state,
           int8_t* output) {
  const int32_t filters = p.units * p.rank;
  for (int32_t b = 0; b < p.batches; ++b) {
    for (int32_t f = 0; f < filters; ++f) {
      const int32_t feature = FeatureOf(p, input, feature_weights + f * p.input_size);
      Remember(p, feature, min, max, state + f * p.memory_size);
    }
    const OutputStage stage{p.output_zero_point, INT8_MIN, INT8_MAX};
    for (int32_t u = 0; u < p.units; ++u) {
      int32_t sum = bias != nullptr ? bias[u] : 0;
      for (int32_t r = 0; r < p.rank; ++r) {
        const int32_t row = (u * p.rank + r) * p.memory_size;
        sum = WrappingAdd(sum, Recall(p, state + row, time_weights + row));
      }
      *output++ = stage(sum, p.output_multiplier, p.output_shift);
    }
    input += p.input_size;
    state += filters * p.memory_size;
  }
}

}  // namespace

void Svdf(const SvdfParams& params, const int8_t* input, const int8_t* feature_weights,
          const int16_t* time_weights, const int32_t* bias, int16_t* activation_state,
          int8_t* output) {
  Layer(params, input, feature_weights, time_weights, bias, INT16_MIN, INT16_MAX, activation_state,
        output);
}

void SvdfInt8(const SvdfParams& params, const int8_t* input, const int8_t* feature_weights,
              const int8_t* time_weights, const int32_t* bias, int8_t* activation_state,
              int8_t* output) {
  Layer(params, input, feature_weights, time_weights, bias, INT8_MIN, INT8_MAX, activation_state,
        output);
}

}  // namespace kinglet::kernels
