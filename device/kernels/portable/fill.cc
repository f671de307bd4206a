#include "device/kernels/fill.h"

#include <string.h>

namespace kinglet::kernels {

void Fill(const FillParams& params, void* output) {
  const auto count = static_cast<size_t>(params.count);
  if (params.element_bytes == 1) {
    memset(output, params.value, count);
    return;
  }
  if (params.element_bytes == 2) {
    int16_t* out = static_cast<int16_t*>(output);
    for (size_t i = 0; i < count; ++i) out[i] = static_cast<int16_t>(params.value);
    return;
  }
  int32_t* out = static_cast<int32_t*>(output);
  for (size_t i = 0; i < count; ++i) out[i] = params.value;
}

}  // namespace kinglet::kernels
