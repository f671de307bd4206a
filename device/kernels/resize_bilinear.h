// An image at another size, interpolated between the four pixels around each place in fixed point
// with 10 bits: TensorFlow Lite's integer reference kernel.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct ResizeBilinearParams {
  int32_t batches;
  int32_t input_h, input_w;
  int32_t output_h, output_w;
  int32_t channels;
  int32_t step_y, step_x;    // from one output pixel to the next, in 1/1024 of the input's
  int32_t first_y, first_x;  // the place of the first one, which may be negative
};

// NHWC; input and output must not overlap.
void ResizeBilinear(const ResizeBilinearParams& params, const int8_t* input, int8_t* output);
void ResizeBilinearInt16(const ResizeBilinearParams& params, const int16_t* input, int16_t* output);

}  // namespace kinglet::kernels
