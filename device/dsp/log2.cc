#include "device/dsp/log2.h"

#include "device/dsp/fixed.h"

namespace kinglet::dsp {
namespace {

// log2(1 + i / 32) in Q15.
constexpr uint16_t kLog2[33] = {0,     1455,  2866,  4236,  5568,  6863,  8124,  9352,  10549,
                                11716, 12855, 13968, 15055, 16117, 17156, 18173, 19168, 20143,
                                21098, 22034, 22952, 23852, 24736, 25604, 26455, 27292, 28114,
                                28922, 29717, 30498, 31267, 32024, 32768};

}  // namespace

int32_t Log2Q8(uint64_t value) {
  const auto high = static_cast<uint32_t>(value >> 32);
  const int32_t bits = high != 0 ? 32 + BitLength(high) : BitLength(static_cast<uint32_t>(value));
  // The leading one in bit 31, then 5 bits that pick the interval and 16 that interpolate in it.
  const auto mantissa =
      static_cast<uint32_t>(bits >= 32 ? value >> (bits - 32) : value << (32 - bits));
  const uint32_t interval = (mantissa >> 26) & 31U;
  const uint32_t fraction = (mantissa >> 10) & 0xFFFFU;
  const uint32_t rise = uint32_t{kLog2[interval + 1]} - kLog2[interval];
  const uint32_t log_q15 = kLog2[interval] + ((rise * fraction) >> 16);
  return (bits - 1) * 256 + static_cast<int32_t>((log_q15 + 64) >> 7);
}

}  // namespace kinglet::dsp
