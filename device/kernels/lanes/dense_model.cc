#include "device/kernels/lanes/dense.h"
#include "device/kernels/lanes/lanes.h"
#include "device/kernels/lanes/scale_sum.h"

#if !defined(__ARM_ARCH_6M__)

void KingletLanesDenseRun(const KingletLanesDense* job) {
  using namespace kinglet::kernels;
  const uint32_t* word = reinterpret_cast<const uint32_t*>(job->weights);
  const int32_t* bias = job->biases;
  const int32_t* scale = job->scales;
  const int32_t scale_words = job->scale_bytes / 4;
  int8_t* output = job->output;
  LanesScale stage(job->range, scale);
  for (int32_t group = 0; group < job->groups; ++group) {
    Lanes even, odd;
    const int8_t* x = job->input;
    const int32_t* block = job->blocks;
    for (int32_t begin = *block++; begin != kLanesEndOfInputs; begin = *block++) {
      const int8_t* const end = x + kLanesInputsOfBlock - begin / kLanesInputBytes;
      uint32_t all = 0, second = 0;
      for (; x != end; ++x) {
        const uint32_t w = *word++, factor = static_cast<uint32_t>(*x);
        all += w * factor;
        second += ((w >> 8) & 0x00FF00FF) * factor;
      }
      const uint32_t excess = static_cast<uint32_t>(*block++);
      even.Add(all - (second << 8) - excess);
      odd.Add(second - excess);
    }
    const int32_t sums[4] = {even.Lower(), odd.Lower(), even.Upper(), odd.Upper()};
    for (int32_t i = 3; i >= 0; --i) {
      if (scale_words != 0) stage = LanesScale(job->range, scale + i * scale_words);
      output[job->offsets[i]] = stage(sums[i] + bias[i]);
    }
    scale += 4 * scale_words;
    bias += 4;
    output += 4;
  }
}

#endif
