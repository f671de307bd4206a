// What transposed convolutions of all types share. The reference scatters input pixels into sums
// for the whole output; here each output pixel gathers from the input pixels whose filters cover
// it: the same sums, without memory for them.
#pragma once

#include <stdint.h>

#include "device/kernels/requantize_int16.h"
#include "device/kernels/transpose_conv_2d.h"
#include "device/kernels/window.h"

namespace kinglet::kernels {

// `stage(sum, multiplier, shift)` makes an output element of its sum.
template <typename Sum, typename Element, typename Stage>
inline void TransposeGather(const TransposeConv2dParams& p, const Element* input,
                            const int8_t* weights, const Sum* bias, const int32_t* multipliers,
                            const int8_t* shifts, const Stage& stage, Element* output) {
  const int32_t filter_size = p.filter_h * p.filter_w * p.input_c;
  for (int32_t b = 0; b < p.batches; ++b) {
    for (int32_t y = 0; y < p.output_h; ++y) {
      const int32_t at_y = y + p.pad_top;
      const TapRange rows = InputsCovering(at_y, p.filter_h, p.stride_h, p.input_h);
      for (int32_t x = 0; x < p.output_w; ++x) {
        const int32_t at_x = x + p.pad_left;
        const TapRange columns = InputsCovering(at_x, p.filter_w, p.stride_w, p.input_w);
        for (int32_t c = 0; c < p.output_c; ++c) {
          Sum sum = 0;
          for (int32_t row = rows.begin; row < rows.end; ++row) {
            const int32_t filter_row = (at_y - row * p.stride_h) * p.filter_w + at_x;
            for (int32_t column = columns.begin; column < columns.end; ++column) {
              const Element* v = input + (row * p.input_w + column) * p.input_c;
              const int8_t* w =
                  weights + c * filter_size + (filter_row - column * p.stride_w) * p.input_c;
              for (int32_t i = 0; i < p.input_c; ++i) {
                Accumulate(sum, (v[i] - p.input_zero_point) * w[i]);
              }
            }
          }
          if (bias != nullptr) Accumulate(sum, bias[c]);
          *output++ = stage(sum, multipliers[c], shifts[c]);
        }
      }
    }
    input += p.input_h * p.input_w * p.input_c;
  }
}

}  // namespace kinglet::kernels
