// Model modules from outside: whatever the header and tables say, the loader reads inside the bytes
// it was given. The checksum is made right first, else nothing behind it would be tried.
#include <cstring>
#include <memory>

#include "device/runtime/module.h"
#include "fuzz/fuzz.h"
#include "src/base/result.h"

namespace kinglet::fuzz {
namespace {

using format::ModuleHeader;
using format::ModuleTensor;

constexpr runtime::ModuleHost kHost = {format::CoreId("cortex-m4f"), 0, 4096};

Bytes MakeModule() {
  ModuleHeader header = {format::kModuleMagic,
                         format::kModuleAbiVersion,
                         sizeof(ModuleHeader),
                         160,
                         kHost.core_id,
                         0,
                         0,
                         1024,
                         144,
                         16,
                         144,
                         64,
                         88,
                         1,
                         1,
                         0,
                         0};
  const ModuleTensor tensors[2] = {{0, 2, 0, 112, 0.5F, -3, 8, 15},
                                   {2, 1, 0, 120, 0.25F, 0, 56, 8}};
  const int32_t sizes[3] = {3, 5, 4};
  Bytes bytes(160, 0);
  std::memcpy(bytes.data() + 64, tensors, sizeof tensors);
  std::memcpy(bytes.data() + 112, sizes, sizeof sizes);
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

// The sum of all sizes, and of all elements of shapes.
int64_t ReadAll(const runtime::TensorInfo& info) {
  int64_t sum = info.bytes;
  for (int32_t i = 0; i < info.rank; ++i) sum += info.shape[i];
  return sum;
}

runtime::ModuleStatus Load(ByteView input) {
  // Exactly as long as the input, so that a sanitizer sees one byte too many.
  const std::unique_ptr<uint8_t, void (*)(void*)> memory(
      static_cast<uint8_t*>(::operator new (input.size() == 0 ? 1 : input.size(),
                                            std::align_val_t{format::kModuleAlignmentBytes})),
      [](void* p) { ::operator delete (p, std::align_val_t{format::kModuleAlignmentBytes}); });
  uint8_t* const bytes = memory.get();
  if (!input.empty()) std::memcpy(bytes, input.data(), input.size());
  if (input.size() >= sizeof(ModuleHeader)) {
    const auto module_bytes = LoadLe<uint32_t>(input, offsetof(ModuleHeader, module_bytes));
    if (module_bytes >= sizeof(ModuleHeader) && module_bytes <= input.size()) {
      const uint32_t crc = format::ModuleCrc(bytes, module_bytes);
      std::memcpy(bytes + offsetof(ModuleHeader, crc32), &crc, sizeof crc);
    }
  }
  runtime::Module module;
  const runtime::ModuleStatus status = runtime::LoadModule(bytes, input.size(), kHost, &module);
  if (status != runtime::ModuleStatus::kOk) return status;
  int64_t sum = 0;
  for (int32_t i = 0; i < module.header.input_count; ++i) sum += ReadAll(ModuleInput(module, i));
  for (int32_t i = 0; i < module.header.output_count; ++i) sum += ReadAll(ModuleOutput(module, i));
  KINGLET_ASSERT(sum > 0);
  const auto entry = reinterpret_cast<uintptr_t>(module.invoke);
  KINGLET_ASSERT(entry >= reinterpret_cast<uintptr_t>(bytes) &&
                 entry < reinterpret_cast<uintptr_t>(bytes) + input.size());
  return status;
}

}  // namespace

std::vector<Bytes> Seeds() {
  const Bytes module = MakeModule();
  KINGLET_ASSERT(Load(module) == runtime::ModuleStatus::kOk);
  return {module};
}

}  // namespace kinglet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kinglet::fuzz::Load({data, size});
  return 0;
}
