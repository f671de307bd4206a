// TensorFlow Lite's fixed-point arithmetic written a second time from its definitions, in integers
// wide enough that nothing overflows and in exact long double: what the kernels are tested against.
#pragma once

#include <cstdint>

namespace kinglet::testing::exact {

// The 32 low bits of x, as int32 arithmetic on every processor leaves them.
int64_t Wrap32(int64_t x);
int64_t Clamp(int64_t x, int64_t low, int64_t high);

// round(a * b / 2^(bits - 1)), halves upwards, saturated to `bits` (16 or 32) bits.
int64_t HighMul(int64_t a, int64_t b, int bits = 32);
// round(x / 2^exponent), halves away from zero.
int64_t RoundShift(int64_t x, int exponent);
// x * 2^exponent in 32 bits, saturated.
int64_t SaturatingShift(int64_t x, int exponent);

// real = fixed * 2^(shift - 31), as the reference rounds it.
struct Multiplier {
  int64_t fixed = 0;
  int shift = 0;
};
Multiplier MakeMultiplier(double real);
// The reference's two roundings of x * multiplier; the left shift wraps.
int64_t Rescale(int64_t x, const Multiplier& multiplier);
// Its one rounding for accumulators of 64 bits, with the 16 upper bits of the multiplier.
int64_t RescaleWide(int64_t x, const Multiplier& multiplier);

// gemmlowp's functions. x has `integer_bits` bits before the point of 31; results are Q0.31.
int64_t ExpOfNegative(int64_t x, int integer_bits);
int64_t ReciprocalOfOnePlus(int64_t fraction);  // of a fraction in [0, 1) in Q0.31
int64_t Logistic(int64_t x, int integer_bits);
int64_t Tanh(int64_t x, int integer_bits);

}  // namespace kinglet::testing::exact
