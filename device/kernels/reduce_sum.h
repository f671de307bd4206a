// Sums along any dimensions of a quantised tensor, brought to the output's scale. A mean is a sum
// whose multiplier holds one part of the number of elements.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

// Neighbouring dimensions that are all kept or all summed up are one; those that are not needed
// have size 1.
inline constexpr int32_t kReduceRank = 4;

struct ReduceSumParams {
  int32_t kept_sizes[kReduceRank];  // outermost first: the output's elements in order
  int32_t kept_steps[kReduceRank];  // elements of the input
  int32_t summed_sizes[kReduceRank];
  int32_t summed_steps[kReduceRank];
  int32_t zero_points;  // the input's, as often as a sum has elements
  int32_t output_zero_point;
  int32_t multiplier, shift;  // see MultiplyByQuantizedMultiplier
};

// No sum may leave int32. input and output must not overlap.
void ReduceSum(const ReduceSumParams& params, const int8_t* input, int8_t* output);
void ReduceSumInt16(const ReduceSumParams& params, const int16_t* input, int16_t* output);

}  // namespace kinglet::kernels
