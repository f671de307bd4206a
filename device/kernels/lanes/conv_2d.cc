#include "device/kernels/lanes/conv_2d.h"

#include "device/kernels/lanes/tile.h"

namespace kinglet::kernels {
namespace {

constexpr int32_t kPixels = 4;  // of a tile

// The top left element under a pixel's window; may lie outside the input.
struct Origin {
  int32_t y, x;
};

// True if the windows of all pixels lie inside the input.
bool AreInside(const LanesConv2dParams& p, const Origin* origins) {
  bool inside = true;
  for (int32_t i = 0; i < kPixels; ++i) {
    inside = inside && origins[i].y >= 0 && origins[i].x >= 0 &&
             origins[i].y + (p.filter_h - 1) * p.dilation_h < p.input_h &&
             origins[i].x + (p.filter_w - 1) * p.dilation_w < p.input_w;
  }
  return inside;
}

void GatherRows(const LanesConv2dParams& p, const int8_t* input, const Origin* origins,
                int32_t* tile) {
  const int8_t* pixels[kPixels];
  for (int32_t i = 0; i < kPixels; ++i) {
    pixels[i] = input + (origins[i].y * p.input_w + origins[i].x) * p.input_c;
  }
  const int32_t run = p.filter_w * p.input_c;
  for (int32_t k = 0; k < p.filter_h; ++k, tile += 2 * run) {
    KingletLanesGather(pixels, run, tile);
    for (const int8_t*& pixel : pixels) pixel += p.dilation_h * p.input_w * p.input_c;
  }
}

void GatherTaps(const LanesConv2dParams& p, const int8_t* input, const int8_t* outside,
                const Origin* origins, int32_t* tile) {
  for (int32_t ky = 0; ky < p.filter_h; ++ky) {
    for (int32_t kx = 0; kx < p.filter_w; ++kx, tile += 2 * p.input_c) {
      const int8_t* pixels[kPixels];
      for (int32_t i = 0; i < kPixels; ++i) {
        const int32_t y = origins[i].y + ky * p.dilation_h;
        const int32_t x = origins[i].x + kx * p.dilation_w;
        const bool inside = y >= 0 && y < p.input_h && x >= 0 && x < p.input_w;
        pixels[i] = inside ? input + (y * p.input_w + x) * p.input_c : outside;
      }
      KingletLanesGather(pixels, p.input_c, tile);
    }
  }
}

}  // namespace

void LanesConv2d(const LanesConv2dParams& params, const int8_t* input, const int8_t* weights,
                 const int32_t* channels, int32_t* scratch, int8_t* output) {
  const LanesConv2dParams& p = params;
  int8_t* const outside = reinterpret_cast<int8_t*>(scratch + (LanesConv2dTaps(p) + 1) / 2 * 4);
  if (LanesConv2dPads(p)) {
    for (int32_t c = 0; c < p.input_c; ++c) outside[c] = static_cast<int8_t>(p.input_zero_point);
  }
  KingletLanesTile job{
      scratch,
      weights,
      channels,
      output,
      p.output_c,
      0,
      0,
      0,
      MakeLanesRange(p.piece_bits, p.activation_min, p.activation_max, p.output_zero_point)};
  Origin next{-p.pad_top, -p.pad_left};
  int32_t x = 0;
  for (int32_t left = p.output_h * p.output_w; left > 0; left -= kPixels) {
    const int32_t count = left < kPixels ? left : kPixels;
    Origin origins[kPixels];
    for (int32_t i = 0; i < kPixels; ++i) {
      if (i >= count) {
        origins[i] = origins[0];
        continue;
      }
      origins[i] = next;
      next.x += p.stride_w;
      if (++x == p.output_w) {
        x = 0;
        next = {next.y + p.stride_h, -p.pad_left};
      }
    }
    if (p.dilation_w == 1 && AreInside(p, origins)) {
      GatherRows(p, input, origins, scratch);
    } else {
      GatherTaps(p, input, outside, origins, scratch);
    }
    job.offset1 = count > 1 ? p.output_c : 0;
    job.offset2 = count > 2 ? 2 * p.output_c : 0;
    job.offset3 = count > 3 ? 3 * p.output_c : 0;
    KingletLanesTileRun(&job);
    job.output += count * p.output_c;
  }
}

}  // namespace kinglet::kernels
