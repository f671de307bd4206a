#include "device/kernels/lanes/add.h"

#include "device/kernels/add.h"

namespace kinglet::kernels {
namespace {

// A multiplier in two pieces, and its rounding right shift.
struct Scale {
  int32_t upper, lower;  // multiplier == upper * 65536 + lower
  int32_t shift, half;
  int32_t away_mask;  // -1 if there is a shift that rounds halves of negative values down

  Scale(int32_t multiplier, int32_t right_shift)
      : upper(multiplier >> 16),
        lower(multiplier & 0xFFFF),
        shift(right_shift),
        half(right_shift == 0 ? 0 : 1 << (right_shift - 1)),
        away_mask(right_shift == 0 ? 0 : -1) {}

  // RoundingDivideByPowerOfTwo
  int32_t Shift(int32_t y) const { return (y + half + ((y >> 31) & away_mask)) >> shift; }

  // Of (x << kAddLeftShift), x of 9 bits: floor((x * multiplier + 2^10) / 2^11), shifted.
  int32_t OfInput(int32_t x) const {
    static_assert(kAddLeftShift == 20);
    return Shift(x * upper * 32 + ((x * lower + 1024) >> 11));
  }

  // Of a sum of 29 bits: floor((x * multiplier + 2^30) / 2^31), shifted. x is cut into its lower 14
  // bits and the rest; each step rounds down what is below all that is still to come.
  int32_t OfSum(int32_t x) const {
    const int32_t high = x >> 14, low = x & 0x3FFF;
    const int32_t middle = low * upper + ((high * lower + ((low * lower) >> 14)) >> 2) + (1 << 14);
    return Shift((high * upper + (middle >> 14)) >> 1);
  }
};

}  // namespace

void LanesAdd(const LanesAddParams& params, const int8_t* input1, const int8_t* input2,
              int8_t* output) {
  const LanesAddParams& p = params;
  const Scale scale1(p.input1_multiplier, p.input1_right_shift);
  const Scale scale2(p.input2_multiplier, p.input2_right_shift);
  const Scale scale(p.output_multiplier, p.output_right_shift);
  const int32_t below_max = p.output_zero_point - p.activation_max;
  const int32_t width = p.activation_max - p.activation_min;
  for (int32_t i = 0; i < p.count; ++i) {
    const int32_t a = scale1.OfInput(input1[i] - p.input1_zero_point);
    const int32_t b = scale2.OfInput(input2[i] - p.input2_zero_point);
    // Clamped by masks, since a branch would depend on the data.
    int32_t y = scale.OfSum(a + b) + below_max;
    y = (y & (y >> 31)) + width;
    y = (y & ~(y >> 31)) + p.activation_min;
    output[i] = static_cast<int8_t>(y);
  }
}

}  // namespace kinglet::kernels
