// No choice: one kernel set for this architecture.
#include "src/train/kernels.h"

namespace kinglet::train {

const Kernels& BestKernels() { return BaselineKernels(); }

}  // namespace kinglet::train
