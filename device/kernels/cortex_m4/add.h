// Sum of two int8 tensors of the same shape for Armv7E-M: rescaling of both inputs and of their sum
// is one linear function of the inputs, rounded once. The compiler tries all 65,536 pairs of inputs
// and takes this kernel only if every output is that of the reference's four roundings.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

// The sum is offset + x1 * multiplier1 / 2^8 + x2 * multiplier2 / 2^8 in steps of the output <<
// kLinearAddShift, each product rounded down: with x << 8 in a halfword, SMLAWB and SMLAWT give the
// upper 32 bits of 48.
struct LinearAddParams {
  int32_t count;
  int32_t multiplier1, multiplier2;
  int32_t offset;    // from the inputs' zero points
  int32_t rounding;  // the output's zero point and one half
  int32_t
      signed_halves;  // 1: sums below zero are rounded with 1 less, as halves away from zero are
  int32_t activation_min, activation_max;
};

inline constexpr int32_t kLinearAddShift = 21;

// All arrays hold count elements; output may be either input.
void LinearAdd(const LinearAddParams& params, const int8_t* input1, const int8_t* input2,
               int8_t* output);

}  // namespace kinglet::kernels
