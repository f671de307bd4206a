#include "device/kernels/helium/max_pool_2d.h"

#include "device/kernels/helium/sum.h"
#include "device/kernels/window.h"

namespace kinglet::kernels {

void VectorMaxPool2d(const VectorMaxPool2dParams& params, const int8_t* input, int8_t* output) {
  const VectorMaxPool2dParams& p = params;
  for (int32_t y = 0; y < p.output_h; ++y) {
    const int32_t origin_y = y * p.stride_h - p.pad_top;
    const TapRange rows = TapsInside(origin_y, p.filter_h, 1, p.input_h);
    for (int32_t x = 0; x < p.output_w; ++x, output += p.channels) {
      const int32_t origin_x = x * p.stride_w - p.pad_left;
      const TapRange columns = TapsInside(origin_x, p.filter_w, 1, p.input_w);
      const int32_t pixel = (origin_y + rows.begin) * p.input_w + origin_x + columns.begin;
      const KingletWindowMax job{input + pixel * p.channels,
                                 output,
                                 rows.end - rows.begin,
                                 columns.end - columns.begin,
                                 p.input_w * p.channels,
                                 p.channels,
                                 p.channels,
                                 p.activation_min,
                                 p.activation_max};
      KingletMaxVector(&job);
    }
  }
}

}  // namespace kinglet::kernels
