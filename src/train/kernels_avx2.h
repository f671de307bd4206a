// The kernel set for x86-64-v3; only BestKernels() may hand it out.
#pragma once

#include "src/train/kernels.h"

namespace kinglet::train {

const Kernels& Avx2Kernels();

}  // namespace kinglet::train
