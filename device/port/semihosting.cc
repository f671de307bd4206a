// The port of emulated boards. Only two host files are ever named: input.bin and output.bin in the
// emulator's working folder.
#include "device/port/port.h"
#include "device/port/semihosting_call.h"

namespace kinglet::port {
namespace {

constexpr intptr_t kOpen = 0x01, kWrite = 0x05, kRead = 0x06, kExitExtended = 0x20;
constexpr intptr_t kModeReadBinary = 1, kModeWriteBinary = 5;
constexpr intptr_t kApplicationExit = 0x20026;
constexpr char kInputName[] = "input.bin";
constexpr char kOutputName[] = "output.bin";
constexpr intptr_t kNotOpen = -1;

intptr_t Open(const char* name, size_t name_length, intptr_t mode) {
  const intptr_t block[3] = {reinterpret_cast<intptr_t>(name), mode,
                             static_cast<intptr_t>(name_length)};
  return KingletSemihostingCall(kOpen, block);
}

// The answer is how many bytes were NOT moved.
size_t BytesLeft(intptr_t operation, intptr_t handle, const void* bytes, size_t byte_count) {
  const intptr_t block[3] = {handle, reinterpret_cast<intptr_t>(bytes),
                             static_cast<intptr_t>(byte_count)};
  const auto left = static_cast<size_t>(KingletSemihostingCall(operation, block));
  return left > byte_count ? byte_count : left;
}

}  // namespace

size_t ReadInput(void* to, size_t bytes) {
  static intptr_t handle = kNotOpen;
  if (handle == kNotOpen) handle = Open(kInputName, sizeof(kInputName) - 1, kModeReadBinary);
  if (handle == kNotOpen || bytes == 0) return 0;
  return bytes - BytesLeft(kRead, handle, to, bytes);
}

bool WriteOutput(const void* from, size_t bytes) {
  static intptr_t handle = kNotOpen;
  if (handle == kNotOpen) handle = Open(kOutputName, sizeof(kOutputName) - 1, kModeWriteBinary);
  if (handle == kNotOpen) return false;
  return bytes == 0 || BytesLeft(kWrite, handle, from, bytes) == 0;
}

void Exit(int status) {
  const intptr_t block[2] = {kApplicationExit, status};
  for (;;) KingletSemihostingCall(kExitExtended, block);
}

}  // namespace kinglet::port

extern "C" void KingletFault() { kinglet::port::Exit(kinglet::port::kStatusFault); }
