// What the pools of int8 and of int16 tensors have alike: windows over NHWC images.
#pragma once

#include <stdint.h>

#include "device/kernels/requantize.h"
#include "device/kernels/window.h"

namespace kinglet::kernels {

// The part of a window that lies inside the input; `first` is channel 0 of its first element.
template <typename Element>
struct PoolWindow {
  const Element* first;
  int32_t rows, columns;
  int32_t row_step, column_step;
};

// Writes value(window, channel) for every output, pixel by pixel.
template <typename Element, typename Params, typename Value>
void ForEachPoolWindow(const Params& p, const Element* input, Element* output, const Value& value) {
  for (int32_t b = 0; b < p.batches; ++b) {
    for (int32_t y = 0; y < p.output_h; ++y) {
      const int32_t origin_y = y * p.stride_h - p.pad_top;
      const TapRange rows = TapsInside(origin_y, p.filter_h, 1, p.input_h);
      for (int32_t x = 0; x < p.output_w; ++x) {
        const int32_t origin_x = x * p.stride_w - p.pad_left;
        const TapRange columns = TapsInside(origin_x, p.filter_w, 1, p.input_w);
        const int32_t pixel = (origin_y + rows.begin) * p.input_w + origin_x + columns.begin;
        const PoolWindow<Element> window{input + pixel * p.channels, rows.end - rows.begin,
                                         columns.end - columns.begin, p.input_w * p.channels,
                                         p.channels};
        for (int32_t c = 0; c < p.channels; ++c) {
          *output++ = static_cast<Element>(value(window, c));
        }
      }
    }
    input += p.input_h * p.input_w * p.channels;
  }
}

// The mean of a window's elements, halves away from zero, clamped. A window has at least one
// element.
template <typename Element, typename Params>
void AveragePool(const Params& p, const Element* input, Element* output) {
  ForEachPoolWindow(p, input, output, [&p](const PoolWindow<Element>& window, int32_t channel) {
    int32_t sum = 0;
    for (int32_t row = 0; row < window.rows; ++row) {
      const Element* x = window.first + row * window.row_step + channel;
      for (int32_t column = 0; column < window.columns; ++column, x += window.column_step) {
        sum += *x;
      }
    }
    const int32_t count = window.rows * window.columns;
    const int32_t mean = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
    return Clamp(mean, p.activation_min, p.activation_max);
  });
}

// The greatest of a window's elements, clamped.
template <typename Element, typename Params>
void MaxPool(const Params& p, const Element* input, Element* output) {
  ForEachPoolWindow(p, input, output, [&p](const PoolWindow<Element>& window, int32_t channel) {
    int32_t greatest = p.activation_min;
    for (int32_t row = 0; row < window.rows; ++row) {
      const Element* x = window.first + row * window.row_step + channel;
      for (int32_t column = 0; column < window.columns; ++column, x += window.column_step) {
        greatest = Max(greatest, *x);
      }
    }
    return Min(greatest, p.activation_max);
  });
}

}  // namespace kinglet::kernels
