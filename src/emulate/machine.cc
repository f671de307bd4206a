#include "src/emulate/machine.h"

#include <fmt/ranges.h>

#include <array>
#include <vector>

namespace kinglet::emulate {
namespace {

constexpr uint32_t kKiB = 1024;
constexpr uint32_t kMiB = 1024 * 1024;

// From QEMU 7.2, hw/arm/mps2.c, hw/arm/mps2-tz.c, hw/riscv/virt.c. All code runs in the Secure
// state where there is one. The boards' memories are RAM in these machines, so flash wait states
// and write protection are not modelled.
const std::array<Machine, 6> kMachines = {{
    {"mps2-an385", 0x0000'0000, 0x0000'0000, 4 * kMiB, 0x2000'0000, 4 * kMiB},
    {"mps2-an386", 0x0000'0000, 0x0000'0000, 4 * kMiB, 0x2000'0000, 4 * kMiB},
    {"mps2-an500", 0x0000'0000, 0x0000'0000, 4 * kMiB, 0x2000'0000, 4 * kMiB},
    {"mps2-an505", 0x1000'0000, 0x1000'0000, 4 * kMiB, 0x3800'0000, 4 * kMiB},
    {"mps3-an547", 0x0000'0000, 0x1100'0000, 2 * kMiB, 0x3100'0000, 4 * kMiB},
    {"virt", 0x8000'0000, 0x8000'0000, 16 * kMiB, 0x8100'0000, 16 * kMiB},
}};

constexpr uint32_t kVectorsBytesMax = 1 * kKiB;

// The entry section has a region of its own where the core starts outside the code memory.
std::string Regions(const Machine& machine, const MemoryLimits& limits) {
  std::string text = fmt::format("  FLASH (rx) : ORIGIN = 0x{:08x}, LENGTH = {}\n",
                                 machine.flash_origin, limits.flash_bytes);
  if (machine.vectors_origin != machine.flash_origin) {
    text += fmt::format("  ENTRY_POINT (rx) : ORIGIN = 0x{:08x}, LENGTH = {}\n",
                        machine.vectors_origin, kVectorsBytesMax);
  }
  return text + fmt::format("  RAM (rwx) : ORIGIN = 0x{:08x}, LENGTH = {}\n", machine.ram_origin,
                            limits.ram_bytes);
}

constexpr const char* kSections = R"(
  .text : {{
    *(.text .text.*)
  }} > FLASH
  .rodata : {{
    . = ALIGN(8);
    *(.rodata .rodata.* .srodata .srodata.*)
    . = ALIGN(4);
  }} > FLASH
  .init_array : {{ KEEP(*(.preinit_array .init_array .init_array.* .ctors)) }} > FLASH
  ASSERT(SIZEOF(.init_array) == 0, "static constructors are not run on the device")

  .stack (NOLOAD) : {{
    kinglet_stack_bottom = .;
    . += {stack_bytes};
    . = ALIGN(8);
    kinglet_stack_top = .;
  }} > RAM
  .data : ALIGN(8) {{
    kinglet_data_start = .;
    __global_pointer$ = . + 0x800;
    *(.data .data.* .sdata .sdata.*)
    . = ALIGN(4);
    kinglet_data_end = .;
  }} > RAM AT > FLASH
  kinglet_data_load = LOADADDR(.data);
  .bss (NOLOAD) : ALIGN(8) {{
    kinglet_bss_start = .;
    *(.bss .bss.* .sbss .sbss.* COMMON)
    . = ALIGN(4);
    kinglet_bss_end = .;
  }} > RAM
  /DISCARD/ : {{ *(.eh_frame .eh_frame.* .ARM.exidx* .ARM.extab*) }}
)";

}  // namespace

Result<Machine> FindMachine(const std::string& name) {
  std::vector<std::string> known;
  for (const Machine& machine : kMachines) {
    if (machine.name == name) return machine;
    known.push_back(machine.name);
  }
  return Fail(Code::kUnsupported, "emulated machine '{}' is not known; known are {}", name,
              fmt::join(known, ", "));
}

std::string LinkerScript(const Machine& machine, const MemoryLimits& limits) {
  KINGLET_ASSERT(limits.flash_bytes <= machine.flash_bytes);
  KINGLET_ASSERT(limits.ram_bytes <= machine.ram_bytes);
  const bool own_entry = machine.vectors_origin != machine.flash_origin;
  return fmt::format("ENTRY(KingletReset)\nMEMORY {{\n{}}}\nSECTIONS {{\n",
                     Regions(machine, limits)) +
         fmt::format("  .entry : {{ KEEP(*(.kinglet.entry)) . = ALIGN(4); }} > {}\n",
                     own_entry ? "ENTRY_POINT" : "FLASH") +
         fmt::format(kSections, fmt::arg("stack_bytes", limits.stack_bytes)) + "}\n";
}

}  // namespace kinglet::emulate
