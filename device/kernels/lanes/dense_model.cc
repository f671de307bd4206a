#include "device/kernels/lanes/dense.h"
#include "device/kernels/lanes/lanes.h"
#include "device/kernels/lanes/scale_sum.h"

#if !defined(__ARM_ARCH_6M__)

namespace {

void AddInput(uint32_t word, int8_t x, uint32_t& all, uint32_t& second) {
  const uint32_t factor = static_cast<uint32_t>(int32_t{x});
  all += word * factor;
  second += ((word >> 8) & 0x00FF00FF) * factor;
}

}  // namespace

void KingletLanesDenseRun(const KingletLanesDense* job) {
  using namespace kinglet::kernels;
  const uint32_t* word = reinterpret_cast<const uint32_t*>(job->weights);
  const int32_t* bias = job->biases;
  const int32_t* scale = job->scales;
  const int32_t scale_words = job->scale_bytes / 4;
  int8_t* output = job->output;
  LanesScale stage(job->range, scale);
  for (int32_t group = 0; group < job->groups; ++group) {
    const int32_t blocks = job->lower_begin / -0x8000;
    Lanes even(blocks), odd(blocks);
    const int8_t* x = job->input;
    const int32_t* block = job->blocks;
    for (int32_t begin = *block++; begin != kLanesEndOfInputs; begin = *block++) {
      const int32_t inputs = kLanesInputsOfBlock -
                             static_cast<int32_t>(static_cast<uint32_t>(begin) / kLanesInputBytes);
      const int8_t* const end = x + inputs;
      uint32_t all = 0, second = 0;
      if (inputs % 2 != 0) AddInput(*word++, *x++, all, second);
      for (; x != end; x += 2, word += 2) {
        AddInput(word[0], x[0], all, second);
        AddInput(word[1], x[1], all, second);
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
