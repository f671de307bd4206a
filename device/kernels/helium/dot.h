// The inner loops of the convolutions and fully connected layers for Helium: sums of sixteen
// products an instruction. dot.S has them by hand; dot_model.cc is the same in C++ for every other
// processor, so that the host runs what the device runs.
#pragma once

#include <stdint.h>

extern "C" {

// Constants of the output stage, four times each.
struct KingletClamp {
  int32_t zero_point[4];
  int32_t min[4], max[4];
};

// Copies rows of a window together. rows, row_bytes: 1 or more.
struct KingletGather {
  const int8_t* input;
  int8_t* window;
  int32_t rows, row_bytes;
  int32_t input_step, window_step;  // bytes between rows
};
void KingletGatherRows(const struct KingletGather* job);

// Pairs of pixels by all groups of four channels, from the last group to the first.
struct KingletPixelPairs {
  const int8_t* input0;  // the windows: blocks * 16 elements are read
  const int8_t* input1;
  int8_t* output0;  // first channel of the last group
  int8_t* output1;
  const int32_t* packed;  // see VectorConv2d
  int32_t blocks, groups;
  int32_t pairs;                    // 1 or more
  int32_t input_step, output_step;  // bytes between pairs
  // Null, or what gathers the windows at input0 and input1 before each pair; its input moves on by
  // gather_step bytes with each window.
  struct KingletGather* gather;
  int32_t gather_step;
  struct KingletClamp clamp;
};

// With the reference's two roundings.
void KingletPixelPairsSigned(const struct KingletPixelPairs* job);
// The same for activations that begin at the zero point: how halves of negative values are rounded
// cannot be seen.
void KingletPixelPairsRectified(const struct KingletPixelPairs* job);

// Sets blocks * 16 bytes.
void KingletFillBlocks(int8_t* window, int32_t value, int32_t blocks);

// One pixel by groups of eight channels.
struct KingletDenseVectors {
  const int8_t* input;    // blocks * 16 elements are read
  int8_t* output;         // groups * 8 bytes
  const int32_t* packed;  // see VectorFullyConnected
  int32_t blocks, groups;
  int32_t multiplier, shift;  // shift: negative
  struct KingletClamp clamp;
};
void KingletDenseByEight(const struct KingletDenseVectors* job);

}  // extern "C"
