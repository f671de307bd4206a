#include "device/kernels/cortex_m4/depthwise_conv_2d.h"

#include "device/kernels/cortex_m4/clamp.h"
#include "device/kernels/cortex_m4/strip.h"

namespace kinglet::kernels {
namespace {

// Outputs go where the same pixels of the input lie, or whole pixels before them. An input that
// overlaps otherwise is moved towards the output, over bytes that the output will take.
const int8_t* AtWholePixels(const StripDepthwiseParams& p, const int8_t* input, int8_t* output) {
  const intptr_t gap = reinterpret_cast<intptr_t>(input) - reinterpret_cast<intptr_t>(output);
  const int32_t output_bytes = p.output_h * p.output_w * p.input_c;
  if (p.depth_multiplier != 1 || gap <= 0 || gap >= output_bytes) return input;
  const int32_t broken = static_cast<int32_t>(gap) % p.input_c;
  if (broken == 0) return input;
  int8_t* moved = output + (gap - broken);
  for (int32_t i = 0; i < p.input_h * p.input_w * p.input_c; ++i) moved[i] = input[i];
  return moved;
}

// The words of a triple of taps, doubled.
void Expand(int32_t taps, int32_t* words) {
  const int32_t w0 = static_cast<int8_t>(taps & 0xFF);
  const int32_t w1 = static_cast<int8_t>((taps >> 8) & 0xFF);
  const int32_t w2 = static_cast<int8_t>((taps >> 16) & 0xFF);
  words[0] = static_cast<int32_t>((static_cast<uint32_t>(w1) << 17) |
                                  (static_cast<uint32_t>(2 * w0) & 0xFFFFU));
  words[1] = static_cast<int32_t>((static_cast<uint32_t>(w2) << 17) |
                                  (static_cast<uint32_t>(2 * w1) & 0xFFFFU));
}

// One channel's way through the strip.
struct Strip {
  const StripDepthwiseParams& p;
  int32_t* words;
  int32_t pitch;
  int32_t rows;
  int32_t window_h;
  bool whole;  // holds all rows, so that rows of padding stay as they are
  KingletWiden widen;
  KingletDepthwise job;

  int32_t* Row(int32_t row) const { return words + row * (pitch / 4); }

  void Fill(int32_t begin, int32_t end) const {
    const uint32_t half = static_cast<uint32_t>(p.input_zero_point) & 0xFFFFU;
    const int32_t pair = static_cast<int32_t>(half << 16 | half);
    for (int32_t* word = Row(begin); word < Row(end); ++word) *word = pair;
  }

  // Rows begin to end; row 0 is row `first` of the input.
  void Load(const int8_t* channel, int32_t first, int32_t begin, int32_t end) {
    const int32_t inside = Clamp(-first, begin, end);
    const int32_t outside = Clamp(p.input_h - first, inside, end);
    if (!whole) {
      Fill(begin, inside);
      Fill(outside, end);
    }
    if (inside == outside || widen.columns <= 0) return;
    widen.input = channel + (first + inside) * widen.row_step;
    widen.rows = outside - inside;
    widen.strip = reinterpret_cast<int16_t*>(Row(inside)) + p.pad_left;
    KingletWidenRows(&widen);
  }

  void Run(const int8_t* channel, int8_t* output, void (*compute)(const KingletDepthwise*)) {
    int32_t first = -p.pad_top;
    int32_t loaded = 0;
    const int32_t row_words = p.stride_h * (pitch / 4);
    for (int32_t left = p.output_h;;) {
      const int32_t count = Min(left, (rows - window_h) / p.stride_h + 1);
      const int32_t end = (count - 1) * p.stride_h + window_h;
      Load(channel, first, loaded, end);
      const auto* window = reinterpret_cast<const int16_t*>(words);
      job.output = output;
      job.window = window;
      job.limit = window + p.output_w * p.stride_w;
      job.end = reinterpret_cast<const int16_t*>(words + count * row_words);
      compute(&job);
      left -= count;
      if (left == 0) return;
      const int32_t done = count * p.stride_h;
      loaded = Max(end - done, 0);
      if (loaded > 0) KingletMoveDown(words, Row(done), loaded * (pitch / 16));
      first += done;
      output += count * p.output_w * job.output_step;
    }
  }
};

template <bool kAnyFilter>
void RunChannels(const StripDepthwiseParams& p, const int8_t* input, const int32_t* packed,
                 int32_t* scratch, int8_t* output, void (*compute)(const KingletDepthwise*)) {
  const int32_t output_c = p.input_c * p.depth_multiplier;
  const int32_t triples = p.filter_h * StripDepthwiseTriples(p);
  const int32_t window_h = StripDepthwiseWindowHeight(p);
  Strip strip{p, scratch, StripDepthwisePitch(p), StripDepthwiseRows(p), window_h, false, {}, {}};
  strip.whole = strip.rows == (p.output_h - 1) * p.stride_h + window_h;
  strip.Fill(0, strip.rows);
  int32_t* const taps = strip.Row(strip.rows) + kStripDepthwiseTailBytes / 4;

  KingletWiden& widen = strip.widen;
  widen.step = p.input_c;
  widen.row_step = p.input_w * p.input_c;
  widen.columns = Min(p.input_w, (p.output_w - 1) * p.stride_w + p.filter_w - p.pad_left);
  widen.pitch = strip.pitch;
  KingletDepthwise& job = strip.job;
  job.rectified = p.activation_min >= p.output_zero_point ? 1 : 0;
  job.output_step = output_c;
  job.row_step = p.stride_h * strip.pitch;
  job.tap_row_step = p.dilation_h * strip.pitch;
  job.taps = taps;
  job.taps_end = taps + 2 * triples;
  job.triples = StripDepthwiseTriples(p);

  const int8_t* channel = AtWholePixels(p, input, output);
  int32_t copies = p.depth_multiplier;
  for (int32_t c = 0; c < output_c; ++c, packed += 2 + triples) {
    job.twice_bias = packed[0];
    job.multiplier = packed[1];
    job.shift = packed[2] >> 24;
    job.rounding = WrappingShiftLeft(2 * p.output_zero_point + 1, job.shift);
    if (kAnyFilter) {
      for (int32_t i = 0; i < triples; ++i) Expand(packed[2 + i], taps + 2 * i);
    } else {
      for (int32_t i = 0; i < 3; ++i) Expand(packed[2 + i], job.weights + 2 * i);
    }
    strip.Run(channel, output + c, compute);
    if (--copies == 0) {
      copies = p.depth_multiplier;
      ++channel;
    }
  }
  ClampAll(p, p.output_h * p.output_w * output_c, output);
}

}  // namespace

void StripDepthwise6(const StripDepthwiseParams& params, const int8_t* input, const int32_t* packed, int32_t* scratch, int8_t* output) {
  RunChannels<false>(params, input, packed, scratch, output, KingletDepthwise6);
}
void StripDepthwise5(const StripDepthwiseParams& params, const int8_t* input, const int32_t* packed, int32_t* scratch, int8_t* output) {
  RunChannels<false>(params, input, packed, scratch, output, KingletDepthwise5);
}
void StripDepthwise4(const StripDepthwiseParams& params, const int8_t* input, const int32_t* packed, int32_t* scratch, int8_t* output) {
  RunChannels<false>(params, input, packed, scratch, output, KingletDepthwise4);
}
void StripDepthwise3(const StripDepthwiseParams& params, const int8_t* input, const int32_t* packed, int32_t* scratch, int8_t* output) {
  RunChannels<false>(params, input, packed, scratch, output, KingletDepthwise3);
}
void StripDepthwiseAnyFilter(const StripDepthwiseParams& params, const int8_t* input, const int32_t* packed, int32_t* scratch, int8_t* output) {
  RunChannels<true>(params, input, packed, scratch, output, KingletDepthwiseAny);
}
void StripDepthwise6Stride2(const StripDepthwiseParams& params, const int8_t* input, const int32_t* packed, int32_t* scratch, int8_t* output) {
  RunChannels<false>(params, input, packed, scratch, output, KingletDepthwise6Stride2);
}
void StripDepthwise4Stride2(const StripDepthwiseParams& params, const int8_t* input, const int32_t* packed, int32_t* scratch, int8_t* output) {
  RunChannels<false>(params, input, packed, scratch, output, KingletDepthwise4Stride2);
}
void StripDepthwise3Stride2(const StripDepthwiseParams& params, const int8_t* input, const int32_t* packed, int32_t* scratch, int8_t* output) {
  RunChannels<false>(params, input, packed, scratch, output, KingletDepthwise3Stride2);
}
void StripDepthwiseAnyFilterStride2(const StripDepthwiseParams& params, const int8_t* input, const int32_t* packed, int32_t* scratch, int8_t* output) {
  RunChannels<true>(params, input, packed, scratch, output, KingletDepthwiseAnyStride2);
}

}  // namespace kinglet::kernels
