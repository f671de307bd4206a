#include "device/runtime/module.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <vector>

namespace kinglet::runtime {
namespace {

using format::ModuleHeader;
using format::ModuleTensor;

constexpr ModuleHost kHost = {format::CoreId("some-core"), 0x1234'5678'9ABCU, 256};
constexpr size_t kModuleBytes = 160;

// One input of 3 x 5 int8, one output of 4 int16, 16 bytes of code.
struct Parts {
  ModuleHeader header = {.magic = format::kModuleMagic,
                         .abi_version = format::kModuleAbiVersion,
                         .header_bytes = sizeof(ModuleHeader),
                         .module_bytes = kModuleBytes,
                         .core_id = kHost.core_id,
                         .interface_hash = kHost.interface_hash,
                         .model_id = 7,
                         .arena_bytes = 64,
                         .code_offset = 144,
                         .code_bytes = 16,
                         .invoke_offset = 148,
                         .inputs_offset = 64,
                         .outputs_offset = 88,
                         .input_count = 1,
                         .output_count = 1,
                         .reserved = 0,
                         .crc32 = 0};
  ModuleTensor input = {0, 2, 0, 112, 0.5F, -3, 8, 15};
  ModuleTensor output = {2, 1, 0, 120, 0.25F, 0, 56, 8};
  int32_t sizes[3] = {3, 5, 4};
};

struct alignas(16) Memory {
  uint8_t bytes[kModuleBytes + 16] = {};
};

Memory Assemble(Parts parts) {
  Memory memory;
  std::memcpy(memory.bytes + 64, &parts.input, sizeof parts.input);
  std::memcpy(memory.bytes + 88, &parts.output, sizeof parts.output);
  std::memcpy(memory.bytes + 112, parts.sizes, sizeof parts.sizes);
  std::memcpy(memory.bytes, &parts.header, sizeof parts.header);
  parts.header.crc32 = format::ModuleCrc(memory.bytes, kModuleBytes);
  std::memcpy(memory.bytes, &parts.header, sizeof parts.header);
  return memory;
}

ModuleStatus Load(const std::function<void(Parts&)>& change, const ModuleHost& host = kHost) {
  Parts parts;
  change(parts);
  const Memory memory = Assemble(parts);
  Module module;
  return LoadModule(memory.bytes, kModuleBytes, host, &module);
}

TEST(Module, TellsItsInputsAndOutputs) {
  const Memory memory = Assemble({});
  Module module;
  ASSERT_EQ(LoadModule(memory.bytes, sizeof memory.bytes, kHost, &module), ModuleStatus::kOk);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(module.invoke),
            reinterpret_cast<uintptr_t>(memory.bytes + 148));
  EXPECT_EQ(module.header.model_id, 7U);
  const TensorInfo input = ModuleInput(module, 0);
  EXPECT_EQ(input.type, ElementType::kInt8);
  ASSERT_EQ(input.rank, 2);
  EXPECT_EQ(input.shape[0], 3);
  EXPECT_EQ(input.shape[1], 5);
  EXPECT_EQ(input.scale, 0.5F);
  EXPECT_EQ(input.zero_point, -3);
  EXPECT_EQ(input.offset_bytes, 8U);
  EXPECT_EQ(input.bytes, 15U);
  const TensorInfo output = ModuleOutput(module, 0);
  EXPECT_EQ(output.type, ElementType::kInt16);
  EXPECT_EQ(output.shape[0], 4);
  EXPECT_EQ(output.bytes, 8U);
}

TEST(Module, TheChecksumIsTheCommonOne) {
  const uint8_t digits[] = {'1', '2', '3', '4', '5', '6', '7', '8', '9'};
  EXPECT_EQ(format::Crc32(0, digits, 9), 0xCBF4'3926U);
  EXPECT_EQ(format::Crc32(format::Crc32(0, digits, 4), digits + 4, 5), 0xCBF4'3926U);
}

TEST(Module, EveryChangedBitIsSeen) {
  Memory memory = Assemble({});
  Module module;
  for (size_t bit = 0; bit < kModuleBytes * 8; ++bit) {
    const auto mask = static_cast<uint8_t>(1U << (bit % 8));
    memory.bytes[bit / 8] ^= mask;
    EXPECT_NE(LoadModule(memory.bytes, kModuleBytes, kHost, &module), ModuleStatus::kOk) << bit;
    memory.bytes[bit / 8] ^= mask;
  }
}

TEST(Module, EveryTruncationIsSeen) {
  const Memory memory = Assemble({});
  Module module;
  for (size_t size = 0; size < kModuleBytes; ++size) {
    EXPECT_EQ(LoadModule(memory.bytes, size, kHost, &module), ModuleStatus::kTooShort) << size;
  }
}

TEST(Module, EachRefusalHasItsName) {
  using Status = ModuleStatus;
  EXPECT_EQ(Load([](Parts&) {}), Status::kOk);
  EXPECT_EQ(Load([](Parts& p) { p.header.magic += 1; }), Status::kNotAModule);
  EXPECT_EQ(Load([](Parts& p) { p.header.abi_version += 1; }), Status::kOtherAbi);
  EXPECT_EQ(Load([](Parts& p) { p.header.header_bytes += 1; }), Status::kOtherAbi);
  EXPECT_EQ(Load([](Parts& p) { p.header.core_id += 1; }), Status::kOtherCore);
  EXPECT_EQ(Load([](Parts& p) { p.header.interface_hash += 1; }), Status::kOtherInterface);
  EXPECT_EQ(Load([](Parts& p) { p.header.interface_hash += 1; }, {kHost.core_id, 0, 64}),
            Status::kOk);
  EXPECT_EQ(Load([](Parts&) {}, {kHost.core_id, 0, 63}), Status::kArenaTooSmall);
  const Memory memory = Assemble({});
  Memory moved;
  std::memcpy(moved.bytes + 8, memory.bytes, kModuleBytes);
  Module module;
  EXPECT_EQ(LoadModule(moved.bytes + 8, kModuleBytes, kHost, &module), Status::kMisaligned);
}

TEST(Module, OffsetsAndSizesThatMakeNoSenseAreRefused) {
  const std::vector<std::function<void(Parts&)>> changes = {
      [](Parts& p) { p.header.module_bytes = 8; },
      [](Parts& p) { p.header.reserved = 1; },
      [](Parts& p) { p.header.code_offset = 0xFFFF'FFF0U; },
      [](Parts& p) { p.header.code_offset = 48; },
      [](Parts& p) { p.header.code_bytes = 17; },
      [](Parts& p) { p.header.invoke_offset = 140; },
      [](Parts& p) { p.header.invoke_offset = 149; },
      [](Parts& p) { p.header.invoke_offset = kModuleBytes; },
      [](Parts& p) { p.header.inputs_offset = 60; },
      [](Parts& p) { p.header.inputs_offset = 124; },
      [](Parts& p) { p.header.inputs_offset = 66; },
      [](Parts& p) { p.header.outputs_offset = 0xFFFF'FFFCU; },
      [](Parts& p) { p.header.input_count = 0; },
      [](Parts& p) { p.header.output_count = 0xFFFF; },
      [](Parts& p) { p.input.element_type = 7; },
      [](Parts& p) { p.input.rank = 9; },
      [](Parts& p) { p.input.reserved = 1; },
      [](Parts& p) { p.input.shape_offset = 140; },
      [](Parts& p) { p.input.shape_offset = 113; },
      [](Parts& p) { p.input.bytes = 16; },
      [](Parts& p) { p.input.arena_offset = 50; },
      [](Parts& p) { p.input.arena_offset = 0xFFFF'FFF8U; },
      [](Parts& p) { p.output.arena_offset = 55; },
      [](Parts& p) { p.sizes[0] = 0; },
      [](Parts& p) { p.sizes[1] = -5; },
      [](Parts& p) { p.sizes[0] = p.sizes[1] = 0x4000'0001; },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    EXPECT_EQ(Load(changes[i]), ModuleStatus::kInvalid) << i;
  }
}

}  // namespace
}  // namespace kinglet::runtime
