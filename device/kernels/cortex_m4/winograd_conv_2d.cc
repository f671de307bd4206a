#include "device/kernels/cortex_m4/winograd_conv_2d.h"

#include <string.h>

#include "device/kernels/cortex_m4/winograd.h"
#include "device/kernels/requantize.h"

namespace kinglet::kernels {
namespace {

constexpr int32_t kTile = 4;  // rows and columns that a tile reads; it writes 2 x 2
constexpr int32_t kPositions = 16;
constexpr int32_t kLanes = 8;  // sums at a time: two tiles, four output channels

// Copies the tile whose first pixel is (y, x), with what lies outside the input.
void CopyTile(const WinogradConv2dParams& p, const int8_t* input, int32_t y, int32_t x,
              int8_t* tile) {
  for (int32_t row = y; row < y + kTile; ++row) {
    for (int32_t column = x; column < x + kTile; ++column, tile += p.input_c) {
      const bool inside = row >= 0 && row < p.input_h && column >= 0 && column < p.input_w;
      const auto size = static_cast<size_t>(p.input_c);
      if (inside) {
        memcpy(tile, input + (row * p.input_w + column) * p.input_c, size);
      } else {
        memset(tile, p.input_zero_point, size);
      }
    }
  }
}

void TransformTile(const WinogradConv2dParams& p, const int8_t* input, int32_t y, int32_t x,
                   int8_t* border_tile, int32_t* transform) {
  const bool inside = y >= 0 && y + kTile <= p.input_h && x >= 0 && x + kTile <= p.input_w;
  if (!inside) CopyTile(p, input, y, x, border_tile);
  const KingletWinogradInput job{inside ? input + (y * p.input_w + x) * p.input_c : border_tile,
                                 (inside ? p.input_w : kTile) * p.input_c, p.input_c, p.input_c / 4,
                                 transform};
  KingletWinogradTransform(&job);
}

}  // namespace

void WinogradConv2d(const WinogradConv2dParams& params, const int8_t* input, const int32_t* packed,
                    int32_t* scratch, int8_t* output) {
  const WinogradConv2dParams& p = params;
  int32_t* const sums = scratch + kPositions * p.input_c;
  int8_t* const border_tile = reinterpret_cast<int8_t*>(sums + kPositions * kLanes);
  const int32_t row_step = p.output_w * p.output_c;
  const bool clamps = p.activation_min > -128 || p.activation_max < 127;
  for (int32_t y = 0; y < p.output_h; y += 2) {
    for (int32_t x = 0; x < p.output_w; x += 4) {
      for (int32_t tile = 0; tile < 2; ++tile) {
        TransformTile(p, input, y - p.pad_top, x + 2 * tile - p.pad_left, border_tile,
                      scratch + tile);
      }
      int8_t* const first = output + (y * p.output_w + x) * p.output_c;
      const KingletWinogradTiles job{scratch,
                                     packed,
                                     first,
                                     p.input_c / 2,
                                     p.output_c / 4,
                                     p.output_c,
                                     row_step,
                                     2 * p.output_zero_point + 1,
                                     sums};
      KingletWinogradProducts(&job);
      if (!clamps) continue;
      for (int32_t row = 0; row < 2; ++row) {
        for (int32_t i = 0; i < 4 * p.output_c; ++i) {
          int8_t& value = first[row * row_step + i];
          value = static_cast<int8_t>(Clamp(value, p.activation_min, p.activation_max));
        }
      }
    }
  }
}

}  // namespace kinglet::kernels
