#include "device/kernels/conv_2d_int16.h"

#include "device/kernels/requantize_int16.h"
#include "device/kernels/window.h"

namespace kinglet::kernels {
namespace {

// The taps of one output pixel that fall inside the input.
struct Window {
  int32_t y, x;  // of the filter's first tap
  TapRange rows, columns;
};

template <typename Sum>
Sum Dot(const Conv2dParams& p, const Window& window, const int16_t* channels,
        const int8_t* filter) {
  const int32_t filter_c = p.input_c / p.groups;
  Sum sum = 0;
  for (int32_t fy = window.rows.begin; fy < window.rows.end; ++fy) {
    for (int32_t fx = window.columns.begin; fx < window.columns.end; ++fx) {
      const int32_t pixel =
          (window.y + fy * p.dilation_h) * p.input_w + window.x + fx * p.dilation_w;
      const int16_t* x = channels + pixel * p.input_c;
      const int8_t* w = filter + (fy * p.filter_w + fx) * filter_c;
      for (int32_t i = 0; i < filter_c; ++i) Accumulate(sum, x[i] * w[i]);
    }
  }
  return sum;
}

template <typename Sum>
void Convolve(const Conv2dParams& p, const int16_t* image, const int8_t* weights, const Sum* bias,
              const int32_t* multipliers, const int8_t* shifts, int16_t* output) {
  const OutputStageInt16 stage{p.activation_min, p.activation_max};
  const int32_t filter_c = p.input_c / p.groups, group_c = p.output_c / p.groups;
  const int32_t filter_size = p.filter_h * p.filter_w * filter_c;
  for (int32_t b = 0; b < p.batches; ++b) {
    for (int32_t y = 0; y < p.output_h; ++y) {
      for (int32_t x = 0; x < p.output_w; ++x) {
        Window window{y * p.stride_h - p.pad_top, x * p.stride_w - p.pad_left, {}, {}};
        window.rows = TapsInside(window.y, p.filter_h, p.dilation_h, p.input_h);
        window.columns = TapsInside(window.x, p.filter_w, p.dilation_w, p.input_w);
        int32_t c = 0;
        for (int32_t group = 0; group < p.groups; ++group) {
          for (int32_t i = 0; i < group_c; ++i, ++c) {
            Sum sum = Dot<Sum>(p, window, image + group * filter_c, weights + c * filter_size);
            if (bias != nullptr) Accumulate(sum, bias[c]);
            *output++ = stage(sum, multipliers[c], shifts[c]);
          }
        }
      }
    }
    image += p.input_h * p.input_w * p.input_c;
  }
}

}  // namespace

void Conv2dInt16(const Conv2dParams& params, const int16_t* input, const int8_t* weights,
                 const int64_t* bias, const int32_t* multipliers, const int8_t* shifts,
                 int16_t* output) {
  Convolve(params, input, weights, bias, multipliers, shifts, output);
}

void Conv2dInt16Bias32(const Conv2dParams& params, const int16_t* input, const int8_t* weights,
                       const int32_t* bias, const int32_t* multipliers, const int8_t* shifts,
                       int16_t* output) {
  Convolve(params, input, weights, bias, multipliers, shifts, output);
}

}  // namespace kinglet::kernels
