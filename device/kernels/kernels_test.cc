// Every kernel against a slow second implementation that works from the definition: one output at a
// time, all bounds checked, in 64-bit integers and exact long double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "device/kernels/add.h"
#include "device/kernels/arg_extremum.h"
#include "device/kernels/average_pool_2d.h"
#include "device/kernels/average_pool_2d_int16.h"
#include "device/kernels/conv_2d.h"
#include "device/kernels/conv_2d_int16.h"
#include "device/kernels/depthwise_conv_2d.h"
#include "device/kernels/fill.h"
#include "device/kernels/fully_connected.h"
#include "device/kernels/gather.h"
#include "device/kernels/max_pool_2d.h"
#include "device/kernels/quantize.h"
#include "device/kernels/requantize.h"
#include "device/kernels/requantize_int16.h"
#include "device/kernels/reshape.h"
#include "device/kernels/resize_bilinear.h"
#include "device/kernels/softmax.h"
#include "device/kernels/strided_copy.h"
#include "device/kernels/window.h"
#include "src/base/random.h"

namespace kinglet::kernels {
namespace {

static_assert(std::numeric_limits<long double>::digits >= 63, "the slow arithmetic must be exact");

using Int8s = std::vector<int8_t>;
using Int32s = std::vector<int32_t>;

class Source {
 public:
  explicit Source(uint64_t seed) : random_(seed) {}
  int32_t Between(int32_t low, int32_t high) {
    return low + static_cast<int32_t>(random_.Below(static_cast<uint32_t>(high - low + 1)));
  }
  int32_t Bits() { return static_cast<int32_t>(random_.Next()); }
  Int8s Elements(int64_t count) {
    Int8s values(static_cast<size_t>(count));
    const int32_t kind = Between(0, 3);  // now and then nothing but extremes
    for (int8_t& value : values) {
      value =
          static_cast<int8_t>(kind == 0 ? (Between(0, 1) == 0 ? -128 : 127) : Between(-128, 127));
    }
    return values;
  }
  Int32s Biases(int64_t count) {
    Int32s values(static_cast<size_t>(count));
    const int32_t kind = Between(0, 4);  // now and then so great that the sum wraps
    for (int32_t& value : values) value = kind == 0 ? Bits() : Between(-100000, 100000);
    return values;
  }
  Int32s Multipliers(int64_t count) {
    Int32s values(static_cast<size_t>(count));
    for (int32_t& value : values) {
      value = Between(0, 9) == 0 ? 0 : (1 << 30) + Between(0, (1 << 30) - 1);
    }
    return values;
  }
  Int8s Shifts(int64_t count) {
    Int8s values(static_cast<size_t>(count));
    for (int8_t& value : values) {
      value = static_cast<int8_t>(Between(0, 9) == 0 ? Between(-31, 30) : Between(-12, -4));
    }
    return values;
  }

 private:
  Random random_;
};

int32_t Wrap(int64_t x) { return static_cast<int32_t>(static_cast<uint32_t>(x)); }

// The definition: round(x * multiplier / 2^31), halves up, then round(that / 2^right), halves away
// from zero.
int32_t SlowScale(int64_t x, int32_t multiplier, int32_t shift) {
  const int32_t left = Wrap(Wrap(x) * (int64_t{1} << std::max(shift, 0)));
  const long double product = static_cast<long double>(left) * multiplier;
  const long double high = std::floor(product / 0x1p31L + 0.5L);
  return static_cast<int32_t>(std::round(std::ldexp(high, std::min(shift, 0))));
}

int8_t SlowOutput(int64_t sum, int32_t multiplier, int32_t shift, int32_t zero_point, int32_t min,
                  int32_t max) {
  const int32_t moved = Wrap(int64_t{SlowScale(sum, multiplier, shift)} + zero_point);
  return static_cast<int8_t>(std::clamp(moved, min, max));
}

struct Range {
  int32_t min = -128, max = 127;
};
Range AnyRange(Source& source) {
  if (source.Between(0, 1) == 0) return {};
  const int32_t a = source.Between(-128, 127), b = source.Between(-128, 127);
  return {std::min(a, b), std::max(a, b)};
}

// The definition for 64 bits: round(x * reduced / 2^(15 - shift)), halves up, where `reduced` is
// the multiplier's 16 upper bits, rounded.
int32_t SlowScale64(int64_t x, int32_t multiplier, int32_t shift) {
  const int64_t rounded = (int64_t{multiplier} + 0x8000) / 0x10000;
  const int64_t reduced = std::min<int64_t>(rounded, 0x7fff);
  const long double product = static_cast<long double>(x) * static_cast<long double>(reduced);
  const long double scaled = std::floor(std::ldexp(product, shift - 15) + 0.5L);
  return Wrap(static_cast<int64_t>(scaled));
}

TEST(WideScale, EqualsItsDefinition) {
  Source source(11);
  for (int i = 0; i < 200000; ++i) {
    // Up to 47 bits, of any size.
    const int64_t bits =
        (int64_t{source.Bits()} << 16 | source.Between(0, 0xffff)) >> source.Between(0, 46);
    const int32_t multiplier =
        i % 8 == 0 ? INT32_MAX - source.Between(0, 0x1ffff) : source.Multipliers(1)[0];
    const int32_t shift = source.Between(-31, kWideShiftMax);
    ASSERT_EQ(MultiplyWideByQuantizedMultiplier(bits, multiplier, shift),
              SlowScale64(bits, multiplier, shift))
        << bits << " " << multiplier << " " << shift;
  }
  EXPECT_EQ(MultiplyWideByQuantizedMultiplier(3, 1 << 30, 0), 2);    // 1.5 up
  EXPECT_EQ(MultiplyWideByQuantizedMultiplier(-3, 1 << 30, 0), -1);  // -1.5 up
}

TEST(Accumulate, WrapsInItsOwnWidth) {
  int64_t wide = INT64_MAX;
  Accumulate(wide, 1);
  EXPECT_EQ(wide, INT64_MIN);
  wide = INT32_MAX;
  Accumulate(wide, 1);
  EXPECT_EQ(wide, int64_t{1} << 31);
  int32_t narrow = INT32_MAX;
  Accumulate(narrow, 1);
  EXPECT_EQ(narrow, INT32_MIN);
}

// 2000 inputs of 32767 times weights of 127: beyond 32 bits.
TEST(Conv2dInt16, SumsIn64BitsOrWrapsIn32AsTheBiasSays) {
  constexpr int32_t kChannels = 2000;
  Conv2dParams p{1, 1, 1, kChannels, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, -32768, 32767};
  const std::vector<int16_t> input(kChannels, 32767);
  const Int8s weights(kChannels, 127);
  const int64_t sum = int64_t{kChannels} * 32767 * 127;
  const int32_t multiplier = 1518500250;
  const int8_t shift = -19;
  const int64_t wide_bias = int64_t{1} << 33;
  int16_t output = 0;
  Conv2dInt16(p, input.data(), weights.data(), &wide_bias, &multiplier, &shift, &output);
  EXPECT_EQ(output, SlowScale64(sum + wide_bias, multiplier, shift));
  Conv2dInt16(p, input.data(), weights.data(), nullptr, &multiplier, &shift, &output);
  EXPECT_EQ(output, SlowScale64(sum, multiplier, shift));
  const int32_t bias = 12345;
  Conv2dInt16Bias32(p, input.data(), weights.data(), &bias, &multiplier, &shift, &output);
  EXPECT_EQ(output, SlowScale(Wrap(sum + bias), multiplier, shift));
  EXPECT_LT(output, 0) << "the sum has wrapped";
}

TEST(AveragePool2dInt16, HoldsTheSumOfItsGreatestWindow) {
  static_assert(255 * 257 == kAveragePool2dInt16WindowMax);
  const AveragePool2dParams p{1, 255, 257, 1, 1, 1, 255, 257, 1, 1, 0, 0, -32768, 32767};
  for (const int16_t value : {INT16_MIN, INT16_MAX}) {
    const std::vector<int16_t> input(kAveragePool2dInt16WindowMax, value);
    int16_t output = 0;
    AveragePool2dInt16(p, input.data(), &output);
    EXPECT_EQ(output, value);
  }
}

TEST(InputsCovering, AreThoseWhoseFiltersReachThePlace) {
  for (int32_t filter = 1; filter <= 5; ++filter) {
    for (int32_t stride = 1; stride <= 5; ++stride) {
      for (int32_t size = 1; size <= 4; ++size) {
        for (int32_t at = 0; at < 30; ++at) {
          const TapRange range = InputsCovering(at, filter, stride, size);
          ASSERT_LE(range.begin, range.end);
          for (int32_t i = 0; i < size; ++i) {
            const bool covers = i * stride <= at && at < i * stride + filter;
            ASSERT_EQ(i >= range.begin && i < range.end, covers)
                << filter << " " << stride << " " << size << " " << at << " " << i;
          }
        }
      }
    }
  }
}

TEST(Requantize, EqualsExactArithmeticOnRandomAndExtremeOperands) {
  Source source(1);
  const Int32s extremes = {0,       1,         -1, 2, -2, INT32_MAX, INT32_MIN, INT32_MIN + 1,
                           1 << 30, -(1 << 30)};
  for (int i = 0; i < 200000; ++i) {
    const int32_t x = i % 3 == 0 ? extremes[static_cast<size_t>(source.Between(0, 9))]
                                 : source.Bits() >> source.Between(0, 31);
    const int32_t multiplier = source.Multipliers(1)[0];
    const int32_t shift = source.Between(-31, 30);
    ASSERT_EQ(MultiplyByQuantizedMultiplier(x, multiplier, shift), SlowScale(x, multiplier, shift))
        << x << " * " << multiplier << " shift " << shift;
  }
}

TEST(Requantize, RoundsHalvesAsTheReferenceDoes) {
  // The first rounding takes halves up, the second away from zero.
  EXPECT_EQ(RoundingDoublingHighMul(1, 1 << 30), 1);
  EXPECT_EQ(RoundingDoublingHighMul(-1, 1 << 30), 0);
  EXPECT_EQ(RoundingDoublingHighMul(-3, 1 << 30), -1);
  EXPECT_EQ(RoundingDoublingHighMul(INT32_MIN, INT32_MAX), -INT32_MAX);
  EXPECT_EQ(RoundingDivideByPowerOfTwo(INT32_MIN, 0), INT32_MIN);
  EXPECT_EQ(RoundingDivideByPowerOfTwo(INT32_MAX, 31), 1);
  EXPECT_EQ(RoundingDivideByPowerOfTwo(3, 1), 2);
  EXPECT_EQ(RoundingDivideByPowerOfTwo(-3, 1), -2);
  EXPECT_EQ(RoundingDivideByPowerOfTwo(-5, 2), -1);
  EXPECT_EQ(RoundingDivideByPowerOfTwo(-6, 2), -2);
  EXPECT_EQ(RoundingDivideByPowerOfTwo(INT32_MIN, 31), -1);
  EXPECT_EQ(RoundingDivideByPowerOfTwo(7, 0), 7);
}

TEST(Window, HoldsExactlyTheTapsInsideTheInput) {
  for (int32_t origin = -12; origin <= 12; ++origin) {
    for (int32_t filter = 1; filter <= 5; ++filter) {
      for (int32_t dilation = 1; dilation <= 4; ++dilation) {
        for (int32_t size = 1; size <= 7; ++size) {
          const TapRange taps = TapsInside(origin, filter, dilation, size);
          ASSERT_LE(taps.begin, taps.end);
          for (int32_t k = 0; k < filter; ++k) {
            const int32_t at = origin + k * dilation;
            ASSERT_EQ(k >= taps.begin && k < taps.end, at >= 0 && at < size);
          }
        }
      }
    }
  }
}

// A window's geometry, for all kernels that slide one.
struct Shape {
  int32_t batches, h, w, c, out_h, out_w, filter_h, filter_w, stride_h, stride_w, dilation_h,
      dilation_w, pad_top, pad_left;
};

int32_t Outputs(Source& source, int32_t size, int32_t reach, int32_t stride, int32_t& pad) {
  pad = source.Between(0, reach - 1);
  const int32_t pad_after = std::max(source.Between(0, reach - 1), reach - size - pad);
  return (size + pad + pad_after - reach) / stride + 1;
}

Shape AnyShape(Source& source, int32_t dilation_max) {
  Shape s{};
  s.batches = source.Between(1, 2);
  s.h = source.Between(1, 9);
  s.w = source.Between(1, 9);
  s.c = source.Between(1, 11);
  s.filter_h = source.Between(1, 5);
  s.filter_w = source.Between(1, 5);
  s.stride_h = source.Between(1, 3);
  s.stride_w = source.Between(1, 3);
  s.dilation_h = source.Between(1, dilation_max);
  s.dilation_w = source.Between(1, dilation_max);
  s.out_h = Outputs(source, s.h, (s.filter_h - 1) * s.dilation_h + 1, s.stride_h, s.pad_top);
  s.out_w = Outputs(source, s.w, (s.filter_w - 1) * s.dilation_w + 1, s.stride_w, s.pad_left);
  return s;
}

// Calls tap(filter y, filter x, flat pixel of the input) for the taps of output (y, x) that fall
// inside.
template <typename Tap>
void ForEachTap(const Shape& s, int32_t y, int32_t x, const Tap& tap) {
  for (int32_t fy = 0; fy < s.filter_h; ++fy) {
    for (int32_t fx = 0; fx < s.filter_w; ++fx) {
      const int32_t in_y = y * s.stride_h - s.pad_top + fy * s.dilation_h;
      const int32_t in_x = x * s.stride_w - s.pad_left + fx * s.dilation_w;
      if (in_y >= 0 && in_y < s.h && in_x >= 0 && in_x < s.w) tap(fy, fx, in_y * s.w + in_x);
    }
  }
}

template <typename Value>
Int8s ForEachOutput(const Shape& s, int32_t output_c, const Value& value) {
  Int8s output;
  for (int32_t b = 0; b < s.batches; ++b) {
    for (int32_t y = 0; y < s.out_h; ++y) {
      for (int32_t x = 0; x < s.out_w; ++x) {
        for (int32_t c = 0; c < output_c; ++c) output.push_back(value(b, y, x, c));
      }
    }
  }
  return output;
}

TEST(Conv2d, EqualsTheDefinitionOverRandomShapes) {
  Source source(2);
  for (int i = 0; i < 1500; ++i) {
    Shape s = AnyShape(source, i % 2 == 0 ? 1 : 3);
    const int32_t groups = i % 4 == 3 ? source.Between(1, 3) : 1;
    const int32_t filter_c = std::max(1, s.c / groups);
    s.c = filter_c * groups;
    const int32_t output_c = groups * source.Between(1, 9);
    const Range range = AnyRange(source);
    const Conv2dParams p{s.batches,
                         s.h,
                         s.w,
                         s.c,
                         s.out_h,
                         s.out_w,
                         output_c,
                         s.filter_h,
                         s.filter_w,
                         groups,
                         s.stride_h,
                         s.stride_w,
                         s.dilation_h,
                         s.dilation_w,
                         s.pad_top,
                         s.pad_left,
                         source.Between(-128, 127),
                         source.Between(-128, 127),
                         range.min,
                         range.max};
    const int64_t filter_size = int64_t{s.filter_h} * s.filter_w * filter_c;
    const Int8s input = source.Elements(int64_t{s.batches} * s.h * s.w * s.c);
    const Int8s weights = source.Elements(filter_size * output_c);
    const Int32s bias = source.Biases(output_c);
    const bool has_bias = source.Between(0, 3) != 0;
    const Int32s multipliers = source.Multipliers(output_c);
    const Int8s shifts = source.Shifts(output_c);

    const Int8s expected =
        ForEachOutput(s, output_c, [&](int32_t b, int32_t y, int32_t x, int32_t c) {
          const auto channel = static_cast<size_t>(c);
          int64_t sum = has_bias ? bias[channel] : 0;
          const int32_t first_c = c / (output_c / groups) * filter_c;
          ForEachTap(s, y, x, [&](int32_t fy, int32_t fx, int32_t pixel) {
            for (int32_t k = 0; k < filter_c; ++k) {
              const int64_t at = (int64_t{b} * s.h * s.w + pixel) * s.c + first_c + k;
              const int64_t w = ((int64_t{c} * s.filter_h + fy) * s.filter_w + fx) * filter_c + k;
              sum += (int64_t{input[static_cast<size_t>(at)]} - p.input_zero_point) *
                     weights[static_cast<size_t>(w)];
            }
          });
          return SlowOutput(sum, multipliers[channel], shifts[channel], p.output_zero_point,
                            range.min, range.max);
        });
    Int8s output(expected.size());
    Conv2d(p, input.data(), weights.data(), has_bias ? bias.data() : nullptr, multipliers.data(),
           shifts.data(), output.data());
    ASSERT_EQ(output, expected) << "case " << i;
  }
}

TEST(DepthwiseConv2d, EqualsTheDefinitionOverRandomShapes) {
  Source source(3);
  for (int i = 0; i < 1500; ++i) {
    const Shape s = AnyShape(source, i % 2 == 0 ? 1 : 4);
    const int32_t multiplier = i % 3 == 0 ? source.Between(2, 5) : 1;
    const int32_t output_c = s.c * multiplier;
    const Range range = AnyRange(source);
    const DepthwiseConv2dParams p{s.batches,
                                  s.h,
                                  s.w,
                                  s.c,
                                  s.out_h,
                                  s.out_w,
                                  multiplier,
                                  s.filter_h,
                                  s.filter_w,
                                  s.stride_h,
                                  s.stride_w,
                                  s.dilation_h,
                                  s.dilation_w,
                                  s.pad_top,
                                  s.pad_left,
                                  source.Between(-128, 127),
                                  source.Between(-128, 127),
                                  range.min,
                                  range.max};
    const Int8s input = source.Elements(int64_t{s.batches} * s.h * s.w * s.c);
    const Int8s weights = source.Elements(int64_t{s.filter_h} * s.filter_w * output_c);
    const Int32s bias = source.Biases(output_c);
    const bool has_bias = source.Between(0, 3) != 0;
    const Int32s multipliers = source.Multipliers(output_c);
    const Int8s shifts = source.Shifts(output_c);

    const Int8s expected =
        ForEachOutput(s, output_c, [&](int32_t b, int32_t y, int32_t x, int32_t c) {
          const auto channel = static_cast<size_t>(c);
          int64_t sum = has_bias ? bias[channel] : 0;
          ForEachTap(s, y, x, [&](int32_t fy, int32_t fx, int32_t pixel) {
            const int64_t at = (int64_t{b} * s.h * s.w + pixel) * s.c + c / multiplier;
            const int64_t w = (int64_t{fy} * s.filter_w + fx) * output_c + c;
            sum += (int64_t{input[static_cast<size_t>(at)]} - p.input_zero_point) *
                   weights[static_cast<size_t>(w)];
          });
          return SlowOutput(sum, multipliers[channel], shifts[channel], p.output_zero_point,
                            range.min, range.max);
        });
    Int8s output(expected.size());
    DepthwiseConv2d(p, input.data(), weights.data(), has_bias ? bias.data() : nullptr,
                    multipliers.data(), shifts.data(), output.data());
    ASSERT_EQ(output, expected) << "case " << i;
  }
}

TEST(FullyConnected, EqualsTheDefinitionWithOneScaleAndWithOnePerOutput) {
  Source source(4);
  for (int i = 0; i < 1000; ++i) {
    const int32_t batches = source.Between(1, 3), in = source.Between(1, 70);
    const int32_t out = source.Between(1, 13);
    const Range range = AnyRange(source);
    const bool per_channel = i % 2 == 0;
    const int32_t zero_in = source.Between(-128, 127), zero_out = source.Between(-128, 127);
    const Int8s input = source.Elements(int64_t{batches} * in);
    const Int8s weights = source.Elements(int64_t{in} * out);
    const Int32s bias = source.Biases(out);
    const bool has_bias = source.Between(0, 3) != 0;
    const Int32s multipliers = source.Multipliers(out);
    const Int8s shifts = source.Shifts(out);

    Int8s expected;
    for (int32_t b = 0; b < batches; ++b) {
      for (int32_t o = 0; o < out; ++o) {
        int64_t sum = has_bias ? bias[static_cast<size_t>(o)] : 0;
        for (int32_t k = 0; k < in; ++k) {
          const int64_t at = int64_t{b} * in + k, w = int64_t{o} * in + k;
          sum +=
              (int64_t{input[static_cast<size_t>(at)]} - zero_in) * weights[static_cast<size_t>(w)];
        }
        const auto scale = static_cast<size_t>(per_channel ? o : 0);
        expected.push_back(
            SlowOutput(sum, multipliers[scale], shifts[scale], zero_out, range.min, range.max));
      }
    }
    Int8s output(expected.size());
    const int32_t* bias_data = has_bias ? bias.data() : nullptr;
    if (per_channel) {
      FullyConnectedPerChannel({batches, in, out, zero_in, zero_out, range.min, range.max},
                               input.data(), weights.data(), bias_data, multipliers.data(),
                               shifts.data(), output.data());
    } else {
      FullyConnected(
          {batches, in, out, zero_in, zero_out, multipliers[0], shifts[0], range.min, range.max},
          input.data(), weights.data(), bias_data, output.data());
    }
    ASSERT_EQ(output, expected) << "case " << i;
  }
}

TEST(FullyConnected, TheGreatestSumsOfTheLongestFilterDoNotOverflow) {
  const auto size = static_cast<size_t>(kFilterElementsMax);
  const Int8s input(size, 127);
  const Int8s weights(size * 5, -128);
  Int8s output(5);
  // (127 + 128) * -128 * 65536 / 2^24 = -127.5, which rounds away from zero.
  FullyConnected({1, kFilterElementsMax, 5, -128, 0, 1 << 30, -23, -128, 127}, input.data(),
                 weights.data(), nullptr, output.data());
  EXPECT_EQ(output, Int8s(5, -128));
}

TEST(Add, EqualsTheDefinitionAndWorksInPlace) {
  Source source(5);
  for (int i = 0; i < 500; ++i) {
    const int32_t count = source.Between(1, 200);
    const Range range = AnyRange(source);
    const Int32s multipliers = source.Multipliers(3);
    const AddParams p{count,
                      source.Between(-128, 127),
                      multipliers[0],
                      source.Between(-31, 0),
                      source.Between(-128, 127),
                      multipliers[1],
                      source.Between(-31, 0),
                      source.Between(-128, 127),
                      multipliers[2],
                      source.Between(-20, 0),
                      range.min,
                      range.max};
    const Int8s a = source.Elements(count), b = source.Elements(count);
    Int8s expected;
    for (size_t k = 0; k < a.size(); ++k) {
      const int64_t left = SlowScale((int64_t{a[k]} - p.input1_zero_point) * (1 << 20),
                                     p.input1_multiplier, p.input1_shift);
      const int64_t right = SlowScale((int64_t{b[k]} - p.input2_zero_point) * (1 << 20),
                                      p.input2_multiplier, p.input2_shift);
      expected.push_back(SlowOutput(left + right, p.output_multiplier, p.output_shift,
                                    p.output_zero_point, range.min, range.max));
    }
    Int8s output(a.size());
    Add(p, a.data(), b.data(), output.data());
    ASSERT_EQ(output, expected) << "case " << i;
    Int8s in_place = b;
    Add(p, a.data(), in_place.data(), in_place.data());
    ASSERT_EQ(in_place, expected) << "case " << i;
  }
}

TEST(Pool2d, EqualsTheDefinitionOverRandomShapes) {
  Source source(6);
  for (int i = 0; i < 1500; ++i) {
    const Shape s = AnyShape(source, 1);
    const Range range = AnyRange(source);
    const Int8s input = source.Elements(int64_t{s.batches} * s.h * s.w * s.c);
    const auto value = [&](bool mean, int32_t b, int32_t y, int32_t x, int32_t c) {
      int64_t sum = 0, count = 0;
      int32_t greatest = -128;
      ForEachTap(s, y, x, [&](int32_t, int32_t, int32_t pixel) {
        const int8_t element =
            input[static_cast<size_t>((int64_t{b} * s.h * s.w + pixel) * s.c + c)];
        sum += element;
        ++count;
        greatest = std::max<int32_t>(greatest, element);
      });
      const long double exact = static_cast<long double>(sum) / static_cast<long double>(count);
      const auto result = mean ? static_cast<int32_t>(std::round(exact)) : greatest;
      return static_cast<int8_t>(std::clamp(result, range.min, range.max));
    };
    const auto expected = [&](bool mean) {
      return ForEachOutput(s, s.c, [&](int32_t b, int32_t y, int32_t x, int32_t c) {
        return value(mean, b, y, x, c);
      });
    };
    Int8s output(static_cast<size_t>(s.batches * s.out_h * s.out_w * s.c));
    AveragePool2d({s.batches, s.h, s.w, s.out_h, s.out_w, s.c, s.filter_h, s.filter_w, s.stride_h,
                   s.stride_w, s.pad_top, s.pad_left, range.min, range.max},
                  input.data(), output.data());
    ASSERT_EQ(output, expected(true)) << "case " << i;
    MaxPool2d({s.batches, s.h, s.w, s.out_h, s.out_w, s.c, s.filter_h, s.filter_w, s.stride_h,
               s.stride_w, s.pad_top, s.pad_left, range.min, range.max},
              input.data(), output.data());
    ASSERT_EQ(output, expected(false)) << "case " << i;
  }
}

TEST(Reshape, CopiesAlsoBetweenOverlappingPlaces) {
  Int8s memory = {1, 2, 3, 4, 5, 0, 0};
  Reshape({5}, memory.data(), memory.data() + 2);
  EXPECT_EQ(memory, (Int8s{1, 2, 1, 2, 3, 4, 5}));
}

TEST(StridedCopy, GoesBackwardsAndLeavesWhatLiesBetween) {
  // The columns 4, 2, 0 of the rows 1 and 0 of a matrix of 2 x 5, into every second place.
  const Int8s matrix = {0, 1, 2, 3, 4, 10, 11, 12, 13, 14};
  Int8s output(12, -1);
  const StridedCopyParams p = {1, {1, 1, 1, 1, 2, 3}, {0, 0, 0, 0, -5, -2}, {0, 0, 0, 0, 6, 2}, 9,
                               0};
  StridedCopy(p, matrix.data(), output.data());
  EXPECT_EQ(output, (Int8s{14, -1, 12, -1, 10, -1, 4, -1, 2, -1, 0, -1}));
}

TEST(Fill, SetsElementsOfEverySize) {
  std::vector<int16_t> shorts(3, 0);
  Fill({2, 2, -3}, shorts.data());
  EXPECT_EQ(shorts, (std::vector<int16_t>{-3, -3, 0}));
  Int32s ints(3, 0);
  Fill({2, 4, 1 << 30}, ints.data());
  EXPECT_EQ(ints, (Int32s{1 << 30, 1 << 30, 0}));
  Int8s bytes(3, 0);
  Fill({2, 1, 200}, bytes.data());
  EXPECT_EQ(bytes, (Int8s{-56, -56, 0}));
}

TEST(Gather, StaysInsideItsInputWhateverTheIndices) {
  const Int8s input = {1, 2, 3, 4, 5, 6};
  const Int32s indices = {-1, 1, 3, INT32_MIN, INT32_MAX};
  Int8s output(10);
  Gather({1, 1, 3, 2, 5}, input.data(), indices.data(), output.data());
  EXPECT_EQ(output, (Int8s{1, 2, 3, 4, 5, 6, 1, 2, 5, 6}));
}

TEST(ArgExtremum, TakesTheFirstOfEquals) {
  const Int8s input = {3, -128, 7, 3, 7, -128};
  Int32s output(1);
  ArgExtremum({1, 6, 1, 1}, input.data(), output.data());
  EXPECT_EQ(output, Int32s{2});
  ArgExtremum({1, 6, 1, 0}, input.data(), output.data());
  EXPECT_EQ(output, Int32s{1});
}

TEST(Quantize, RoundsHalvesAwayFromZeroAndSaturates) {
  const float half = 0.5F;
  int32_t scale_bits = 0;
  std::memcpy(&scale_bits, &half, sizeof(half));
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> input = {0.25F,  -0.25F,   0.24F,     -0.24F, 1e30F,
                                    -1e30F, infinity, -infinity, 0.75F,  std::nanf("")};
  Int8s output(input.size());
  Quantize({static_cast<int32_t>(input.size()), scale_bits, 10}, input.data(), output.data());
  EXPECT_EQ(output, (Int8s{11, 9, 10, 10, 127, -128, 127, -128, 12, -128}));
}

TEST(ResizeBilinear, StaysInsideAnInputThatIsEnlargedMuch) {
  // The steps of 1/1024 round up, so that the last places lie behind the only pixel.
  const Int8s input = {-7};
  Int8s output(186);
  ResizeBilinear({1, 1, 1, 1, 186, 1, 1024, 6, 0, 0}, input.data(), output.data());
  EXPECT_EQ(output, Int8s(186, -7));
}

}  // namespace
}  // namespace kinglet::kernels
