// An image at another size, each pixel a copy of one of the input's.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct ResizeNearestNeighborParams {
  int32_t batches;
  int32_t input_h, input_w;
  int32_t output_h, output_w;
  int32_t pixel_bytes;
};

// input: [batches, input_h, input_w] pixels; rows and columns: for each of the output's the one of
// the input that it copies; output: [batches, output_h, output_w] pixels, which must not overlap
// the input.
void ResizeNearestNeighbor(const ResizeNearestNeighborParams& params, const void* input,
                           const int32_t* rows, const int32_t* columns, void* output);

}  // namespace kinglet::kernels
