// From reset to main(): paints the stack, copies .data out of flash, clears .bss. The core's entry
// (arm/, riscv/) has set the stack pointer and switched the FPU on. Static constructors are not
// run; the linker script refuses images that have any.
#include "device/port/port.h"

extern "C" {
// Set by the linker script; all on word boundaries. The stack is the lowest thing in RAM, so that
// an overflow runs out of the memory and faults instead of overwriting variables.
extern uint32_t kinglet_stack_bottom[], kinglet_stack_top[];
extern const uint32_t kinglet_data_load[];
extern uint32_t kinglet_data_start[], kinglet_data_end[];
extern uint32_t kinglet_bss_start[], kinglet_bss_end[];

int main();
[[noreturn]] void KingletStart();
[[noreturn, gnu::weak]] void KingletFault();
}

namespace {

constexpr uint32_t kPaint = 0xA5C3'5A3CU;
// What KingletStart itself may use of the stack while it paints.
constexpr uintptr_t kUnpaintedBytes = 64;

}  // namespace

void KingletStart() {
  const auto frame = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  auto* const paint_end = reinterpret_cast<volatile uint32_t*>(frame - kUnpaintedBytes);
  for (volatile uint32_t* p = kinglet_stack_bottom; p < paint_end; ++p) *p = kPaint;
  const uint32_t* from = kinglet_data_load;
  for (uint32_t* p = kinglet_data_start; p < kinglet_data_end; ++p) *p = *from++;
  for (uint32_t* p = kinglet_bss_start; p < kinglet_bss_end; ++p) *p = 0;
  main();
  KingletFault();
}

void KingletFault() {
  for (;;) {
  }
}

namespace kinglet::port {

size_t StackBytesUsed() {
  const volatile uint32_t* p = kinglet_stack_bottom;
  while (p < kinglet_stack_top && *p == kPaint) ++p;
  return static_cast<size_t>(reinterpret_cast<uintptr_t>(kinglet_stack_top) -
                             reinterpret_cast<uintptr_t>(p));
}

}  // namespace kinglet::port
