// The inner loops of the depthwise convolution for Armv7E-M; depthwise_conv_2d.h explains the form
// of weights. strip.S has them by hand; strip_model.cc is the same in C++ for every other
// processor, so that the host runs what the device runs.
#pragma once

#include <stdint.h>

extern "C" {

// Widens one channel of rows of pixels.
struct KingletWiden {
  const int8_t* input;
  int32_t step;           // bytes between pixels
  int32_t row_step;       // bytes between rows of the input
  int32_t rows, columns;  // 1 or more
  int16_t* strip;
  int32_t pitch;  // bytes between rows of the strip
};
void KingletWidenRows(const struct KingletWiden* job);

// Moves quads * 16 bytes to a lower address. quads: 1 or more.
void KingletMoveDown(int32_t* to, const int32_t* from, int32_t quads);

// Some rows of outputs of one channel. strip.S knows the order of the members.
struct KingletDepthwise {
  int32_t weights[6];         // (w0, w1) and (w1, w2) of three rows, doubled
  int32_t multiplier, shift;  // right shift - 1
  int32_t rounding;           // (2 * output zero point + 1) << shift
  int32_t rectified;  // activations begin at the zero point: how halves of negative values are
                      // rounded cannot be seen
  int8_t* output;
  int32_t output_step;  // bytes between pixels
  int32_t twice_bias;
  const int16_t* limit;   // where the window behind the first row's last would begin
  const int16_t* window;  // of the first output; at a multiple of 4
  int32_t row_step;       // bytes between windows of rows of outputs
  const int16_t* end;     // where the window of the row behind the last begins
  int32_t tap_row_step;   // bytes between rows of a window
  // For any filter, in place of `weights`: words of all triples.
  const int32_t* taps;
  const int32_t* taps_end;
  int32_t triples;  // of a row
};
void KingletDepthwise6(const struct KingletDepthwise* job);
void KingletDepthwise5(const struct KingletDepthwise* job);
void KingletDepthwise4(const struct KingletDepthwise* job);
void KingletDepthwise3(const struct KingletDepthwise* job);
void KingletDepthwiseAny(const struct KingletDepthwise* job);
void KingletDepthwise6Stride2(const struct KingletDepthwise* job);
void KingletDepthwise4Stride2(const struct KingletDepthwise* job);
void KingletDepthwise3Stride2(const struct KingletDepthwise* job);
void KingletDepthwiseAnyStride2(const struct KingletDepthwise* job);

}  // extern "C"
