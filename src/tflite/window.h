// The format's two paddings. Shared by reader and writer, so that they undo each other.
#pragma once

#include <algorithm>
#include <cstdint>

#include "src/ir/graph.h"

namespace kinglet::tflite {

// A sliding window over an input, height and width; all values at least 1.
struct Window {
  int64_t input_h = 1, input_w = 1;
  int64_t filter_h = 1, filter_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t dilation_h = 1, dilation_w = 1;
};

// SAME: ceil(input / stride) outputs, the odd zero goes to the bottom and right.
inline ir::Padding SamePadding(const Window& w) {
  const auto total = [](int64_t input, int64_t filter, int64_t stride, int64_t dilation) {
    const int64_t outputs = (input + stride - 1) / stride;
    const int64_t reach = (filter - 1) * dilation + 1;
    // Verify refuses paddings beyond its limit; the bound keeps hostile sizes within int32 until
    // then.
    return static_cast<int32_t>(
        std::clamp<int64_t>((outputs - 1) * stride + reach - input, 0, int64_t{1} << 30));
  };
  const int32_t h = total(w.input_h, w.filter_h, w.stride_h, w.dilation_h);
  const int32_t v = total(w.input_w, w.filter_w, w.stride_w, w.dilation_w);
  return {.top = h / 2, .left = v / 2, .bottom = h - h / 2, .right = v - v / 2};
}

}  // namespace kinglet::tflite
