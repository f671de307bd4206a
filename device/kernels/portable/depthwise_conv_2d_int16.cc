#include "device/kernels/depthwise_conv_2d_int16.h"

#include "device/kernels/requantize_int16.h"
#include "device/kernels/window.h"

namespace kinglet::kernels {
namespace {

// The taps of one output pixel that fall inside the input.
struct Window {
  int32_t y, x;  // of the filter's first tap
  TapRange rows, columns;
};

int64_t Dot(const DepthwiseConv2dParams& p, const Window& window, const int16_t* channel,
            const int8_t* weights) {
  const int32_t output_c = p.input_c * p.depth_multiplier;
  int64_t sum = 0;
  for (int32_t fy = window.rows.begin; fy < window.rows.end; ++fy) {
    for (int32_t fx = window.columns.begin; fx < window.columns.end; ++fx) {
      const int32_t pixel =
          (window.y + fy * p.dilation_h) * p.input_w + window.x + fx * p.dilation_w;
      Accumulate(sum, channel[pixel * p.input_c] * weights[(fy * p.filter_w + fx) * output_c]);
    }
  }
  return sum;
}

}  // namespace

void DepthwiseConv2dInt16(const DepthwiseConv2dParams& params, const int16_t* input,
                          const int8_t* weights, const int64_t* bias, const int32_t* multipliers,
                          const int8_t* shifts, int16_t* output) {
  const DepthwiseConv2dParams& p = params;
  const OutputStageInt16 stage{p.activation_min, p.activation_max};
  for (int32_t b = 0; b < p.batches; ++b) {
    for (int32_t y = 0; y < p.output_h; ++y) {
      for (int32_t x = 0; x < p.output_w; ++x) {
        Window window{y * p.stride_h - p.pad_top, x * p.stride_w - p.pad_left, {}, {}};
        window.rows = TapsInside(window.y, p.filter_h, p.dilation_h, p.input_h);
        window.columns = TapsInside(window.x, p.filter_w, p.dilation_w, p.input_w);
        int32_t c = 0;
        for (int32_t input_c = 0; input_c < p.input_c; ++input_c) {
          for (int32_t copy = 0; copy < p.depth_multiplier; ++copy, ++c) {
            int64_t sum = Dot(p, window, input + input_c, weights + c);
            if (bias != nullptr) Accumulate(sum, bias[c]);
            *output++ = stage(sum, multipliers[c], shifts[c]);
          }
        }
      }
    }
    input += p.input_h * p.input_w * p.input_c;
  }
}

}  // namespace kinglet::kernels
