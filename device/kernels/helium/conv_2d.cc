#include "device/kernels/helium/conv_2d.h"

#include "device/kernels/helium/clamp.h"
#include "device/kernels/helium/dot.h"
#include "device/kernels/requantize.h"
#include "device/kernels/window.h"

namespace kinglet::kernels {
namespace {

// Walks over the output's pixels in order.
struct Pixel {
  int32_t y, x;  // of the window's first tap in the input
  int32_t column;
};

void Advance(const VectorConv2dParams& p, Pixel& pixel) {
  pixel.x += p.stride_w;
  if (++pixel.column < p.output_w) return;
  pixel = {pixel.y + p.stride_h, -p.pad_left, 0};
}

const int8_t* At(const VectorConv2dParams& p, const int8_t* input, int32_t y, int32_t x) {
  return input + (y * p.input_w + x) * p.input_c;
}

// How windows are copied together.
struct Windows {
  const VectorConv2dParams& p;
  const int8_t* input;
  int32_t blocks;
  bool in_place;              // and never gathered
  int32_t y_max, column_max;  // up to here windows that begin at 0 or later are rows of whole taps
  KingletGather whole;        // such a window
};

Windows WindowsOf(const VectorConv2dParams& p, const int8_t* input) {
  const int32_t row_bytes = p.filter_w * p.input_c;
  const int32_t y_max = p.input_h - (p.filter_h - 1) * p.dilation_h - 1;
  // Neighbouring pixels lie together, unless columns are dilated.
  const int32_t x_end = p.dilation_w == 1 ? p.input_w - p.filter_w + p.pad_left : -1;
  const int32_t column_max = x_end < 0 ? -1 : Min(x_end / p.stride_w, p.output_w - 1);
  return {p,
          input,
          VectorConv2dBlocks(p),
          VectorConv2dReadsInPlace(p),
          y_max,
          column_max,
          {input, nullptr, p.filter_h, row_bytes, p.dilation_h * p.input_w * p.input_c, row_bytes}};
}

// Copies a window together, which may lie partly outside the input.
void Gather(const Windows& windows, const Pixel& pixel, int8_t* window) {
  const VectorConv2dParams& p = windows.p;
  const TapRange rows = TapsInside(pixel.y, p.filter_h, p.dilation_h, p.input_h);
  const TapRange columns = TapsInside(pixel.x, p.filter_w, p.dilation_w, p.input_w);
  const int32_t row_count = rows.end - rows.begin, column_count = columns.end - columns.begin;
  if (row_count < p.filter_h || column_count < p.filter_w) {
    KingletFillBlocks(window, p.input_zero_point, windows.blocks);
    if (row_count == 0 || column_count == 0) return;
  }
  const bool joined = p.dilation_w == 1;
  KingletGather job = windows.whole;
  job.input = At(p, windows.input, pixel.y + rows.begin * p.dilation_h,
                 pixel.x + columns.begin * p.dilation_w);
  job.window = window + (rows.begin * p.filter_w + columns.begin) * p.input_c;
  job.rows = row_count;
  job.row_bytes = joined ? column_count * p.input_c : p.input_c;
  for (int32_t left = joined ? 1 : column_count; left > 0; --left) {
    KingletGatherRows(&job);
    job.input += p.dilation_w * p.input_c;
    job.window += p.input_c;
  }
}

using Loop = void (*)(const KingletPixelPairs*);

// The window of `pixel`, in the input or gathered at `place`; moves on to the next pixel.
const int8_t* Take(const Windows& windows, Pixel& pixel, int8_t* place) {
  const int8_t* window = place;
  if (windows.in_place) {
    window = At(windows.p, windows.input, pixel.y, pixel.x);
  } else {
    Gather(windows, pixel, place);
  }
  Advance(windows.p, pixel);
  return window;
}

// How many pairs from `pixel` on have windows that are whole, in one row: one loop does them.
int32_t WholePairs(const Windows& windows, const Pixel& pixel) {
  if (pixel.y < 0 || pixel.x < 0 || pixel.y > windows.y_max) return 0;
  return Max(windows.column_max - pixel.column + 1, 0) >> 1;
}

void Run(const VectorConv2dParams& p, const int8_t* input, const int32_t* packed, int8_t* scratch,
         int8_t* output, Loop run) {
  Windows windows = WindowsOf(p, input);
  int8_t* const second = scratch + 16 * windows.blocks;
  const int32_t groups = (p.output_c + 3) / 4;
  KingletPixelPairs job{input,  input + p.input_c, nullptr, nullptr,
                        packed, windows.blocks,    groups,  1,
                        0,      2 * p.output_c,    nullptr, p.stride_w * p.input_c,
                        {}};
  FillClamp(p, job.clamp);
  output += 4 * (groups - 1);
  const bool joined = windows.in_place && p.stride_h == 1 && p.stride_w == 1 &&
                      p.output_w == p.input_w;  // all pixels lie together
  Pixel pixel{-p.pad_top, -p.pad_left, 0};
  for (int32_t left = p.output_h * p.output_w; left > 0;) {
    job.pairs = joined ? left >> 1 : windows.in_place ? 0 : WholePairs(windows, pixel);
    bool paired = true;
    if (joined && job.pairs > 0) {
      job.input_step = 2 * p.input_c;
      pixel = {p.output_h - 1, p.output_w - 1, p.output_w - 1};  // where a last single one is
    } else if (job.pairs > 0) {
      windows.whole.input = At(p, input, pixel.y, pixel.x);
      job.gather = &windows.whole;
      job.input0 = scratch;
      job.input1 = second;
      pixel.column += 2 * job.pairs - 1;
      pixel.x += (2 * job.pairs - 1) * p.stride_w;
      Advance(p, pixel);
    } else {
      // A last single pixel is its own partner.
      paired = left > 1;
      job.pairs = 1;
      job.gather = nullptr;
      job.input0 = Take(windows, pixel, scratch);
      job.input1 = paired ? Take(windows, pixel, second) : job.input0;
    }
    job.output0 = output;
    job.output1 = paired ? output + p.output_c : output;
    run(&job);
    output += 2 * job.pairs * p.output_c;
    left -= 2 * job.pairs;
  }
}

}  // namespace

void VectorConv2d(const VectorConv2dParams& params, const int8_t* input, const int32_t* packed,
                  int8_t* scratch, int8_t* output) {
  Run(params, input, packed, scratch, output, KingletPixelPairsSigned);
}
void VectorConv2dRectified(const VectorConv2dParams& params, const int8_t* input,
                           const int32_t* packed, int8_t* scratch, int8_t* output) {
  Run(params, input, packed, scratch, output, KingletPixelPairsRectified);
}

}  // namespace kinglet::kernels
