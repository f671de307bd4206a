// A parser with a planted fault, so that the alarm itself is tested: it trusts the length that
// stands in the input.
#include <cstdlib>

#include "fuzz/fuzz.h"

// Layout: 'K', one byte of length, as many bytes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || data[0] != 'K') return 0;
  const size_t length = data[1];
  if (length > size - 2) std::abort();  // where a real parser would read beyond its input
  return 0;
}

namespace kinglet::fuzz {

std::vector<Bytes> Seeds() { return {{'K', 3, 'a', 'b', 'c'}}; }

}  // namespace kinglet::fuzz
