#include "device/kernels/strided_copy.h"

#include <string.h>

namespace kinglet::kernels {
namespace {

// One line of runs along the innermost dimension.
void CopyLine(const StridedCopyParams& p, const uint8_t* input, uint8_t* output) {
  const int32_t count = p.sizes[kCopyRank - 1];
  const int32_t input_step = p.input_steps[kCopyRank - 1];
  const int32_t output_step = p.output_steps[kCopyRank - 1];
  if (p.run_bytes == 1) {
    for (int32_t i = 0; i < count; ++i) output[i * output_step] = input[i * input_step];
    return;
  }
  for (int32_t i = 0; i < count; ++i) {
    memcpy(output + i * output_step, input + i * input_step, static_cast<size_t>(p.run_bytes));
  }
}

}  // namespace

void StridedCopy(const StridedCopyParams& params, const void* input, void* output) {
  const StridedCopyParams& p = params;
  const uint8_t* from = static_cast<const uint8_t*>(input) + p.input_offset;
  uint8_t* to = static_cast<uint8_t*>(output) + p.output_offset;
  int32_t index[kCopyRank - 1] = {};
  int32_t d = 0;
  while (d >= 0) {
    CopyLine(p, from, to);
    for (d = kCopyRank - 2; d >= 0; --d) {
      if (++index[d] < p.sizes[d]) {
        from += p.input_steps[d];
        to += p.output_steps[d];
        break;
      }
      from -= p.input_steps[d] * (p.sizes[d] - 1);
      to -= p.output_steps[d] * (p.sizes[d] - 1);
      index[d] = 0;
    }
  }
}

}  // namespace kinglet::kernels
