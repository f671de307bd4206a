#include "device/kernels/cortex_m4/conv_2d.h"

#include "device/kernels/cortex_m4/clamp.h"
#include "device/kernels/cortex_m4/tile.h"
#include "device/kernels/requantize.h"
#include "device/kernels/window.h"

namespace kinglet::kernels {
namespace {

constexpr int32_t kPixels = 4;     // of a tile
constexpr int32_t kQuadWords = 8;  // of a tile, for four elements of its pixels

// Where the windows of pixels lie and how they are cut into runs.
struct Layout {
  const TiledConv2dParams& p;
  const int8_t* input;
  int8_t* run_buffer;  // of one run, when input_c is no multiple of 4
  int32_t run_quads;   // per run
  int32_t row_quads;   // per row of taps
};

struct Pixel {
  int32_t y, x;
};

void Advance(const TiledConv2dParams& p, Pixel& pixel) {
  if (++pixel.x < p.output_w) return;
  pixel.x = 0;
  ++pixel.y;
}

// `quads` quads of the zero point.
void FillQuads(int32_t zero_point, int32_t quads, int32_t* tile) {
  const uint32_t zero = static_cast<uint32_t>(zero_point) & 0xFFFFU;
  const uint32_t widened = static_cast<uint32_t>(255 * zero_point + 127) & 0xFFFFU;
  for (; quads > 0; --quads, tile += kQuadWords) {
    tile[0] = static_cast<int32_t>(zero << 16 | zero);
    tile[kPixels] = static_cast<int32_t>(widened << 16 | widened);
  }
}

// A row of taps whose columns `inside` fall into the input; `row` is where tap 0 would lie.
void EncodePartOfRow(const Layout& l, const int8_t* row, TapRange inside, int32_t* tile) {
  const TiledConv2dParams& p = l.p;
  if (p.input_c % 4 == 0) {
    const int32_t tap_quads = p.input_c / 4;
    for (int32_t k = 0; k < p.filter_w; ++k, tile += tap_quads * kQuadWords) {
      if (k >= inside.begin && k < inside.end) {
        KingletEncodeRun(row + k * p.dilation_w * p.input_c, tap_quads, tile);
      } else {
        FillQuads(p.input_zero_point, tap_quads, tile);
      }
    }
    return;
  }
  const int32_t taps_of_run = p.dilation_w == 1 ? p.filter_w : 1;
  for (int32_t first = 0; first < p.filter_w; first += taps_of_run) {
    int8_t* byte = l.run_buffer;
    for (int32_t k = first; k < first + taps_of_run; ++k) {
      const bool within = k >= inside.begin && k < inside.end;
      const int8_t* tap = row + k * p.dilation_w * p.input_c;
      for (int32_t c = 0; c < p.input_c; ++c) {
        *byte++ = within ? tap[c] : static_cast<int8_t>(p.input_zero_point);
      }
    }
    KingletEncodeRun(l.run_buffer, l.run_quads, tile);
    tile += l.run_quads * kQuadWords;
  }
}

void EncodeWholeRow(const Layout& l, const int8_t* row, int32_t* tile) {
  if (l.p.dilation_w == 1) {
    KingletEncodeRun(row, l.run_quads, tile);
    return;
  }
  for (int32_t k = 0; k < l.p.filter_w; ++k, tile += l.run_quads * kQuadWords) {
    KingletEncodeRun(row + k * l.p.dilation_w * l.p.input_c, l.run_quads, tile);
  }
}

void EncodePixel(const Layout& l, Pixel pixel, int32_t* tile) {
  const TiledConv2dParams& p = l.p;
  const int32_t origin_x = pixel.x * p.stride_w - p.pad_left;
  const TapRange columns = TapsInside(origin_x, p.filter_w, p.dilation_w, p.input_w);
  int32_t y = pixel.y * p.stride_h - p.pad_top;
  for (int32_t k = 0; k < p.filter_h; ++k, y += p.dilation_h, tile += l.row_quads * kQuadWords) {
    const int8_t* row = l.input + (y * p.input_w + origin_x) * p.input_c;
    if (y < 0 || y >= p.input_h || columns.begin == columns.end) {
      FillQuads(p.input_zero_point, l.row_quads, tile);
    } else if (columns.end - columns.begin == p.filter_w) {
      EncodeWholeRow(l, row, tile);
    } else {
      EncodePartOfRow(l, row, columns, tile);
    }
  }
}

// True if the four pixels from `pixel` on lie in one row and all their windows inside the input, in
// undilated columns.
bool IsInside(const TiledConv2dParams& p, Pixel pixel) {
  const int32_t y = pixel.y * p.stride_h - p.pad_top;
  const int32_t x = pixel.x * p.stride_w - p.pad_left;
  return p.dilation_w == 1 && pixel.x + kPixels <= p.output_w && x >= 0 &&
         x + (kPixels - 1) * p.stride_w + p.filter_w <= p.input_w && y >= 0 &&
         y + (p.filter_h - 1) * p.dilation_h < p.input_h;
}

void EncodeFour(const Layout& l, Pixel pixel, int32_t* tile) {
  const TiledConv2dParams& p = l.p;
  int32_t y = pixel.y * p.stride_h - p.pad_top;
  const int32_t x = pixel.x * p.stride_w - p.pad_left;
  for (int32_t k = 0; k < p.filter_h; ++k, y += p.dilation_h, tile += l.row_quads * kQuadWords) {
    KingletEncodePixels(l.input + (y * p.input_w + x) * p.input_c, p.stride_w * p.input_c,
                        l.run_quads, tile);
  }
}

}  // namespace

void TiledConv2d(const TiledConv2dParams& params, const int8_t* input, const int32_t* packed,
                 int32_t* scratch, int8_t* output) {
  const TiledConv2dParams& p = params;
  const int32_t quads = TiledConv2dQuads(p);
  const int32_t pairs = p.output_c / 2;
  const int32_t run_quads = (TiledConv2dRunLength(p) + 3) / 4;
  int8_t* const behind_tile = reinterpret_cast<int8_t*>(scratch + kQuadWords * quads);
  const Layout layout{p, input, behind_tile, run_quads, quads / p.filter_h};
  int8_t* const staging = behind_tile + (p.input_c % 4 == 0 ? 0 : 4 * run_quads);
  KingletConvTile job{scratch, packed, output, quads, pairs, 0, 2 * p.output_zero_point + 1};
  const auto run =
      p.activation_min >= p.output_zero_point ? KingletConvTileRectified : KingletConvTileSigned;
  Pixel pixel{0, 0};
  int32_t count = kPixels;
  for (int32_t left = p.output_h * p.output_w; left > 0; left -= count) {
    // The last pixels go alone, in the column that is written last, all columns to one place.
    if (left < kPixels) count = 1;
    const int32_t first = kPixels - count;
    if (count == kPixels && IsInside(p, pixel)) {
      EncodeFour(layout, pixel, scratch);
      pixel.x += kPixels - 1;
      Advance(p, pixel);
    } else {
      for (int32_t i = first; i < kPixels; ++i) {
        EncodePixel(layout, pixel, scratch + i);
        Advance(p, pixel);
      }
    }
    job.packed = packed;
    job.output = output;
    job.pairs = pairs;
    job.output_step = count == kPixels ? p.output_c : 0;
    if (pairs > 0) run(&job);
    if (p.output_c % 2 != 0) {  // the last channel's pair is none of the output
      job.packed += pairs * (2 * quads + 6);
      job.output = staging;
      job.pairs = 1;
      job.output_step = 2;
      run(&job);
      for (int32_t i = 0; i < count; ++i) {
        output[(i + 1) * p.output_c - 1] = staging[2 * (first + i)];
      }
    }
    ClampAll(p, count * p.output_c, output);
    output += count * p.output_c;
  }
}

}  // namespace kinglet::kernels
