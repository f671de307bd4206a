// Random numbers that are the same on every machine, compiler and thread count (the standard
// distributions are not).
#pragma once

#include <cstdint>

namespace kinglet {

// PCG-XSH-RR 64/32 (O'Neill 2014). `stream` picks one of 2^63 independent sequences of a seed: one
// per sample, layer or worker.
class Random {
 public:
  explicit Random(uint64_t seed, uint64_t stream = 0) : increment_((stream << 1) | 1) {
    Next();
    state_ += seed;
    Next();
  }

  uint32_t Next() {
    const uint64_t old = state_;
    state_ = old * 6364136223846793005ULL + increment_;
    const auto shifted = static_cast<uint32_t>(((old >> 18) ^ old) >> 27);
    const auto rotate = static_cast<uint32_t>(old >> 59);
    return (shifted >> rotate) | (shifted << ((32 - rotate) & 31));
  }

  // Uniform in [0, bound), bound > 0; the bias is below bound / 2^32.
  uint32_t Below(uint32_t bound) {
    return static_cast<uint32_t>((static_cast<uint64_t>(Next()) * bound) >> 32);
  }

  // Uniform in [0, 1), 24 bits.
  float Uniform() { return static_cast<float>(Next() >> 8) * 0x1p-24F; }
  float Uniform(float low, float high) { return low + (high - low) * Uniform(); }

  // Standard normal, from the sum of twelve uniforms (Irwin-Hall): no libm call, so the bits never
  // differ. Tails end at +-6.
  float Normal() {
    float sum = -6.0F;
    for (int i = 0; i < 12; ++i) sum += Uniform();
    return sum;
  }

 private:
  uint64_t state_ = 0;
  uint64_t increment_;
};

}  // namespace kinglet
