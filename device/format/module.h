// The bytes of a model module, model.kmod: one model with its kernels as code for one core that
// runs wherever it lies. docs/formats/module.md has the same as a table. All numbers are
// little-endian, all offsets count from the module's first byte.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace kinglet::format {

inline constexpr uint32_t kModuleMagic = 0x444F'4D4BU;  // "KMOD"
// Changes with this layout and with how the code is called.
inline constexpr uint16_t kModuleAbiVersion = 1;
// A module, and the arena it is given, begin at a multiple of it.
inline constexpr uint32_t kModuleAlignmentBytes = 16;
inline constexpr uint32_t kModuleRankMax = 8;

// The header, the tables and shapes behind it, then the code with its constants up to the end.
struct ModuleHeader {
  uint32_t magic;
  uint16_t abi_version;
  uint16_t header_bytes;
  uint32_t module_bytes;  // all of it
  uint32_t core_id;       // CoreId of the core's name
  // Of the types, shapes, scales and zero points of all inputs and outputs: modules of the same
  // hash can stand in for each other.
  uint64_t interface_hash;
  uint32_t model_id;  // changes with every weight, parameter and address of the model
  uint32_t arena_bytes;
  uint32_t code_offset;  // a multiple of kModuleAlignmentBytes
  uint32_t code_bytes;
  uint32_t invoke_offset;  // in the code: void Invoke(uint8_t* arena)
  uint32_t inputs_offset;  // tables of ModuleTensor
  uint32_t outputs_offset;
  uint16_t input_count;
  uint16_t output_count;
  uint32_t reserved;  // 0
  uint32_t crc32;     // Crc32 of all other bytes, those before and those behind it
};
static_assert(sizeof(ModuleHeader) == 64 && alignof(ModuleHeader) == 8);
static_assert(offsetof(ModuleHeader, abi_version) == 4);
static_assert(offsetof(ModuleHeader, header_bytes) == 6);
static_assert(offsetof(ModuleHeader, module_bytes) == 8);
static_assert(offsetof(ModuleHeader, core_id) == 12);
static_assert(offsetof(ModuleHeader, interface_hash) == 16);
static_assert(offsetof(ModuleHeader, model_id) == 24);
static_assert(offsetof(ModuleHeader, arena_bytes) == 28);
static_assert(offsetof(ModuleHeader, code_offset) == 32);
static_assert(offsetof(ModuleHeader, code_bytes) == 36);
static_assert(offsetof(ModuleHeader, invoke_offset) == 40);
static_assert(offsetof(ModuleHeader, inputs_offset) == 44);
static_assert(offsetof(ModuleHeader, outputs_offset) == 48);
static_assert(offsetof(ModuleHeader, input_count) == 52);
static_assert(offsetof(ModuleHeader, output_count) == 54);
static_assert(offsetof(ModuleHeader, reserved) == 56);
static_assert(offsetof(ModuleHeader, crc32) == 60);

// An input or output: real value = scale * (element - zero_point).
struct ModuleTensor {
  uint8_t element_type;   // 0 int8, 1 uint8, 2 int16, 3 int32, 4 int64, 5 float32, 6 bool
  uint8_t rank;           // at most kModuleRankMax
  uint16_t reserved;      // 0
  uint32_t shape_offset;  // of `rank` int32 sizes, outermost first; a multiple of 4
  float scale;
  int32_t zero_point;
  uint32_t arena_offset;  // where it lies in the arena, a multiple of its element's size
  uint32_t bytes;
};
static_assert(sizeof(ModuleTensor) == 24 && alignof(ModuleTensor) == 4);
static_assert(offsetof(ModuleTensor, rank) == 1);
static_assert(offsetof(ModuleTensor, reserved) == 2);
static_assert(offsetof(ModuleTensor, shape_offset) == 4);
static_assert(offsetof(ModuleTensor, scale) == 8);
static_assert(offsetof(ModuleTensor, zero_point) == 12);
static_assert(offsetof(ModuleTensor, arena_offset) == 16);
static_assert(offsetof(ModuleTensor, bytes) == 20);

// The number of a core: FNV-1a of its name, "cortex-m4f".
constexpr uint32_t CoreId(const char* name) {
  uint32_t hash = 0x811C'9DC5U;
  for (; *name != '\0'; ++name) hash = (hash ^ static_cast<uint8_t>(*name)) * 0x0100'0193U;
  return hash;
}

// CRC-32 of IEEE 802.3. `crc` is 0, or what the bytes before gave.
constexpr uint32_t Crc32(uint32_t crc, const uint8_t* bytes, size_t count) {
  crc = ~crc;
  for (size_t i = 0; i < count; ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xEDB8'8320U & (0U - (crc & 1U)));
  }
  return ~crc;
}

// The checksum of a module that is at least as long as its header.
constexpr uint32_t ModuleCrc(const uint8_t* module, size_t bytes) {
  const uint32_t head = Crc32(0, module, offsetof(ModuleHeader, crc32));
  return Crc32(head, module + sizeof(ModuleHeader), bytes - sizeof(ModuleHeader));
}

}  // namespace kinglet::format
