#include "device/kernels/conv_2d.h"

#include "device/kernels/requantize.h"
#include "device/kernels/window.h"

namespace kinglet::kernels {
namespace {

constexpr int32_t kBlock = 4;  // output channels per pass over a window: one load feeds four sums

// The part of the input under a filter, as runs of elements that lie together in the input and in
// each filter.
struct Window {
  const int8_t* input;    // first element of the first run
  int32_t filter_offset;  // its place in a filter
  int32_t rows, input_row_step, filter_row_step;
  int32_t runs, input_run_step, filter_run_step;  // per row
  int32_t run_length;
  int32_t zero_point;
};

// sums[j] = sum of (input - zero point) * weights of filter j.
void DotBlock(const Window& window, const int8_t* filters, int32_t filter_size, int32_t* sums) {
  int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  for (int32_t row = 0; row < window.rows; ++row) {
    for (int32_t run = 0; run < window.runs; ++run) {
      const int8_t* x = window.input + row * window.input_row_step + run * window.input_run_step;
      const int8_t* w0 = filters + window.filter_offset + row * window.filter_row_step +
                         run * window.filter_run_step;
      const int8_t* w1 = w0 + filter_size;
      const int8_t* w2 = w1 + filter_size;
      const int8_t* w3 = w2 + filter_size;
      for (int32_t i = 0; i < window.run_length; ++i) {
        const int16_t v = static_cast<int16_t>(x[i] - window.zero_point);
        s0 += v * w0[i];
        s1 += v * w1[i];
        s2 += v * w2[i];
        s3 += v * w3[i];
      }
    }
  }
  sums[0] = s0;
  sums[1] = s1;
  sums[2] = s2;
  sums[3] = s3;
}

int32_t DotOne(const Window& window, const int8_t* filter) {
  int32_t sum = 0;
  for (int32_t row = 0; row < window.rows; ++row) {
    for (int32_t run = 0; run < window.runs; ++run) {
      const int8_t* x = window.input + row * window.input_row_step + run * window.input_run_step;
      const int8_t* w = filter + window.filter_offset + row * window.filter_row_step +
                        run * window.filter_run_step;
      for (int32_t i = 0; i < window.run_length; ++i) {
        sum += static_cast<int16_t>(x[i] - window.zero_point) * w[i];
      }
    }
  }
  return sum;
}

// The window of the output pixel (y, x), for the first group of channels.
Window WindowAt(const Conv2dParams& p, const int8_t* image, int32_t y, int32_t x) {
  const int32_t filter_c = p.input_c / p.groups;
  const int32_t origin_y = y * p.stride_h - p.pad_top;
  const int32_t origin_x = x * p.stride_w - p.pad_left;
  const TapRange rows = TapsInside(origin_y, p.filter_h, p.dilation_h, p.input_h);
  const TapRange columns = TapsInside(origin_x, p.filter_w, p.dilation_w, p.input_w);
  Window window;
  window.input = image;
  window.filter_offset = 0;
  window.rows = rows.end - rows.begin;
  window.runs = columns.end - columns.begin;
  if (window.rows == 0 || window.runs == 0) window.rows = window.runs = 0;
  if (window.rows != 0) {
    const int32_t pixel = (origin_y + rows.begin * p.dilation_h) * p.input_w + origin_x +
                          columns.begin * p.dilation_w;
    window.input += pixel * p.input_c;
    window.filter_offset = (rows.begin * p.filter_w + columns.begin) * filter_c;
  }
  window.input_row_step = p.dilation_h * p.input_w * p.input_c;
  window.filter_row_step = p.filter_w * filter_c;
  window.input_run_step = p.dilation_w * p.input_c;
  window.filter_run_step = filter_c;
  window.run_length = filter_c;
  if (p.dilation_w == 1 && p.groups == 1) {  // neighbouring pixels lie together: one run a row
    window.run_length *= window.runs;
    window.runs = 1;
  }
  window.zero_point = p.input_zero_point;
  return window;
}

}  // namespace

void Conv2d(const Conv2dParams& params, const int8_t* input, const int8_t* weights,
            const int32_t* bias, const int32_t* multipliers, const int8_t* shifts, int8_t* output) {
  const Conv2dParams& p = params;
  const OutputStage stage{p.output_zero_point, p.activation_min, p.activation_max};
  const int32_t filter_c = p.input_c / p.groups;
  const int32_t filter_size = p.filter_h * p.filter_w * filter_c;
  const int32_t group_c = p.output_c / p.groups;
  const int32_t image_size = p.input_h * p.input_w * p.input_c;
  for (int32_t b = 0; b < p.batches; ++b) {
    for (int32_t y = 0; y < p.output_h; ++y) {
      for (int32_t x = 0; x < p.output_w; ++x) {
        Window window = WindowAt(p, input + b * image_size, y, x);
        int32_t c = 0;
        for (int32_t group = 0; group < p.groups; ++group) {
          const int32_t group_end = c + group_c;
          while (c < group_end) {
            int32_t sums[kBlock];
            int32_t count = 1;
            if (group_end - c >= kBlock) {
              DotBlock(window, weights + c * filter_size, filter_size, sums);
              count = kBlock;
            } else {
              sums[0] = DotOne(window, weights + c * filter_size);
            }
            for (int32_t j = 0; j < count; ++j, ++c) {
              const int32_t sum = bias != nullptr ? WrappingAdd(sums[j], bias[c]) : sums[j];
              *output++ = stage(sum, multipliers[c], shifts[c]);
            }
          }
          window.input += filter_c;
        }
      }
    }
  }
}

}  // namespace kinglet::kernels
