#include "device/kernels/gather.h"

#include <string.h>

#include "device/kernels/requantize.h"

namespace kinglet::kernels {

void Gather(const GatherParams& params, const void* input, const int32_t* indices, void* output) {
  const GatherParams& p = params;
  const uint8_t* from = static_cast<const uint8_t*>(input);
  uint8_t* to = static_cast<uint8_t*>(output);
  for (int32_t b = 0; b < p.batches; ++b) {
    for (int32_t o = 0; o < p.outer; ++o) {
      for (int32_t i = 0; i < p.indices; ++i) {
        const int32_t index = Clamp(indices[i], 0, p.axis_size - 1);
        memcpy(to, from + index * p.slice_bytes, static_cast<size_t>(p.slice_bytes));
        to += p.slice_bytes;
      }
      from += p.axis_size * p.slice_bytes;
    }
    indices += p.indices;
  }
}

}  // namespace kinglet::kernels
