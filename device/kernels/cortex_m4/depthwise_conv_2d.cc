#include "device/kernels/cortex_m4/depthwise_conv_2d.h"

#include <string.h>

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
  // Words at any address, from the front: what is read was not written yet, as the target lies
  // before it.
  const int32_t count = p.input_h * p.input_w * p.input_c;
  int32_t i = 0;
  for (; i + 4 <= count; i += 4) {
    uint32_t word;
    memcpy(&word, input + i, sizeof(word));
    memcpy(moved + i, &word, sizeof(word));
  }
  for (; i < count; ++i) moved[i] = input[i];
  return moved;
}

// Filters of three rows of one triple have their words in the job itself.
bool AnyFilter(const StripDepthwiseParams& p) {
  return p.filter_h != 3 || StripDepthwiseTriples(p) != 1;
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
  int32_t row_quads;  // a row has 4 words each
  int32_t window_h;
  int32_t rows_of_outputs;  // that a full strip gives
  KingletWiden widen;
  KingletDepthwise job;

  int32_t* Row(int32_t row) const { return words + 4 * row_quads * row; }

  void Fill(int32_t begin, int32_t end) const {
    const uint32_t half = static_cast<uint32_t>(p.input_zero_point) & 0xFFFFU;
    const int32_t pair = static_cast<int32_t>(half << 16 | half);
    int32_t* const behind = Row(end);
    for (int32_t* word = Row(begin); word < behind; ++word) *word = pair;
  }

  // Rows begin to end, of which those from `inside` to `outside` lie in the input. Row 0 is row
  // `first` of the input.
  void Load(const int8_t* channel, int32_t first, int32_t inside, int32_t outside) {
    if (inside >= outside || widen.columns <= 0) return;
    widen.input = channel + (first + inside) * widen.row_step;
    widen.rows = outside - inside;
    widen.strip = reinterpret_cast<int16_t*>(Row(inside)) + p.pad_left;
    KingletWidenRows(&widen);
  }

  void SetRows(int32_t count) {
    job.end = reinterpret_cast<const int16_t*>(Row(count * p.stride_h));
  }

  // In several strips: rows that the next one needs, too, are moved to its begin.
  void Run(const int8_t* channel, int8_t* output, void (*compute)(const KingletDepthwise*)) {
    int32_t first = -p.pad_top;
    int32_t loaded = 0;
    for (int32_t left = p.output_h;;) {
      const int32_t count = Min(left, rows_of_outputs);
      const int32_t end = (count - 1) * p.stride_h + window_h;
      const int32_t inside = Clamp(-first, loaded, end);
      const int32_t outside = Clamp(p.input_h - first, inside, end);
      Fill(loaded, inside);
      Fill(outside, end);
      Load(channel, first, inside, outside);
      job.output = output;
      SetRows(count);
      compute(&job);
      left -= count;
      if (left == 0) return;
      const int32_t done = count * p.stride_h;
      loaded = Max(end - done, 0);
      if (loaded > 0) KingletMoveDown(words, Row(done), loaded * row_quads);
      first += done;
      output += count * p.output_w * job.output_step;
    }
  }
};

void RunChannels(const StripDepthwiseParams& p, const int8_t* input, const int32_t* packed,
                 int32_t* scratch, int8_t* output, void (*compute)(const KingletDepthwise*)) {
  const int32_t output_c = p.input_c * p.depth_multiplier;
  const int32_t triples = p.filter_h * StripDepthwiseTriples(p);
  const int32_t pitch = StripDepthwisePitch(p);
  const int32_t rows = StripDepthwiseRows(p);
  const int32_t window_h = StripDepthwiseWindowHeight(p);
  const bool whole = rows == (p.output_h - 1) * p.stride_h + window_h;
  Strip strip{p, scratch, pitch / 16, window_h, (rows - window_h) / p.stride_h + 1, {}, {}};
  strip.Fill(0, rows);
  // Rows of the input, when all are in the strip.
  const int32_t inside = Min(p.pad_top, rows);
  const int32_t outside = Clamp(p.input_h + p.pad_top, inside, rows);

  KingletWiden& widen = strip.widen;
  widen.step = p.input_c;
  widen.row_step = p.input_w * p.input_c;
  widen.columns = Min(p.input_w, (p.output_w - 1) * p.stride_w + p.filter_w - p.pad_left);
  widen.pitch = pitch;
  KingletDepthwise& job = strip.job;
  job.rectified = p.activation_min >= p.output_zero_point ? 1 : 0;
  job.output_step = output_c;
  job.window = reinterpret_cast<const int16_t*>(scratch);
  job.limit = job.window + p.output_w * p.stride_w;
  job.row_step = p.stride_h * pitch;
  job.tap_row_step = p.dilation_h * pitch;
  int32_t* const taps = AnyFilter(p) ? strip.Row(rows) + kStripDepthwiseTailBytes / 4 : job.weights;
  job.taps = taps;
  job.taps_end = taps + 2 * triples;
  job.triples = StripDepthwiseTriples(p);
  strip.SetRows(p.output_h);

  const int8_t* channel = AtWholePixels(p, input, output);
  int32_t copies = p.depth_multiplier;
  for (int32_t c = 0; c < output_c; ++c) {
    job.twice_bias = *packed++;
    job.multiplier = *packed++;
    job.shift = *packed >> 24;
    job.rounding = WrappingShiftLeft(2 * p.output_zero_point + 1, job.shift);
    for (int32_t i = 0; i < triples; ++i) Expand(*packed++, taps + 2 * i);
    if (whole) {
      strip.Load(channel, -p.pad_top, inside, outside);
      job.output = output + c;
      compute(&job);
    } else {
      strip.Run(channel, output + c, compute);
    }
    if (--copies == 0) {
      copies = p.depth_multiplier;
      ++channel;
    }
  }
  ClampAll(p, p.output_h * p.output_w * output_c, output);
}

}  // namespace

void StripDepthwise6(const StripDepthwiseParams& params, const int8_t* input, const int32_t* packed,
                     int32_t* scratch, int8_t* output) {
  RunChannels(params, input, packed, scratch, output, KingletDepthwise6);
}
void StripDepthwise5(const StripDepthwiseParams& params, const int8_t* input, const int32_t* packed,
                     int32_t* scratch, int8_t* output) {
  RunChannels(params, input, packed, scratch, output, KingletDepthwise5);
}
void StripDepthwise4(const StripDepthwiseParams& params, const int8_t* input, const int32_t* packed,
                     int32_t* scratch, int8_t* output) {
  RunChannels(params, input, packed, scratch, output, KingletDepthwise4);
}
void StripDepthwise3(const StripDepthwiseParams& params, const int8_t* input, const int32_t* packed,
                     int32_t* scratch, int8_t* output) {
  RunChannels(params, input, packed, scratch, output, KingletDepthwise3);
}
void StripDepthwiseAnyFilter(const StripDepthwiseParams& params, const int8_t* input,
                             const int32_t* packed, int32_t* scratch, int8_t* output) {
  RunChannels(params, input, packed, scratch, output, KingletDepthwiseAny);
}
void StripDepthwise6Stride2(const StripDepthwiseParams& params, const int8_t* input,
                            const int32_t* packed, int32_t* scratch, int8_t* output) {
  RunChannels(params, input, packed, scratch, output, KingletDepthwise6Stride2);
}
void StripDepthwise4Stride2(const StripDepthwiseParams& params, const int8_t* input,
                            const int32_t* packed, int32_t* scratch, int8_t* output) {
  RunChannels(params, input, packed, scratch, output, KingletDepthwise4Stride2);
}
void StripDepthwise3Stride2(const StripDepthwiseParams& params, const int8_t* input,
                            const int32_t* packed, int32_t* scratch, int8_t* output) {
  RunChannels(params, input, packed, scratch, output, KingletDepthwise3Stride2);
}
void StripDepthwiseAnyFilterStride2(const StripDepthwiseParams& params, const int8_t* input,
                                    const int32_t* packed, int32_t* scratch, int8_t* output) {
  RunChannels(params, input, packed, scratch, output, KingletDepthwiseAnyStride2);
}

}  // namespace kinglet::kernels
