#include "device/kernels/resize_nearest_neighbor.h"

#include <string.h>

namespace kinglet::kernels {

void ResizeNearestNeighbor(const ResizeNearestNeighborParams& params, const void* input,
                           const int32_t* rows, const int32_t* columns, void* output) {
  const ResizeNearestNeighborParams& p = params;
  const uint8_t* from = static_cast<const uint8_t*>(input);
  uint8_t* to = static_cast<uint8_t*>(output);
  for (int32_t b = 0; b < p.batches; ++b) {
    for (int32_t y = 0; y < p.output_h; ++y) {
      const uint8_t* row = from + rows[y] * p.input_w * p.pixel_bytes;
      for (int32_t x = 0; x < p.output_w; ++x) {
        memcpy(to, row + columns[x] * p.pixel_bytes, static_cast<size_t>(p.pixel_bytes));
        to += p.pixel_bytes;
      }
    }
    from += p.input_h * p.input_w * p.pixel_bytes;
  }
}

}  // namespace kinglet::kernels
