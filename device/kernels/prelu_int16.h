// The same for int16 activations; the slopes stay int8.
#pragma once

#include <stdint.h>

#include "device/kernels/prelu.h"

namespace kinglet::kernels {

// output may be input if that has its shape.
void PreluInt16(const PreluParams& params, const int16_t* input, const int8_t* slopes,
                int16_t* output);

}  // namespace kinglet::kernels
