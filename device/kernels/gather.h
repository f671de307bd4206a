// Picks slices of a tensor by their indices.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct GatherParams {
  int32_t batches;      // each has indices of its own
  int32_t outer;        // dimensions between the batches and the axis, multiplied
  int32_t axis_size;    // indices are 0 to axis_size - 1; others count as the nearest of them
  int32_t slice_bytes;  // what lies behind the axis
  int32_t indices;      // per batch
};

// input: [batches, outer, axis_size] slices; indices: [batches, indices]; output: [batches, outer,
// indices] slices, which must not overlap the inputs.
void Gather(const GatherParams& params, const void* input, const int32_t* indices, void* output);

}  // namespace kinglet::kernels
