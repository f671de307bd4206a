// Changes to raw sound that keep its meaning, for training: the same seed gives the same samples on
// every machine.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "src/base/random.h"

namespace kinglet::signal {

using Samples = std::span<const int16_t>;

struct AudioAugmentOptions {
  float shift_ms_max = 100;  // moved earlier or later by up to this; what is uncovered is silence
  float speed_max = 0.1F;    // played faster or slower (with pitch) by up to this fraction
  float gain_db_max = 6;     // louder or softer by up to this; clips at full scale
  float noise_probability = 0.5F;  // how often background noise is mixed in, when there is any
  float snr_db_min = 5;  // power of speech over power of noise, drawn evenly in this range
  float snr_db_max = 25;
};

// One augmented copy of `clip`, of the same length. `noises` are recordings of background; one is
// drawn, a random part of it is taken, repeated when it is shorter than the clip. Silent clips get
// noise at the level of a quiet room.
std::vector<int16_t> AugmentAudio(Samples clip, int sample_rate_hz,
                                  std::span<const std::vector<int16_t>> noises,
                                  const AudioAugmentOptions& options, Random& random);

// The `sample_count` samples of `recording` with the most energy, or all of it in the middle of
// silence when it is shorter: how a recording of any length becomes one window.
std::vector<int16_t> CutWindow(Samples recording, size_t sample_count);

}  // namespace kinglet::signal
