// The smaller or greater of two int16 tensors' elements.
#pragma once

#include <stdint.h>

#include "device/kernels/extremum.h"

namespace kinglet::kernels {

// output may be an input of its shape.
void MinimumInt16(const ExtremumParams& params, const int16_t* input1, const int16_t* input2,
                  int16_t* output);
void MaximumInt16(const ExtremumParams& params, const int16_t* input1, const int16_t* input2,
                  int16_t* output);

}  // namespace kinglet::kernels
