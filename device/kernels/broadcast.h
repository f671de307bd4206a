// Two inputs that stretch to one output, as the binary operators of .tflite do.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

// Dimensions of a broadcast, outermost first; those that are not needed have size 1. A params
// struct has three arrays of them: the output's sizes, and how many elements a step along the
// dimension moves on in each input, which is 0 where that input repeats.
inline constexpr int32_t kBroadcastRank = 6;

// output[i] = f(a, b) for every element of the output in order; a and b are those of the inputs
// that stretch to it. The output may be an input that repeats nothing.
template <typename Element1, typename Element2, typename Output, typename Function>
void ForEachPair(const int32_t* sizes, const int32_t* steps1, const int32_t* steps2,
                 const Element1* input1, const Element2* input2, Output* output,
                 const Function& f) {
  constexpr int32_t kInner = kBroadcastRank - 1;
  int32_t index[kInner] = {};
  int32_t d = 0;
  while (d >= 0) {
    const Element1* a = input1;
    const Element2* b = input2;
    for (int32_t i = 0; i < sizes[kInner]; ++i) {
      *output++ = f(*a, *b);
      a += steps1[kInner];
      b += steps2[kInner];
    }
    for (d = kInner - 1; d >= 0; --d) {
      input1 += steps1[d];
      input2 += steps2[d];
      if (++index[d] < sizes[d]) break;
      input1 -= steps1[d] * sizes[d];
      input2 -= steps2[d] * sizes[d];
      index[d] = 0;
    }
  }
}

}  // namespace kinglet::kernels
