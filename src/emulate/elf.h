// Reads what we need of a linked 32-bit little-endian ELF file: sections that occupy the device's
// memory, and symbols.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "src/base/bytes.h"
#include "src/base/result.h"

namespace kinglet::emulate {

struct ElfSection {
  std::string name;
  uint32_t address = 0;
  uint32_t bytes = 0;
  bool loaded = false;    // its content is in the file (and so in flash), unlike .bss
  bool writable = false;  // it lives in RAM
  bool code = false;
};

struct Elf {
  std::vector<ElfSection> sections;         // those that occupy memory on the device, in file order
  std::map<std::string, uint32_t> symbols;  // names with a place; Thumb functions without bit 0
};

// kInvalid when a table reaches beyond the file or the file is of another kind.
Result<Elf> ParseElf(ByteView file);

}  // namespace kinglet::emulate
