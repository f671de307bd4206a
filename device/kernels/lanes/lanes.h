// Two sums in the halves of a word, in C++.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

// What a block begins with: it keeps the lower half from being negative.
inline constexpr uint32_t kLanesHalf = 0x8000;

// Both sums over all blocks.
class Lanes {
 public:
  explicit Lanes(int32_t blocks) : both_(0 - kLanesHalf * static_cast<uint32_t>(blocks)) {}

  // A block's word, which began with kLanesHalf.
  void Add(uint32_t block) {
    both_ += block;
    upper_ += static_cast<int32_t>(block) >> 16;
  }
  int32_t Upper() const { return upper_; }
  int32_t Lower() const {
    return static_cast<int32_t>(both_ - (static_cast<uint32_t>(upper_) << 16));
  }

 private:
  uint32_t both_;  // lower + 65536 * upper
  int32_t upper_ = 0;
};

}  // namespace kinglet::kernels
