#include "device/kernels/depthwise_conv_2d.h"

#include "device/kernels/requantize.h"
#include "device/kernels/window.h"

namespace kinglet::kernels {
namespace {

constexpr int32_t kBlock = 4;  // channels whose sums are kept in registers

// The taps of one output pixel that fall inside the input.
struct Window {
  const int8_t* input;    // channel 0 under the first tap
  const int8_t* weights;  // channel 0 of the first tap
  int32_t rows, columns;
  int32_t input_row_step, input_column_step;
  int32_t weights_row_step, weights_column_step;
  int32_t zero_point;
};

Window WindowAt(const DepthwiseConv2dParams& p, const int8_t* image, const int8_t* weights,
                int32_t y, int32_t x) {
  const int32_t output_c = p.input_c * p.depth_multiplier;
  const int32_t origin_y = y * p.stride_h - p.pad_top;
  const int32_t origin_x = x * p.stride_w - p.pad_left;
  const TapRange rows = TapsInside(origin_y, p.filter_h, p.dilation_h, p.input_h);
  const TapRange columns = TapsInside(origin_x, p.filter_w, p.dilation_w, p.input_w);
  Window window;
  window.input = image;
  window.weights = weights;
  window.rows = rows.end - rows.begin;
  window.columns = columns.end - columns.begin;
  if (window.rows != 0 && window.columns != 0) {
    const int32_t pixel = (origin_y + rows.begin * p.dilation_h) * p.input_w + origin_x +
                          columns.begin * p.dilation_w;
    window.input += pixel * p.input_c;
    window.weights += (rows.begin * p.filter_w + columns.begin) * output_c;
  } else {
    window.rows = 0;
  }
  window.input_row_step = p.dilation_h * p.input_w * p.input_c;
  window.input_column_step = p.dilation_w * p.input_c;
  window.weights_row_step = p.filter_w * output_c;
  window.weights_column_step = output_c;
  window.zero_point = p.input_zero_point;
  return window;
}

// sums[j] for output channels c + j, when input and output channels are the same.
void DotBlock(const Window& window, int32_t c, int32_t* sums) {
  int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  for (int32_t row = 0; row < window.rows; ++row) {
    const int8_t* x = window.input + row * window.input_row_step + c;
    const int8_t* w = window.weights + row * window.weights_row_step + c;
    for (int32_t column = 0; column < window.columns; ++column) {
      s0 += (x[0] - window.zero_point) * w[0];
      s1 += (x[1] - window.zero_point) * w[1];
      s2 += (x[2] - window.zero_point) * w[2];
      s3 += (x[3] - window.zero_point) * w[3];
      x += window.input_column_step;
      w += window.weights_column_step;
    }
  }
  sums[0] = s0;
  sums[1] = s1;
  sums[2] = s2;
  sums[3] = s3;
}

int32_t DotOne(const Window& window, int32_t input_c, int32_t output_c) {
  int32_t sum = 0;
  for (int32_t row = 0; row < window.rows; ++row) {
    const int8_t* x = window.input + row * window.input_row_step + input_c;
    const int8_t* w = window.weights + row * window.weights_row_step + output_c;
    for (int32_t column = 0; column < window.columns; ++column) {
      sum += (*x - window.zero_point) * *w;
      x += window.input_column_step;
      w += window.weights_column_step;
    }
  }
  return sum;
}

}  // namespace

void DepthwiseConv2d(const DepthwiseConv2dParams& params, const int8_t* input,
                     const int8_t* weights, const int32_t* bias, const int32_t* multipliers,
                     const int8_t* shifts, int8_t* output) {
  const DepthwiseConv2dParams& p = params;
  const OutputStage stage{p.output_zero_point, p.activation_min, p.activation_max};
  const int32_t output_c = p.input_c * p.depth_multiplier;
  const int32_t image_size = p.input_h * p.input_w * p.input_c;
  for (int32_t b = 0; b < p.batches; ++b) {
    for (int32_t y = 0; y < p.output_h; ++y) {
      for (int32_t x = 0; x < p.output_w; ++x) {
        const Window window = WindowAt(p, input + b * image_size, weights, y, x);
        int32_t input_c = 0, copy = 0;  // c == input_c * depth_multiplier + copy
        for (int32_t c = 0; c < output_c;) {
          int32_t sums[kBlock];
          int32_t count = 1;
          if (p.depth_multiplier == 1 && output_c - c >= kBlock) {
            DotBlock(window, c, sums);
            count = kBlock;
          } else {
            sums[0] = DotOne(window, p.depth_multiplier == 1 ? c : input_c, c);
            if (++copy == p.depth_multiplier) {
              copy = 0;
              ++input_c;
            }
          }
          for (int32_t j = 0; j < count; ++j, ++c) {
            const int32_t sum = bias != nullptr ? WrappingAdd(sums[j], bias[c]) : sums[j];
            *output++ = stage(sum, multipliers[c], shifts[c]);
          }
        }
      }
    }
  }
}

}  // namespace kinglet::kernels
