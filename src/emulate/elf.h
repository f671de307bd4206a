// Reads what we need of a linked 32-bit little-endian ELF file: sections that occupy the device's
// memory, symbols, and whether there are relocations.
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
  uint32_t alignment_bytes = 0;
  ByteView content{};  // within the file; empty when it is not loaded
};

struct Elf {
  std::vector<ElfSection> sections;         // those that occupy memory on the device, in file order
  std::map<std::string, uint32_t> symbols;  // names with a place; Thumb functions without bit 0
  uint64_t relocation_bytes = 0;            // of all tables of relocations
};

// kInvalid when a table or section reaches beyond the file or the file is of another kind. The
// result refers to `file`.
Result<Elf> ParseElf(ByteView file);

}  // namespace kinglet::emulate
