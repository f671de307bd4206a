// The inner loop of the fully connected layers of this folder; fully_connected.h explains it.
// tile.S has it by hand for Armv6-M; dense_model.cc is the same in C++ for every other processor.
#pragma once

#include <stdint.h>

#include "device/kernels/lanes/scale.h"

namespace kinglet::kernels {

// The words of KingletLanesDense's blocks count in bytes of the loop in tile.S.
inline constexpr int32_t kLanesInputsOfBlock = 16;
inline constexpr int32_t kLanesInputBytes = 18;
inline constexpr int32_t kLanesEndOfInputs = kLanesInputsOfBlock * kLanesInputBytes + 32;

}  // namespace kinglet::kernels

extern "C" {

// One pixel by groups of four channels.
struct KingletLanesDense {
  const int8_t* input;
  // Per block kLanesInputBytes * (kLanesInputsOfBlock - its inputs), then 0x00800080 times their
  // sum, - 0x8000; then kLanesEndOfInputs.
  const int32_t* blocks;
  const int32_t* weights;  // see LanesFullyConnected
  const int32_t* biases;
  const int32_t* scales;
  int8_t* output;
  int32_t groups;
  int32_t scale_bytes;  // from an output's scale to the next; 0 or 8
  int32_t offsets[4];   // of a group's outputs behind its first, which is written last
  int32_t lower_begin;  // -0x8000 times the number of blocks
  kinglet::kernels::LanesRange range;
};
void KingletLanesDenseRun(const struct KingletLanesDense* job);

}  // extern "C"
