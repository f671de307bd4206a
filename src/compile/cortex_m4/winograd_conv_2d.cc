// 3 x 3 convolutions by Winograd's algorithm.
#include "device/kernels/cortex_m4/winograd_conv_2d.h"

#include <array>

#include "device/kernels/conv_2d.h"
#include "src/compile/call_arguments.h"
#include "src/compile/selectors.h"
#include "src/ir/describe_kernel.h"

namespace kinglet::ir {

KINGLET_PARAMS(WinogradConv2dParams, input_h, input_w, input_c, output_h, output_w, output_c,
               pad_top, pad_left, input_zero_point, output_zero_point, activation_min,
               activation_max);

inline constexpr std::string_view kWinogradConv2dSources[] = {
    "cortex_m4/winograd_conv_2d.cc", "cortex_m4/winograd.S", "cortex_m4/winograd_model.cc"};
KINGLET_KERNEL_FROM(kWinogradConv2d, WinogradConv2d, "cortex_m4/winograd_conv_2d",
                    kWinogradConv2dSources);

}  // namespace kinglet::ir

namespace kinglet::compile::cortex_m4 {
namespace {

using kernels::WinogradConv2dParams;

constexpr int32_t kPositions = 16;
constexpr int32_t kGroup = 4;  // output channels whose words lie together

using Transformed = std::array<int32_t, kPositions>;

// U = (2G) g (2G)^T of one 3 x 3 filter plane with `step` elements between its taps.
Transformed TransformFilter(const int8_t* g, int32_t step) {
  constexpr int32_t kTwiceG[4][3] = {{2, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, 2}};
  Transformed u{};
  for (int32_t i = 0; i < 4; ++i) {
    for (int32_t j = 0; j < 4; ++j) {
      int32_t sum = 0;
      for (int32_t y = 0; y < 3; ++y) {
        for (int32_t x = 0; x < 3; ++x) {
          sum += kTwiceG[i][y] * kTwiceG[j][x] * g[(3 * y + x) * step];
        }
      }
      u[4 * static_cast<size_t>(i) + static_cast<size_t>(j)] = sum;
    }
  }
  return u;
}

int32_t Pair(int32_t low, int32_t high) {
  return static_cast<int32_t>(static_cast<uint32_t>(high) << 16 |
                              (static_cast<uint32_t>(low) & 0xFFFFU));
}

struct Layer {
  const WinogradConv2dParams& p;
  const std::vector<int8_t>& weights;
  const std::vector<int32_t>& bias;
  const std::vector<int32_t>& multipliers;
  const std::vector<int8_t>& shifts;

  const int8_t* Plane(int32_t output, int32_t input) const {
    return &weights[static_cast<size_t>(int64_t{output} * 9 * p.input_c + input)];
  }
};

// Twice the bias, multiplier and right shift - 1 of an output channel. Nothing when a sum may leave
// its range: 4 * the sum of products must fit 32 bits, and the sum with its bias 29, so that the
// rounding can be added.
std::optional<std::array<int32_t, 3>> Scale(const Layer& l, int32_t output) {
  int64_t low = 0, high = 0, sum = 0, most_product = 0;
  for (int32_t i = 0; i < 9 * l.p.input_c; ++i) {
    const int64_t w =
        int32_t{l.weights[static_cast<size_t>(int64_t{output} * 9 * l.p.input_c + i)]};
    sum += w;
    low += std::min(-128 * w, 127 * w);
    high += std::max(-128 * w, 127 * w);
  }
  for (int32_t c = 0; c < l.p.input_c; ++c) {
    int64_t most = 0;
    for (const int32_t u : TransformFilter(l.Plane(output, c), l.p.input_c)) {
      most = std::max<int64_t>(most, std::abs(u));
    }
    most_product += most * 512;  // |V| <= 4 * 128
  }
  const auto c = static_cast<size_t>(output);
  const int64_t bias = (l.bias.empty() ? 0 : l.bias[c]) - l.p.input_zero_point * sum;
  const int64_t most = std::max(std::abs(low + bias), std::abs(high + bias));
  // Nine positions meet in an output.
  if (9 * most_product > INT32_MAX || most >= int64_t{1} << 29 || std::abs(bias) >= 1 << 29) {
    return {};
  }
  const int32_t right = -l.shifts[c];
  if (right < 1 || l.multipliers[c] < 0) return {};
  if (right > 23) {
    if (most >= int64_t{1} << (right - 1)) return {};
    return std::array<int32_t, 3>{static_cast<int32_t>(2 * bias), 0, 0};
  }
  return std::array<int32_t, 3>{static_cast<int32_t>(2 * bias), l.multipliers[c], right - 1};
}

std::optional<std::vector<int32_t>> Pack(const Layer& l) {
  std::vector<int32_t> packed;
  packed.reserve(static_cast<size_t>(l.p.output_c) *
                 static_cast<size_t>(kPositions * l.p.input_c / 2 + 3));
  for (int32_t group = 0; group < l.p.output_c; group += kGroup) {
    // Per output channel of the group and input channel.
    std::vector<Transformed> u;
    for (int32_t o = group; o < group + kGroup; ++o) {
      for (int32_t c = 0; c < l.p.input_c; ++c) {
        u.push_back(TransformFilter(l.Plane(o, c), l.p.input_c));
      }
    }
    const auto at = [&](int32_t o, int32_t c, int32_t position) {
      return u[static_cast<size_t>(int64_t{o} * l.p.input_c + c)][static_cast<size_t>(position)];
    };
    for (int32_t position = 0; position < kPositions; ++position) {
      for (int32_t c = 0; c < l.p.input_c; c += 4) {
        for (int32_t half = 0; half < 2; ++half) {
          for (int32_t o = 0; o < kGroup; ++o) {
            packed.push_back(Pair(at(o, c + half, position), at(o, c + half + 2, position)));
          }
        }
      }
    }
    for (int32_t o = group; o < group + kGroup; ++o) {
      const auto scale = Scale(l, o);
      if (!scale.has_value()) return {};
      packed.insert(packed.end(), scale->begin(), scale->end());
    }
  }
  return packed;
}

// How far the output may reach into the input: before a group of 2 x 4 pixels is written, all
// windows up to it have been read.
int64_t LeadBytesMax(const WinogradConv2dParams& p) {
  const auto group_end = [&](int32_t y, int32_t x) {
    return (int64_t{y + 1} * p.output_w + x + 4) * p.output_c;
  };
  int64_t least = INT64_MAX;
  for (int32_t y = 0; y < p.output_h; y += 2) {
    for (int32_t x = 0; x < p.output_w; x += 4) {
      // The next group, and what it and all later ones need first: its own top left pixel, or that
      // of the next row of groups.
      const bool row_ends = x + 4 == p.output_w;
      const int32_t next_y = row_ends ? y + 2 : y, next_x = row_ends ? 0 : x + 4;
      if (next_y >= p.output_h) continue;
      const int32_t row = std::max(next_y - p.pad_top, 0);
      const int32_t column = std::max(next_x - p.pad_left, 0);
      const int32_t later_row = std::max(y + 2 - p.pad_top, 0);
      int64_t needed = (int64_t{row} * p.input_w + column) * p.input_c;
      if (y + 2 < p.output_h) {
        needed = std::min(needed, int64_t{later_row} * p.input_w * p.input_c);
      }
      least = std::min(least, needed - group_end(y, x));
    }
  }
  return least == INT64_MAX ? 0 : least;
}

}  // namespace

std::optional<ir::KernelCall> SelectWinogradConv2d(const ir::Graph& graph,
                                                   const ir::KernelCall& call) {
  if (!call.params.Is<kernels::Conv2dParams>()) return {};
  const auto portable = call.params.As<kernels::Conv2dParams>();
  const bool is_3x3 = portable.filter_h == 3 && portable.filter_w == 3 && portable.stride_h == 1 &&
                      portable.stride_w == 1 && portable.dilation_h == 1 &&
                      portable.dilation_w == 1;
  if (portable.batches != 1 || portable.groups != 1 || !is_3x3 || portable.input_c % 4 != 0 ||
      portable.output_c % kGroup != 0 || portable.output_h % 2 != 0 || portable.output_w % 4 != 0) {
    return {};
  }
  const WinogradConv2dParams p{
      portable.input_h,           portable.input_w,        portable.input_c,
      portable.output_h,          portable.output_w,       portable.output_c,
      portable.pad_top,           portable.pad_left,       portable.input_zero_point,
      portable.output_zero_point, portable.activation_min, portable.activation_max};
  const auto weights = ElementsOf<int8_t>(graph, call.arguments[1]);
  const auto bias = ElementsOf<int32_t>(graph, call.arguments[2]);
  const auto multipliers = ElementsOf<int32_t>(graph, call.arguments[3]);
  const auto shifts = ElementsOf<int8_t>(graph, call.arguments[4]);
  const auto packed = Pack({p, weights, bias, multipliers, shifts});
  if (!packed.has_value()) return {};

  ir::KernelCall winograd{call.op_index, &ir::kWinogradConv2d, p, {}};
  ir::Argument input = call.arguments[0];
  input.output_lead_bytes_max = LeadBytesMax(p);
  winograd.arguments.push_back(std::move(input));
  winograd.arguments.push_back(ConstantArgument("packed", *packed));
  winograd.arguments.push_back(ScratchArgument(
      ir::DataType::kInt32, static_cast<uint32_t>(kernels::WinogradConv2dScratchBytes(p)), 4));
  winograd.arguments.push_back(call.arguments[5]);
  return winograd;
}

}  // namespace kinglet::compile::cortex_m4
