// What a fuzz harness defines. Both engines, libFuzzer and the seeded driver, call these two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/base/bytes.h"

// Handles one input; a crash, failed assertion or sanitizer report is the failure. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace kinglet::fuzz {

// Well-formed inputs to start from, made in code: at least one, none empty.
std::vector<Bytes> Seeds();

}  // namespace kinglet::fuzz
