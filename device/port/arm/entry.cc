// Vector table and reset entry for Cortex-M (Armv6-M to Armv8.1-M).
#include "device/port/port.h"

extern "C" {
extern uint32_t kinglet_stack_top[];
[[noreturn]] void KingletStart();
[[noreturn]] void KingletReset();
}

namespace {

using Handler = void (*)();

struct Vectors {
  uint32_t* stack_top;
  Handler reset;
  Handler others[14];  // NMI, the faults, SVCall, PendSV, SysTick
};

}  // namespace

extern "C" {
extern const Vectors kinglet_vectors;
[[gnu::section(".kinglet.entry"), gnu::used]] const Vectors kinglet_vectors = {
    kinglet_stack_top,
    KingletReset,
    {KingletFault, KingletFault, KingletFault, KingletFault, KingletFault, KingletFault,
     KingletFault, KingletFault, KingletFault, KingletFault, KingletFault, KingletFault,
     KingletFault, KingletFault},
};
}

void KingletReset() {
#ifdef __ARM_FP
  // CPACR: full access to CP10 and CP11, the FPU and Helium.
  *reinterpret_cast<volatile uint32_t*>(0xE000'ED88U) |= 0xFU << 20;
  __asm__ volatile("dsb\n isb" ::: "memory");
#endif
  KingletStart();
}
