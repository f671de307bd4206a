// What a model is compiled for: which of the kernels' implementations it may use.
#pragma once

#include <cstdint>
#include <string_view>

#include "src/base/result.h"
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

// What the choice among kernels that give the same bytes is made by.
enum class Goal : uint8_t {
  kFlash,  // the set's kernels that keep the weights as small as they are; what is planned with
  kSpeed,  // fewest instructions that the flash and RAM allow
  kRam,    // least arena: a kernel that needs scratch memory only where that does not enlarge it
};

struct Target {
  KernelSet kernels = KernelSet::kPortable;
  Goal goal = Goal::kFlash;
  // What a choice for speed may use of the board; 0: there is no limit.
  uint64_t flash_bytes_max = 0;
  uint64_t ram_bytes_max = 0;
  bool operator==(const Target&) const = default;
};

// Without limits.
Target TargetOf(const board::Core& core, Goal goal = Goal::kFlash);
// Within the board's flash and RAM.
Target TargetOf(const board::Board& board, Goal goal);
// "speed", "flash", "ram".
Result<Goal> ParseGoal(std::string_view name);

}  // namespace kinglet::compile
