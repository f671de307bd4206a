#include "device/kernels/average_pool_2d_int16.h"

#include "device/kernels/requantize.h"
#include "device/kernels/window.h"

namespace kinglet::kernels {
namespace {

// The window of one output pixel: `first` is channel 0 of its top left element.
struct Window {
  const int16_t* first;
  int32_t rows, columns;
  int32_t row_step, column_step;
};

int32_t Mean(const Window& window, int32_t channel) {
  int32_t sum = 0;
  for (int32_t row = 0; row < window.rows; ++row) {
    const int16_t* x = window.first + row * window.row_step + channel;
    for (int32_t column = 0; column < window.columns; ++column, x += window.column_step) sum += *x;
  }
  const int32_t count = window.rows * window.columns;
  return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

}  // namespace

void AveragePool2dInt16(const AveragePool2dParams& params, const int16_t* input, int16_t* output) {
  const AveragePool2dParams& p = params;
  for (int32_t b = 0; b < p.batches; ++b) {
    for (int32_t y = 0; y < p.output_h; ++y) {
      const int32_t origin_y = y * p.stride_h - p.pad_top;
      const TapRange rows = TapsInside(origin_y, p.filter_h, 1, p.input_h);
      for (int32_t x = 0; x < p.output_w; ++x) {
        const int32_t origin_x = x * p.stride_w - p.pad_left;
        const TapRange columns = TapsInside(origin_x, p.filter_w, 1, p.input_w);
        const int32_t pixel = (origin_y + rows.begin) * p.input_w + origin_x + columns.begin;
        const Window window{input + pixel * p.channels, rows.end - rows.begin,
                            columns.end - columns.begin, p.input_w * p.channels, p.channels};
        for (int32_t c = 0; c < p.channels; ++c) {
          *output++ =
              static_cast<int16_t>(Clamp(Mean(window, c), p.activation_min, p.activation_max));
        }
      }
    }
    input += p.input_h * p.input_w * p.channels;
  }
}

}  // namespace kinglet::kernels
