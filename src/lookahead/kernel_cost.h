// What the portable kernels cost on each kind of core: instructions as a sum over the loops that
// kernel_work.h counts, and flash.
//
// The weights were fitted (non-negative least squares of relative errors) to 60 random shapes a
// kernel whose instructions were counted exactly under emulation, code built by GCC 12.2 at -O2.
// The worst shape of any kernel but softmax is off by 5.5 %; of softmax, which a model runs once,
// by 15 %.
#pragma once

#include <vector>

#include "src/lookahead/cost.h"
#include "src/lookahead/kernel_work.h"
#include "src/signal/resources.h"

namespace kinglet::lookahead {

// Instructions of one call.
double Instructions(const KernelWork& work, signal::CoreClass core);

// Flash of `kernel`'s code.
double KernelBytes(Kernel kernel, signal::CoreClass core);

// Flash of the code that calls one kernel in a generated model.
double CallBytes(signal::CoreClass core);

// Start-up, vector table, C library and a main loop.
double RuntimeBytes(signal::CoreClass core);

// The errors to state beside these: of Instructions and of the sizes.
inline constexpr double kInstructionsError = 0.1;
inline constexpr double kCodeError = 0.1;

}  // namespace kinglet::lookahead
