#include "device/dsp/mel.h"

#include "device/dsp/fixed.h"
#include "device/dsp/log2.h"

namespace kinglet::dsp {
namespace {

// Bits to drop so that every part of every bin in the bands fits 15 bits and a sign.
int32_t ShiftTo16Bits(const MelTable& table, const int32_t* spectrum) {
  uint32_t all = 0;
  const int32_t* end = spectrum + 2 * (table.first_bin + table.bin_count);
  for (const int32_t* part = spectrum + 2 * table.first_bin; part < end; ++part) {
    all |= Magnitude(*part);
  }
  const int32_t shift = BitLength(all) - 15;
  return shift > 0 ? shift : 0;
}

uint32_t Power(const int32_t* bin, int32_t shift, int32_t half) {
  const int32_t re = (bin[0] + half) >> shift;
  const int32_t im = (bin[1] + half) >> shift;
  return static_cast<uint32_t>(re * re) + static_cast<uint32_t>(im * im);
}

int32_t LogOf(uint64_t energy, int32_t offset) {
  if (energy == 0) return 0;
  const int32_t log = Log2Q8(energy) + offset;
  return log > 0 ? log : 0;
}

}  // namespace

void MelLogs(const MelTable& table, const int32_t* spectrum, int32_t offset, int32_t* logs) {
  const int32_t shift = ShiftTo16Bits(table, spectrum);
  const int32_t half = shift > 0 ? int32_t{1} << (shift - 1) : 0;
  offset += 2 * shift * 256;
  const int32_t* bin = spectrum + 2 * table.first_bin;
  const uint16_t* weight = table.weights;
  uint64_t falling = 0;  // what the band that rose in the last interval has so far
  for (uint32_t interval = 0; interval <= table.band_count; ++interval) {
    uint64_t rising = 0;
    for (uint32_t i = table.bins[interval]; i != 0; --i) {
      const uint32_t power = Power(bin, shift, half);
      const uint32_t share = ShareOf(power, *weight);
      rising += share;
      falling += power - share;
      bin += 2;
      ++weight;
    }
    if (interval > 0) logs[interval - 1] = LogOf(falling, offset);
    falling = rising;
  }
}

}  // namespace kinglet::dsp
