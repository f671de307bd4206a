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

// Copies the window of `pixel` together.
void Gather(const VectorConv2dParams& p, const int8_t* input, const Pixel& pixel, int32_t blocks,
            int8_t* window) {
  const TapRange rows = TapsInside(pixel.y, p.filter_h, p.dilation_h, p.input_h);
  const TapRange columns = TapsInside(pixel.x, p.filter_w, p.dilation_w, p.input_w);
  const int32_t row_count = rows.end - rows.begin, column_count = columns.end - columns.begin;
  if (row_count < p.filter_h || column_count < p.filter_w) {
    KingletFillBlocks(window, p.input_zero_point, blocks);
    if (row_count == 0 || column_count == 0) return;
  }
  const bool joined = p.dilation_w == 1;  // neighbouring pixels lie together
  KingletGather job{
      At(p, input, pixel.y + rows.begin * p.dilation_h, pixel.x + columns.begin * p.dilation_w),
      window + (rows.begin * p.filter_w + columns.begin) * p.input_c,
      row_count,
      joined ? column_count * p.input_c : p.input_c,
      p.dilation_h * p.input_w * p.input_c,
      p.filter_w * p.input_c};
  for (int32_t left = joined ? 1 : column_count; left > 0; --left) {
    KingletGatherRows(&job);
    job.input += p.dilation_w * p.input_c;
    job.window += p.input_c;
  }
}

}  // namespace

void VectorConv2d(const VectorConv2dParams& params, const int8_t* input, const int32_t* packed,
                  int8_t* scratch, int8_t* output) {
  const VectorConv2dParams& p = params;
  const int32_t blocks = VectorConv2dBlocks(p);
  const int32_t groups = (p.output_c + 3) / 4;
  const bool in_place = VectorConv2dReadsInPlace(p);
  int8_t* const windows[2] = {scratch, scratch + 16 * blocks};
  KingletPixelPair job{windows[0], windows[1], nullptr, nullptr, packed, blocks, groups, {}};
  FillClamp(p, job.clamp);
  const auto run =
      p.activation_min >= p.output_zero_point ? KingletPixelPairRectified : KingletPixelPairSigned;
  Pixel pixel{-p.pad_top, -p.pad_left, 0};
  output += 4 * (groups - 1);
  for (int32_t left = p.output_h * p.output_w; left > 0; left -= 2) {
    // A last single pixel is its own partner.
    const bool paired = left > 1;
    if (in_place) {
      job.input0 = job.input1 = At(p, input, pixel.y, pixel.x);
    } else {
      Gather(p, input, pixel, blocks, windows[0]);
    }
    Advance(p, pixel);
    if (paired) {
      if (in_place) {
        job.input1 = At(p, input, pixel.y, pixel.x);
      } else {
        Gather(p, input, pixel, blocks, windows[1]);
      }
      Advance(p, pixel);
    } else {
      job.input1 = job.input0;
    }
    job.output0 = output;
    job.output1 = paired ? output + p.output_c : output;
    run(&job);
    output += 2 * p.output_c;
  }
}

}  // namespace kinglet::kernels
