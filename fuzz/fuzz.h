// What a fuzz harness defines. Both engines, libFuzzer and the seeded driver, call these two.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/base/bytes.h"

// Handles one input; a crash, failed assertion or sanitizer report is the failure. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace kinglet::fuzz {

// Well-formed inputs to start from, made in code: at least one, none empty.
std::vector<Bytes> Seeds();

// A seed of a harness whose inputs' first byte picks the parser.
inline Bytes WithPick(uint8_t pick, ByteView bytes) {
  Bytes seed(bytes.size() + 1, pick);
  std::copy(bytes.begin(), bytes.end(), seed.begin() + 1);
  return seed;
}

}  // namespace kinglet::fuzz
