// The emulated machines: where their code and data memories are, and the linker script for an image
// of given limits.
#pragma once

#include <cstdint>
#include <string>

#include "src/base/result.h"

namespace kinglet::emulate {

struct Machine {
  std::string name;             // as QEMU's -machine takes it
  uint32_t vectors_origin = 0;  // where the core looks for its first word
  uint32_t flash_origin = 0, flash_bytes = 0;
  uint32_t ram_origin = 0, ram_bytes = 0;
};

// kUnsupported names the known ones.
Result<Machine> FindMachine(const std::string& name);

struct MemoryLimits {
  uint64_t flash_bytes = 0;
  uint64_t ram_bytes = 0;    // .data, .bss and the stack
  uint64_t stack_bytes = 0;  // reserved, at the bottom of RAM
};

// GNU ld script for `machine` with regions FLASH and RAM of `limits`, which must not exceed the
// machine's memories.
std::string LinkerScript(const Machine& machine, const MemoryLimits& limits);

}  // namespace kinglet::emulate
