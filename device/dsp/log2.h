// Binary logarithm in fixed point.
#pragma once

#include <stdint.h>

namespace kinglet::dsp {

// log2(value) in Q8, for value > 0; off by at most 0.0023. Linear interpolation between 33 points.
int32_t Log2Q8(uint64_t value);

}  // namespace kinglet::dsp
