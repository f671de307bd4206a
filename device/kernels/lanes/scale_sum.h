// The scaling of scale.h in C++, for processors other than Armv6-M.
#pragma once

#include "device/kernels/lanes/scale.h"
#include "device/kernels/requantize.h"

namespace kinglet::kernels {

// One channel's constants.
class LanesScale {
 public:
  LanesScale(const LanesRange& range, const int32_t* channel) : piece_bits_(range.piece_bits) {
    const uint32_t multiplier = static_cast<uint32_t>(channel[1]);
    const int32_t shift = channel[2] & 0xFF;
    const int32_t reach = channel[2] >> 8;
    bias_ = channel[0];
    high_ = (reach * range.high) >> 8;
    low_ = (reach * range.low) >> 8;
    const uint32_t rest = multiplier << (25 - shift);
    pieces_[0] = static_cast<int32_t>(multiplier >> (7 + shift));
    pieces_[1] = static_cast<int32_t>(rest >> (32 - piece_bits_));
    pieces_[2] = static_cast<int32_t>(rest << piece_bits_ >> (32 - piece_bits_));
    half_ = static_cast<int32_t>(uint32_t{1 << 23} >> shift);
    middle_ = WrappingAdd(range.middle, half_);
  }

  int8_t operator()(int32_t sum) const {
    const int32_t x = Clamp(sum + bias_, low_, high_);
    const int32_t rounding = WrappingAdd(middle_, (x >> 31) & (-2 * half_));
    const int32_t lower = (x * pieces_[1] + ((x * pieces_[2]) >> piece_bits_)) >> piece_bits_;
    const uint32_t scaled = static_cast<uint32_t>(x) * static_cast<uint32_t>(pieces_[0]) +
                            static_cast<uint32_t>(lower) + static_cast<uint32_t>(rounding);
    return static_cast<int8_t>(scaled >> 24);
  }

 private:
  int32_t piece_bits_;
  int32_t bias_, high_, low_;
  int32_t pieces_[3];
  int32_t half_, middle_;
};

}  // namespace kinglet::kernels
