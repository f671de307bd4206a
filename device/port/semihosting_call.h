// One semihosting call to the host that runs the program (Arm, "Semihosting for AArch32 and
// AArch64"; RISC-V, "Semihosting Specification 0.2" takes over its operations).
#pragma once

#include <stdint.h>

// Implemented in arm/semihosting_call.S and riscv/semihosting_call.S.
extern "C" intptr_t KingletSemihostingCall(intptr_t operation, const void* argument);
