// Runs one outside program to its end: a compiler, the emulator. Safe from several threads at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/result.h"

namespace kinglet::emulate {

struct ProcessOptions {
  // Working folder, where the program's temporary files go, too: it leaves them when it is killed.
  // Empty for ours.
  std::string folder{};
  double seconds_max = 120;                     // then the program is killed
  uint64_t file_bytes_max = uint64_t{1} << 31;  // of any file it writes
  size_t text_bytes_max = size_t{64} << 10;     // of what it prints; the rest is dropped
};

struct ProcessOutput {
  int status = 0;  // exit status when signal is 0
  int signal = 0;  // what stopped it, or 0
  bool timed_out = false;
  std::string text;  // standard output and error together, the first text_bytes_max
};

// `arguments[0]` is looked up in PATH. The program reads nothing, and dies with us. kNotFound when
// it is not installed.
Result<ProcessOutput> RunProcess(const std::vector<std::string>& arguments,
                                 const ProcessOptions& options);

}  // namespace kinglet::emulate
