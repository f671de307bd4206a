// Energy in overlapping triangular bands of a spectrum.
#pragma once

#include <stdint.h>

namespace kinglet::dsp {

// Triangles that share their edges: every bin between two neighbouring edges is split between the
// band that falls there and the band that rises there. bins[j] bins lie between edge j and edge j +
// 1; band j rises over bins[j] and falls over bins[j + 1].
struct MelTable {
  uint16_t first_bin;       // first bin above edge 0, at least 1
  uint16_t bin_count;       // up to the last edge; first_bin + bin_count <= N / 2
  uint8_t band_count;       // at most 80
  const uint16_t* weights;  // bin_count: share of the rising band, Q16
  const uint8_t* bins;      // band_count + 1, sum bin_count
};

// logs[band] = log2 of the band's energy in Q8, with `offset` added, never below 0; band_count
// values. `spectrum` is RealFft's output; what is below 2^-15 of the largest bin in the bands is
// lost.
void MelLogs(const MelTable& table, const int32_t* spectrum, int32_t offset, int32_t* logs);

}  // namespace kinglet::dsp
