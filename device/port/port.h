// What a board must supply so that a Kinglet program runs on it. startup.cc with arm/ or riscv/
// brings a program to main() on any of the cores; semihosting/ implements the functions below for
// emulated boards, where input and output are two files of the host. One thread, no interrupts.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace kinglet::port {

// Reads the next `bytes` bytes of the run's input into `to`. Returns how many there were: fewer
// only at the end of the input.
size_t ReadInput(void* to, size_t bytes);

// Appends `bytes` bytes to the run's output; false when the host refused them.
bool WriteOutput(const void* from, size_t bytes);

// Ends the program. `status` is 0 for success, else 1 to 125 or one of those below.
[[noreturn]] void Exit(int status);
inline constexpr int kStatusOutputRefused = 126;  // WriteOutput failed
inline constexpr int kStatusFault = 127;          // see KingletFault

// The deepest the stack has been since start-up, in bytes (by the painted words that were
// overwritten).
size_t StackBytesUsed();

}  // namespace kinglet::port

// Where a fault, or an interrupt nobody handles, ends. start-up's own loops forever; a port may
// define another.
extern "C" [[noreturn]] void KingletFault();
