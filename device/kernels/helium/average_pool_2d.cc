#include "device/kernels/helium/average_pool_2d.h"

#include "device/kernels/helium/sum.h"
#include "device/kernels/requantize.h"
#include "device/kernels/window.h"

namespace kinglet::kernels {
namespace {

constexpr int32_t kChannels = 8;  // at a time

void MeanOfPixel(const VectorAveragePool2dParams& p, KingletWindowSum job, int8_t* output) {
  const int32_t count = job.rows * job.columns, half = count >> 1;
  for (int32_t left = p.channels; left > 0; left -= kChannels) {
    int16_t sums[kChannels];
    KingletSumVector(&job, sums);
    for (int32_t i = 0; i < Min(left, kChannels); ++i) {
      const int32_t rounded = sums[i] > 0 ? sums[i] + half : sums[i] - half;
      *output++ = static_cast<int8_t>(Clamp(rounded / count, p.activation_min, p.activation_max));
    }
    job.input += kChannels;
  }
}

}  // namespace

void VectorAveragePool2d(const VectorAveragePool2dParams& params, const int8_t* input,
                         int8_t* output) {
  const VectorAveragePool2dParams& p = params;
  for (int32_t y = 0; y < p.output_h; ++y) {
    const int32_t origin_y = y * p.stride_h - p.pad_top;
    const TapRange rows = TapsInside(origin_y, p.filter_h, 1, p.input_h);
    for (int32_t x = 0; x < p.output_w; ++x, output += p.channels) {
      const int32_t origin_x = x * p.stride_w - p.pad_left;
      const TapRange columns = TapsInside(origin_x, p.filter_w, 1, p.input_w);
      const int32_t pixel = (origin_y + rows.begin) * p.input_w + origin_x + columns.begin;
      MeanOfPixel(p,
                  {input + pixel * p.channels, rows.end - rows.begin, columns.end - columns.begin,
                   p.input_w * p.channels, p.channels},
                  output);
    }
  }
}

}  // namespace kinglet::kernels
