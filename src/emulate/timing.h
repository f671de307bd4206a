// What every instruction of an image costs on its core, from the figures in cores/*.toml: the table
// that the counting plugin adds up.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/bytes.h"
#include "src/base/result.h"
#include "src/board/board.h"

namespace kinglet::emulate {

// One row of the plugin's table (struct Timing in plugin/count.c). Costs in sixteenths of a cycle.
struct InstructionTime {
  uint32_t address = 0;
  uint16_t first = 0;   // at the beginning of a block
  uint16_t next = 0;    // behind the instruction before it
  uint16_t saving = 0;  // of a conditional branch that is not taken
  uint16_t pairs = 0;   // 1: may execute in the same cycle as the one before it
  bool operator==(const InstructionTime&) const = default;
};
static_assert(sizeof(InstructionTime) == 12);
inline constexpr double kTimeUnitsPerCycle = 16;

enum class InstructionSet : uint8_t { kArm, kRiscv };

// Times the instructions of `disassembly`, which is what `objdump -d --no-show-raw-insn` prints for
// Arm (-M reg-names-raw) or RISC-V (-M numeric,no-aliases); lines that hold no instruction are left
// out. An instruction's cost depends on itself and on the one before it: what it waits for, and
// whether the two may share a cycle. Sorted by address.
std::vector<InstructionTime> TimeInstructions(std::string_view disassembly, InstructionSet set,
                                              const board::Timing& timing);

// The plugin's table for a linked image, by the disassembler of the core's toolchain. kNotFound
// when it is not installed.
Result<Bytes> MakeTimingTable(const board::Core& core, const std::string& image_path);

}  // namespace kinglet::emulate
