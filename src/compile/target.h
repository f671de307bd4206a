// What a model is compiled for: which of the kernels' implementations it may use.
#pragma once

#include <cstdint>

#include "src/board/board.h"

namespace kinglet::compile {

// Implementations of the kernels, by the folder of device/kernels that holds them. Every operator
// that a set lacks runs on the portable kernel.
enum class KernelSet : uint8_t {
  kPortable,
  kArmv6M,    // Thumb without SIMD and long products: Cortex-M0+
  kCortexM4,  // Armv7E-M with the DSP extension: Cortex-M4, M7, M33
  kHelium,    // Armv8.1-M vectors: Cortex-M55
  kRiscv,     // RV32IMC
};

struct Target {
  KernelSet kernels = KernelSet::kPortable;
  bool operator==(const Target&) const = default;
};

Target TargetOf(const board::Core& core);

}  // namespace kinglet::compile
