// The scaling of scale.h in C++, for processors other than Armv6-M: the same outputs from the same
// words, with long products.
#pragma once

#include "device/kernels/lanes/scale.h"
#include "device/kernels/requantize.h"

namespace kinglet::kernels {

// One channel's constants.
class LanesScale {
 public:
  // words: multiplier, 256 * reach + s.
  LanesScale(const LanesRange& range, const int32_t* words)
      : multiplier_(words[0]), shift_(words[1] & 0xFF) {
    const int32_t reach = words[1] >> 8;
    high_ = (reach * range.high) >> 8;
    low_ = (reach * range.low) >> 8;
    rounding_ = WrappingAdd(WrappingShiftLeft(range.middle >> 24, shift_), 1 << (shift_ - 1));
  }

  // sum: with the bias. The clamps are sums and masks, since a branch would depend on the data.
  int8_t operator()(int32_t sum) const {
    int32_t x = sum - high_;
    x = (x & (x >> 31)) + (high_ - low_);
    x = (x & ~(x >> 31)) + low_;
    const int64_t product = int64_t{2 * x} * multiplier_;
    const int32_t scaled = static_cast<int32_t>(product >> 32) +
                           static_cast<int32_t>(static_cast<uint32_t>(product) >> 31);
    return static_cast<int8_t>((scaled + (scaled >> 31) + rounding_) >> shift_);
  }

 private:
  int32_t multiplier_, shift_;
  int32_t high_, low_;
  int32_t rounding_;  // 1/2 and the zero point
};

}  // namespace kinglet::kernels
