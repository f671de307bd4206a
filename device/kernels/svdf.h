// A layer of rank-constrained filters over time (SVDF), bit for bit TensorFlow Lite Micro's
// reference: int8 activations; time weights and activation state of int16, or both of int8.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct SvdfParams {
  int32_t batches, input_size, units, rank, memory_size;
  int32_t input_zero_point, state_zero_point, output_zero_point;
  int32_t feature_multiplier, feature_shift;  // see MultiplyByQuantizedMultiplier
  int32_t output_multiplier, output_shift;
};

// input [batches, input_size]; feature_weights [units * rank, input_size]; time_weights [units *
// rank, memory_size]; bias [units] or null; activation_state [batches, units * rank, memory_size],
// read and written, oldest first; output [batches, units], which may lie where those rows of the
// input were that come before.
void Svdf(const SvdfParams& params, const int8_t* input, const int8_t* feature_weights,
          const int16_t* time_weights, const int32_t* bias, int16_t* activation_state,
          int8_t* output);

void SvdfInt8(const SvdfParams& params, const int8_t* input, const int8_t* feature_weights,
              const int8_t* time_weights, const int32_t* bias, int8_t* activation_state,
              int8_t* output);

}  // namespace kinglet::kernels
