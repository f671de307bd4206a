#include "device/kernels/max_pool_2d_int16.h"

#include "device/kernels/requantize.h"
#include "device/kernels/window.h"

namespace kinglet::kernels {

void MaxPool2dInt16(const MaxPool2dParams& params, const int16_t* input, int16_t* output) {
  const MaxPool2dParams& p = params;
  for (int32_t b = 0; b < p.batches; ++b) {
    for (int32_t y = 0; y < p.output_h; ++y) {
      const int32_t origin_y = y * p.stride_h - p.pad_top;
      const TapRange rows = TapsInside(origin_y, p.filter_h, 1, p.input_h);
      for (int32_t x = 0; x < p.output_w; ++x) {
        const int32_t origin_x = x * p.stride_w - p.pad_left;
        const TapRange columns = TapsInside(origin_x, p.filter_w, 1, p.input_w);
        const int32_t pixel = (origin_y + rows.begin) * p.input_w + origin_x + columns.begin;
        const int16_t* first = input + pixel * p.channels;
        for (int32_t c = 0; c < p.channels; ++c) {
          int32_t greatest = p.activation_min;
          for (int32_t row = 0; row < rows.end - rows.begin; ++row) {
            const int16_t* element = first + row * p.input_w * p.channels + c;
            for (int32_t column = columns.begin; column < columns.end; ++column) {
              greatest = Max(greatest, *element);
              element += p.channels;
            }
          }
          *output++ = static_cast<int16_t>(Min(greatest, p.activation_max));
        }
      }
    }
    input += p.input_h * p.input_w * p.channels;
  }
}

}  // namespace kinglet::kernels
