// Softmax of int8 rows in integers, bit for bit TensorFlow Lite's reference: exp and the reciprocal
// in gemmlowp's fixed point.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

// exp's argument has this many integer bits (Q5.26); the sum of exponentials has
// kSoftmaxSumIntegerBits (Q12.19).
inline constexpr int32_t kSoftmaxDiffIntegerBits = 5;
inline constexpr int32_t kSoftmaxSumIntegerBits = 12;
inline constexpr int32_t kSoftmaxDepthMax = (1 << kSoftmaxSumIntegerBits) - 1;

struct SoftmaxParams {
  int32_t rows, depth;                         // depth: 1 to kSoftmaxDepthMax
  int32_t input_multiplier, input_left_shift;  // beta * input scale in Q5.26; left shift 0 to 31
  int32_t diff_min;  // differences to the row's maximum below this count as exp() = 0; -255 to 0
                     // are useful
};

// input, output: [rows, depth]; the output's scale is 1/256, its zero point -128. output may be
// input.
void Softmax(const SoftmaxParams& params, const int8_t* input, int8_t* output);

}  // namespace kinglet::kernels
