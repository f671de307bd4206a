// Softmax of int16 rows, bit for bit TensorFlow Lite's reference: exp and the reciprocal come from
// tables with straight lines between their entries.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

// Sums of this many exponentials in Q0.15 fit 31 bits.
inline constexpr int32_t kSoftmaxInt16DepthMax = 65535;

// One entry every 128 steps of an int16 argument, and one behind the last.
inline constexpr int32_t kSoftmaxInt16TableSize = 513;

struct SoftmaxInt16Params {
  int32_t rows, depth;  // depth: 1 to kSoftmaxInt16DepthMax
  // From differences of inputs to steps of which -65535 stand for -10; shift: up to 15.
  int32_t input_multiplier, input_shift;
};

// input, output: [rows, depth]; the output's scale is 1/32768, its zero point 0. exp_table: exp(x)
// for x in [-10, 0], reciprocal_table: 1 / (1 + x) for x in [0, 1], both in Q0.15 with
// kSoftmaxInt16TableSize entries. output may be input.
void SoftmaxInt16(const SoftmaxInt16Params& params, const int16_t* input, const int16_t* exp_table,
                  const int16_t* reciprocal_table, int16_t* output);

}  // namespace kinglet::kernels
