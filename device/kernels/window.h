// Which taps of a sliding window fall inside the input.
#pragma once

#include <stdint.h>

#include "device/kernels/requantize.h"

namespace kinglet::kernels {

// Taps begin <= k < end.
struct TapRange {
  int32_t begin, end;
};

// The taps k in [0, filter) with 0 <= origin + k * dilation < size; begin == end when there are
// none.
inline TapRange TapsInside(int32_t origin, int32_t filter, int32_t dilation, int32_t size) {
  int32_t begin = origin < 0 ? -origin : 0;
  int32_t end = size - origin;
  if (dilation != 1) {  // a division is a function call on the smallest cores
    begin = (begin + dilation - 1) / dilation;
    end = end > 0 ? (end + dilation - 1) / dilation : 0;
  }
  end = Clamp(end, 0, filter);
  return {Min(begin, end), end};
}

// The inputs i in [0, size) of a transposed convolution whose filter, which begins at i * stride,
// covers `at`; begin == end when there are none. at: not negative.
inline TapRange InputsCovering(int32_t at, int32_t filter, int32_t stride, int32_t size) {
  const int32_t begin = at < filter ? 0 : (at - filter) / stride + 1;
  const int32_t end = Min(at / stride + 1, size);
  return {Min(begin, end), end};
}

}  // namespace kinglet::kernels
