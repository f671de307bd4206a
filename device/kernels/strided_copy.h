// Moves elements between places that lie at fixed distances: transposing, slicing, joining,
// splitting, the inside of a padded tensor.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

inline constexpr int32_t kCopyRank = 6;

struct StridedCopyParams {
  int32_t run_bytes;               // that lie together on both sides
  int32_t sizes[kCopyRank];        // how many runs there are, outermost dimension first
  int32_t input_steps[kCopyRank];  // bytes from one to the next along each dimension, or back
  int32_t output_steps[kCopyRank];
  int32_t input_offset, output_offset;  // bytes to the first run
};

// input and output must not overlap.
void StridedCopy(const StridedCopyParams& params, const void* input, void* output);

}  // namespace kinglet::kernels
