#include "device/runtime/module.h"

#include <string.h>

namespace kinglet::runtime {
namespace {

using format::ModuleHeader;
using format::ModuleTensor;

// By ElementType.
constexpr uint32_t kElementBytes[] = {1, 1, 2, 4, 8, 4, 1};
static_assert(static_cast<int>(ElementType::kBool) == 6);

// Whether `bytes` bytes at `offset`, a multiple of 4, lie between the header and the code.
bool InTables(const ModuleHeader& header, uint32_t offset, uint32_t bytes) {
  return offset % 4 == 0 && offset >= sizeof(ModuleHeader) && offset <= header.code_offset &&
         bytes <= header.code_offset - offset;
}

bool CodeIsValid(const ModuleHeader& header) {
  return header.code_offset % format::kModuleAlignmentBytes == 0 &&
         header.code_offset >= sizeof(ModuleHeader) && header.code_offset < header.module_bytes &&
         header.code_bytes == header.module_bytes - header.code_offset &&
         header.invoke_offset % 2 == 0 && header.invoke_offset >= header.code_offset &&
         header.invoke_offset < header.module_bytes;
}

ModuleTensor Entry(const uint8_t* bytes, uint32_t table_offset, int32_t index) {
  ModuleTensor tensor;
  memcpy(&tensor, bytes + table_offset + static_cast<uint32_t>(index) * sizeof tensor,
         sizeof tensor);
  return tensor;
}

bool TensorIsValid(const uint8_t* bytes, const ModuleHeader& header, const ModuleTensor& tensor) {
  if (tensor.element_type >= sizeof kElementBytes / sizeof kElementBytes[0] ||
      tensor.rank > format::kModuleRankMax || tensor.reserved != 0 ||
      !InTables(header, tensor.shape_offset, tensor.rank * 4U)) {
    return false;
  }
  const uint32_t element_bytes = kElementBytes[tensor.element_type];
  uint64_t shape_bytes = element_bytes;
  for (uint32_t i = 0; i < tensor.rank; ++i) {
    int32_t size;
    memcpy(&size, bytes + tensor.shape_offset + i * 4U, sizeof size);
    if (size <= 0) return false;
    // Both are below 2^32: no overflow.
    shape_bytes *= static_cast<uint32_t>(size);
    if (shape_bytes > header.arena_bytes) return false;
  }
  return tensor.bytes == shape_bytes && tensor.arena_offset % element_bytes == 0 &&
         tensor.arena_offset <= header.arena_bytes &&
         tensor.bytes <= header.arena_bytes - tensor.arena_offset;
}

bool TableIsValid(const uint8_t* bytes, const ModuleHeader& header, uint32_t offset,
                  uint16_t count) {
  if (count == 0 || !InTables(header, offset, count * static_cast<uint32_t>(sizeof(ModuleTensor))))
    return false;
  for (int32_t i = 0; i < count; ++i) {
    if (!TensorIsValid(bytes, header, Entry(bytes, offset, i))) return false;
  }
  return true;
}

TensorInfo Info(const uint8_t* bytes, const ModuleTensor& tensor) {
  const auto* shape =
      static_cast<const int32_t*>(static_cast<const void*>(bytes + tensor.shape_offset));
  return {"",
          static_cast<ElementType>(tensor.element_type),
          tensor.rank == 0 ? nullptr : shape,
          tensor.rank,
          tensor.scale,
          tensor.zero_point,
          tensor.arena_offset,
          tensor.bytes};
}

}  // namespace

ModuleStatus LoadModule(const uint8_t* bytes, size_t size, const ModuleHost& host, Module* module) {
  if (reinterpret_cast<uintptr_t>(bytes) % format::kModuleAlignmentBytes != 0) {
    return ModuleStatus::kMisaligned;
  }
  ModuleHeader header;
  if (size < sizeof header) return ModuleStatus::kTooShort;
  memcpy(&header, bytes, sizeof header);
  if (header.magic != format::kModuleMagic) return ModuleStatus::kNotAModule;
  if (header.abi_version != format::kModuleAbiVersion || header.header_bytes != sizeof header) {
    return ModuleStatus::kOtherAbi;
  }
  if (header.module_bytes < sizeof header) return ModuleStatus::kInvalid;
  if (header.module_bytes > size) return ModuleStatus::kTooShort;
  if (format::ModuleCrc(bytes, header.module_bytes) != header.crc32) return ModuleStatus::kDamaged;
  if (header.core_id != host.core_id) return ModuleStatus::kOtherCore;
  if (host.interface_hash != 0 && header.interface_hash != host.interface_hash) {
    return ModuleStatus::kOtherInterface;
  }
  if (header.arena_bytes > host.arena_bytes) return ModuleStatus::kArenaTooSmall;
  if (header.reserved != 0 || !CodeIsValid(header) ||
      !TableIsValid(bytes, header, header.inputs_offset, header.input_count) ||
      !TableIsValid(bytes, header, header.outputs_offset, header.output_count)) {
    return ModuleStatus::kInvalid;
  }
  auto entry = reinterpret_cast<uintptr_t>(bytes) + header.invoke_offset;
#ifdef __thumb__
  entry |= 1U;  // an address of Thumb code
#endif
  module->bytes = bytes;
  module->header = header;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the address of code in the module
  module->invoke = reinterpret_cast<void (*)(uint8_t*)>(entry);
  return ModuleStatus::kOk;
}

TensorInfo ModuleInput(const Module& module, int32_t index) {
  return Info(module.bytes, Entry(module.bytes, module.header.inputs_offset, index));
}

TensorInfo ModuleOutput(const Module& module, int32_t index) {
  return Info(module.bytes, Entry(module.bytes, module.header.outputs_offset, index));
}

}  // namespace kinglet::runtime
