#include "device/kernels/helium/depthwise_conv_2d.h"

#include "device/kernels/helium/clamp.h"
#include "device/kernels/helium/taps.h"
#include "device/kernels/requantize.h"

namespace kinglet::kernels {
namespace {

constexpr int32_t kRows = 4;  // of a strip

// Where the strip's rows of the band at output row y lie.
void PlaceRows(const VectorDepthwiseConv2dParams& p, int32_t y, KingletBand& job) {
  const int32_t row_bytes = p.input_w * p.channels;
  const int32_t zeros =
      static_cast<int32_t>(0x01010101U * (static_cast<uint32_t>(p.input_zero_point) & 0xFFU));
  int32_t row = y * p.stride_h - p.pad_top;
  job.has_outside = 0;
  for (int32_t k = 0; k < kRows; ++k, row += p.dilation_h) {
    const bool within = row >= 0 && row < p.input_h;
    job.offsets[k] = within ? row * row_bytes : 0;
    job.inside[k] = within ? -1 : 0;
    job.outside[k] = within ? 0 : zeros;
    if (!within) job.has_outside = 1;
  }
}

void Run(const VectorDepthwiseConv2dParams& p, const int8_t* input, const int32_t* packed,
         int32_t* scratch, int8_t* output, int32_t rows, void (*run_band)(KingletBand*)) {
  const int32_t strip_columns = VectorDepthwiseStripColumns(p);
  const int32_t quads = (p.channels + 3) / 4;
  const int32_t last = 4 * (quads - 1);
  const int32_t row_bytes = p.output_w * p.channels;
  KingletBand job;
  FillClamp(p, job.clamp);
  job.strip = scratch + kRows * p.pad_left;
  job.input_columns = Min(p.input_w, strip_columns - p.pad_left);
  job.input_step = p.channels;
  job.windows = scratch;
  job.windows_end = scratch + kRows * p.stride_w * p.output_w;
  job.window_step = 16 * p.stride_w;
  job.output_step = p.channels;
  KingletFillBlocks(reinterpret_cast<int8_t*>(scratch), p.input_zero_point, strip_columns);

  const int32_t bands = rows == 2 ? (p.output_h + 1) >> 1 : p.output_h;
  const bool backwards = output > input && p.channels % 4 == 0;
  int32_t y = backwards ? (bands - 1) * rows : 0;
  for (int32_t band = 0; band < bands; ++band, y += backwards ? -rows : rows) {
    PlaceRows(p, y, job);
    job.input = input + last;
    job.output0 = output + y * row_bytes + last;
    job.output1 = y + 1 < p.output_h ? job.output0 + row_bytes : job.output0;
    job.packed = packed;
    job.quads = quads;
    run_band(&job);
  }
}

}  // namespace

void VectorDepthwiseOneRow(const VectorDepthwiseConv2dParams& params, const int8_t* input,
                           const int32_t* packed, int32_t* scratch, int8_t* output) {
  Run(params, input, packed, scratch, output, 1, KingletBandOfOneRow);
}
void VectorDepthwiseTwoRows(const VectorDepthwiseConv2dParams& params, const int8_t* input,
                            const int32_t* packed, int32_t* scratch, int8_t* output) {
  Run(params, input, packed, scratch, output, 2, KingletBandOfTwoRows);
}
void VectorDepthwiseOneRowRectified(const VectorDepthwiseConv2dParams& params, const int8_t* input,
                                    const int32_t* packed, int32_t* scratch, int8_t* output) {
  Run(params, input, packed, scratch, output, 1, KingletBandOfOneRowRectified);
}
void VectorDepthwiseTwoRowsRectified(const VectorDepthwiseConv2dParams& params, const int8_t* input,
                                     const int32_t* packed, int32_t* scratch, int8_t* output) {
  Run(params, input, packed, scratch, output, 2, KingletBandOfTwoRowsRectified);
}

}  // namespace kinglet::kernels
