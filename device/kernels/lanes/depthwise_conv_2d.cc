#include "device/kernels/lanes/depthwise_conv_2d.h"

#include <string.h>

#include "device/kernels/lanes/tile.h"
#include "device/kernels/requantize.h"

namespace kinglet::kernels {
namespace {

// Fills a strip with one channel of the input.
class Strip {
 public:
  Strip(const LanesDepthwiseParams& params, int32_t* words)
      : p_(params), words_(words), columns_(LanesDepthwiseStripColumns(params)) {
    const int32_t both = p_.input_zero_point * 65537;
    for (int32_t i = 0; i < LanesDepthwiseStripWords(p_); ++i) words_[i] = both;
    inside_ = Max(0, Min(p_.input_w, columns_ - p_.pad_left));
  }

  // For the band that begins at output row `y`; bands are filled in order.
  void Fill(const int8_t* channel, int32_t y) {
    const int32_t first = y * p_.stride_h - p_.pad_top;
    const int32_t apart = p_.band_rows * p_.stride_h;
    const int32_t known = y == 0 ? 0 : LanesDepthwiseWindowRows(p_) - p_.stride_h;
    int32_t* row = words_ + p_.pad_left;
    for (int32_t i = 0; i < LanesDepthwiseStripRows(p_); ++i, row += columns_) {
      if (i < known) {
        KeepUpper(row + apart * columns_, row);
      } else {
        SetLower(channel, first + i, row);
      }
      AddUpper(channel, first + i + apart, row);
    }
  }

 private:
  bool HasRow(int32_t y) const { return y >= 0 && y < p_.input_h; }
  const int8_t* Row(const int8_t* channel, int32_t y) const {
    return channel + y * p_.input_w * p_.input_c;
  }

  void KeepUpper(const int32_t* from, int32_t* to) const {
    for (int32_t x = 0; x < inside_; ++x) to[x] = (from[x] + 0x8000) >> 16;
  }
  void SetLower(const int8_t* channel, int32_t y, int32_t* to) const {
    const bool within = HasRow(y);
    const int32_t zero_point = p_.input_zero_point, step = p_.input_c;
    const int8_t* from = Row(channel, y);
    for (int32_t x = 0; x < inside_; ++x, from += step) to[x] = within ? *from : zero_point;
  }
  void AddUpper(const int8_t* channel, int32_t y, int32_t* to) const {
    const bool within = HasRow(y);
    const int32_t zero_point = p_.input_zero_point, step = p_.input_c;
    const int8_t* from = Row(channel, y);
    for (int32_t x = 0; x < inside_; ++x, from += step) {
      to[x] += (within ? *from : zero_point) * 65536;
    }
  }

  const LanesDepthwiseParams& p_;
  int32_t* words_;
  int32_t columns_;
  int32_t inside_;  // columns that hold inputs, behind pad_left
};

// From the weights of one channel to the words of KingletLanesStrip. Returns the next channel's.
const int8_t* Unpack(const LanesDepthwiseParams& p, const int8_t* weights, int32_t* taps,
                     KingletLanesStrip& job) {
  const int32_t tap_bytes = 4 * p.dilation_w;
  const int32_t row_bytes =
      4 * LanesDepthwiseStripColumns(p) * p.dilation_h - p.filter_w * tap_bytes;
  int32_t offset = 0, column = 0, blocks = 0;
  for (int32_t count{*weights++}; count != 0; count = int32_t{*weights++}, ++blocks) {
    *taps++ = kLanesTapBytes * (kLanesTapsOfBlock - count);
    for (; count > 0; --count) {
      *taps++ = offset;
      *taps++ = int32_t{*weights++};
      offset += tap_bytes;
      if (++column == p.filter_w) {
        column = 0;
        offset += row_bytes;
      }
    }
  }
  *taps = kLanesEndOfTaps;
  job.lower_begin = -0x8000 * blocks;
  return weights;
}

// The input, moved so that it lies whole pixels behind the output if they overlap.
const int8_t* Align(const LanesDepthwiseParams& p, const int8_t* input, int8_t* output) {
  const uintptr_t distance =
      reinterpret_cast<uintptr_t>(input) - reinterpret_cast<uintptr_t>(output);
  const auto pixel = static_cast<uintptr_t>(p.input_c);
  if (distance >= static_cast<uintptr_t>(p.output_h * p.output_w) * pixel) return input;
  const uintptr_t broken = distance % pixel;
  if (broken == 0) return input;
  int8_t* const moved = output + (distance - broken);
  memmove(moved, input, static_cast<size_t>(p.input_h * p.input_w) * pixel);
  return moved;
}

}  // namespace

void LanesDepthwise(const LanesDepthwiseParams& params, const int8_t* input, const int8_t* weights,
                    const int32_t* channels, int32_t* scratch, int8_t* output) {
  const LanesDepthwiseParams& p = params;
  const int32_t output_c = p.input_c * p.depth_multiplier;
  if (p.depth_multiplier == 1) input = Align(p, input, output);
  Strip strip(p, scratch);
  int32_t* const taps = scratch + LanesDepthwiseStripWords(p);
  KingletLanesStrip job{
      scratch,
      taps,
      channels,
      output,
      0,
      p.output_w,
      4 * p.stride_w,
      4 * LanesDepthwiseStripColumns(p) * p.stride_h,
      output_c,
      0,
      0,
      MakeLanesRange(p.piece_bits, p.activation_min, p.activation_max, p.output_zero_point)};
  int32_t copies = 0;
  for (int32_t c = 0; c < output_c; ++c, job.channel += kLanesChannelWords) {
    weights = Unpack(p, weights, taps, job);
    job.output = output + c;
    for (int32_t y = 0; y < p.output_h; y += 2 * p.band_rows) {
      strip.Fill(input, y);
      const int32_t lower = Min(p.output_h - y, p.band_rows);
      const int32_t upper = Max(0, Min(p.output_h - y - p.band_rows, p.band_rows));
      job.strip = scratch;
      job.rows = upper;
      job.upper_offset = p.band_rows * p.output_w * output_c;
      if (upper > 0) KingletLanesStripRun(&job);
      job.strip += upper * (job.strip_row_bytes / 4);
      job.output += upper * p.output_w * output_c;
      job.rows = lower - upper;
      job.upper_offset = 0;
      if (lower > upper) KingletLanesStripRun(&job);
      job.output += lower * p.output_w * output_c;
    }
    if (++copies == p.depth_multiplier) {
      copies = 0;
      ++input;
    }
  }
}

}  // namespace kinglet::kernels
