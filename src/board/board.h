// Boards and cores as data: what a device has, and what an instruction costs on its core. Read from
// boards/*.toml and cores/*.toml; every figure there names its source.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"

namespace kinglet::board {

// What instructions cost on a core, in cycles with memory that never makes it wait. An instruction
// that is not named costs `other`. src/emulate/timing.h applies it.
struct Timing {
  int32_t issue_width = 1;  // 2: neighbours that do not depend on each other may share a cycle
  double other = 1;
  double load = 0;         // of one register
  double load_next = 0;    // the same right behind a load that does not make its address
  double load_use = 0;     // more when the next instruction uses what was loaded
  double address_use = 0;  // more when a load or store uses an address that was made just before
  double store = 0;
  double transfer = 0;       // load or store of several registers, besides one for each
  double multiply = 0;       // also multiply-accumulate
  double multiply_use = 0;   // more when the next instruction uses the product
  double multiply_long = 0;  // 64-bit product
  double divide = 0;
  double branch = 0;  // taken; one that is not taken costs `other`
  double call = 0;
  double branch_register = 0;
  double return_load = 0;  // more for a load that goes to the program counter
  double loop_end = 0;     // the instruction that closes a hardware loop
  double float_multiply_add = 0;
  double float_divide = 0;
  double vector = 0;  // of 128 bits
  // How far the cycles of a whole inference may be from a measurement, as a fraction;
  // `error_source` says what they were compared with.
  double error = 0;
  std::string source, error_source;
};

// A core and how code is built for it; one file in cores/.
struct Core {
  std::string name;                        // file name without .toml: "cortex-m4f"
  std::string toolchain;                   // "arm-none-eabi" or "riscv64-unknown-elf"
  std::vector<std::string> compile_flags;  // "-mcpu=cortex-m4", ...
  bool fpu = false;                        // single precision in hardware
  bool dsp = false;                        // SIMD multiply-accumulate (Armv7E-M DSP) or Helium
  std::string kernels;                     // folder of device/kernels it runs best: "cortex_m4"
  double cycles_per_instruction = 0;       // average over int8 inference code
  std::string machine;                     // QEMU machine that runs its code, "mps2-an386"
  std::string qemu;                        // "qemu-system-arm"
  std::string source;                      // where cycles_per_instruction comes from
  Timing timing;
};

// Where the figures of a board come from: a data sheet, a public page, a measurement.
struct Sources {
  std::string flash, ram, clock;
  std::string power{}, flash_wait{};  // empty when no figure is known
};

// One file in boards/. Sizes in bytes as a program sees them (what a bootloader or radio stack
// keeps is already the application's business).
struct Board {
  std::string name;   // file name without .toml: "nucleo-l476rg"
  std::string title;  // "ST NUCLEO-L476RG (STM32L476RG)"
  Core core;
  uint64_t flash_bytes = 0;
  // What data in flash cost beyond memory that never waits, per byte read, at clock_hz; 0 when no
  // figure is known.
  double flash_wait_cycles_per_byte = 0;
  uint64_t ram_bytes = 0;  // largest contiguous region
  double clock_hz = 0;
  double active_power_mw = 0;  // at clock_hz, core running from flash; 0 when no figure is known
  bool generic = false;        // cortex-m4f and the like: a core for bare models, no real board
  Sources sources;
};

// The folder that holds boards/ and cores/: $KINGLET_DATA, else ../share/kinglet beside the
// program, else the source tree it was built from. kNotFound when none of them has both.
Result<std::string> DataFolder();

// kNotFound names the nearest known board; kInvalid names the file, the key and what is wrong.
Result<Board> LoadBoard(const std::string& name);
// Sorted by name; generic boards last.
Result<std::vector<Board>> LoadBoards();

// Every figure and flag of the board and its core in fixed order, without titles and sources: for
// content keys.
std::string CanonicalText(const Board& board);

// What a board or core file says, `place` naming it in messages; the file's own name is not in it,
// and of a board's core only the name.
Result<Board> ParseBoard(std::string_view text, const std::string& place);
Result<Core> ParseCore(std::string_view text, const std::string& place);

// The same from `folder` instead of DataFolder().
Result<Board> LoadBoardFrom(const std::string& folder, const std::string& name);
Result<std::vector<Board>> LoadBoardsFrom(const std::string& folder);

}  // namespace kinglet::board
