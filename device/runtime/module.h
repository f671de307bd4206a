// Takes a model module (device/format/module.h) into use where it lies, in flash or RAM. The bytes
// may come from outside: everything is checked once, before any of the code runs. The checksum
// finds damage, not malice: who may install modules is the firmware's decision.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "device/format/module.h"
#include "device/runtime/tensor_info.h"

namespace kinglet::runtime {

enum class ModuleStatus : uint8_t {
  kOk,
  kMisaligned,      // not at a multiple of format::kModuleAlignmentBytes
  kTooShort,        // fewer bytes than a header, or than the header says
  kNotAModule,      // other magic
  kOtherAbi,        // made for another version of the loader
  kDamaged,         // the checksum is wrong
  kOtherCore,       // code for another core
  kOtherInterface,  // other inputs or outputs than the firmware was built for
  kArenaTooSmall,
  kInvalid,  // an offset or size that makes no sense
};

// What the firmware is and has.
struct ModuleHost {
  uint32_t core_id;         // format::CoreId of the core's name
  uint64_t interface_hash;  // that of the module it was built for; 0 takes any
  size_t arena_bytes;
};

// Valid as long as the module's bytes stay.
struct Module {
  const uint8_t* bytes;
  format::ModuleHeader header;
  // One inference in `arena`: header.arena_bytes bytes at a multiple of
  // format::kModuleAlignmentBytes. Keeps nothing between calls and calls nothing outside of the
  // module.
  void (*invoke)(uint8_t* arena);
};

// `size` is how many bytes may be read; more than the module has do not matter. `module` is written
// only with kOk. Code that was copied to RAM must have left the data cache, and the instruction
// cache must not hold what was there before: on cores with caches that is the caller's to do.
ModuleStatus LoadModule(const uint8_t* bytes, size_t size, const ModuleHost& host, Module* module);

// `index` is below header.input_count, or output_count. The name is empty.
TensorInfo ModuleInput(const Module& module, int32_t index);
TensorInfo ModuleOutput(const Module& module, int32_t index);

}  // namespace kinglet::runtime
