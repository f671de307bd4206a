// Depthwise convolutions, one channel at a time in strips of widened rows.
#include "device/kernels/cortex_m4/depthwise_conv_2d.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "device/kernels/depthwise_conv_2d.h"
#include "src/compile/call_arguments.h"
#include "src/compile/cortex_m4/pack.h"
#include "src/compile/selectors.h"
#include "src/ir/describe_kernel.h"

namespace kinglet::ir {

KINGLET_PARAMS(StripDepthwiseParams, input_h, input_w, input_c, output_h, output_w,
               depth_multiplier, filter_h, filter_w, stride_h, stride_w, dilation_h, pad_top,
               pad_left, input_zero_point, output_zero_point, activation_min, activation_max);

inline constexpr std::string_view kStripDepthwiseFile = "cortex_m4/depthwise_conv_2d";
inline constexpr std::string_view kStripDepthwiseSources[] = {
    "cortex_m4/depthwise_conv_2d.cc", "cortex_m4/clamp.S", "cortex_m4/clamp_model.cc",
    "cortex_m4/strip.S", "cortex_m4/strip_model.cc"};
KINGLET_KERNEL_FROM(kStripDepthwise6, StripDepthwise6, kStripDepthwiseFile, kStripDepthwiseSources);
KINGLET_KERNEL_FROM(kStripDepthwise5, StripDepthwise5, kStripDepthwiseFile, kStripDepthwiseSources);
KINGLET_KERNEL_FROM(kStripDepthwise4, StripDepthwise4, kStripDepthwiseFile, kStripDepthwiseSources);
KINGLET_KERNEL_FROM(kStripDepthwise3, StripDepthwise3, kStripDepthwiseFile, kStripDepthwiseSources);
KINGLET_KERNEL_FROM(kStripDepthwiseAnyFilter, StripDepthwiseAnyFilter, kStripDepthwiseFile,
                    kStripDepthwiseSources);
KINGLET_KERNEL_FROM(kStripDepthwise6Stride2, StripDepthwise6Stride2, kStripDepthwiseFile,
                    kStripDepthwiseSources);
KINGLET_KERNEL_FROM(kStripDepthwise4Stride2, StripDepthwise4Stride2, kStripDepthwiseFile,
                    kStripDepthwiseSources);
KINGLET_KERNEL_FROM(kStripDepthwise3Stride2, StripDepthwise3Stride2, kStripDepthwiseFile,
                    kStripDepthwiseSources);
KINGLET_KERNEL_FROM(kStripDepthwiseAnyFilterStride2, StripDepthwiseAnyFilterStride2,
                    kStripDepthwiseFile, kStripDepthwiseSources);

}  // namespace kinglet::ir

namespace kinglet::compile::cortex_m4 {
namespace {

struct Variant {
  const ir::Kernel* kernel;
  int32_t outputs;  // that are computed together
  bool whole_row;   // for rows of so many
};
constexpr Variant kStride1[] = {{&ir::kStripDepthwise6, 6, false},
                                {&ir::kStripDepthwise4, 4, false},
                                {&ir::kStripDepthwise5, 5, true},
                                {&ir::kStripDepthwise3, 3, true}};
constexpr Variant kStride2[] = {{&ir::kStripDepthwise6Stride2, 6, false},
                                {&ir::kStripDepthwise4Stride2, 4, false},
                                {&ir::kStripDepthwise3Stride2, 3, true}};

// The kernel with the fewest instructions for a row.
const ir::Kernel* BestVariant(const kernels::StripDepthwiseParams& p) {
  if (p.filter_h != 3 || p.filter_w > 3) {
    return p.stride_w == 1 ? &ir::kStripDepthwiseAnyFilter : &ir::kStripDepthwiseAnyFilterStride2;
  }
  const ir::Kernel* best = nullptr;
  int32_t least = std::numeric_limits<int32_t>::max();
  for (const Variant& v : p.stride_w == 1 ? std::span<const Variant>(kStride1) : kStride2) {
    if (v.whole_row && v.outputs != p.output_w) continue;
    const int32_t per_tile = v.whole_row ? 20 : 24, per_output = 10, per_row = v.whole_row ? 0 : 8;
    const int32_t tiles = (p.output_w + v.outputs - 1) / v.outputs;
    const int32_t cost = per_row + tiles * (per_tile + per_output * v.outputs);
    if (cost < least) best = v.kernel;
    least = std::min(least, cost);
  }
  return best;
}

// The words of output channel c; nothing when its sums or its scale need another kernel. weights:
// [filter_h, filter_w, channels].
std::optional<std::vector<int32_t>> PackTaps(const kernels::StripDepthwiseParams& p,
                                             std::span<const int8_t> weights, int32_t bias,
                                             int32_t multiplier, int32_t shift, int32_t c) {
  const int32_t channels = p.input_c * p.depth_multiplier;
  const auto tap = [&](int32_t y, int32_t x) -> int32_t {
    return weights[static_cast<size_t>((int64_t{y} * p.filter_w + x) * channels + c)];
  };
  int64_t low = bias, high = bias;
  int64_t whole_bias = bias;
  std::vector<int32_t> words(2);
  for (int32_t y = 0; y < p.filter_h; ++y) {
    for (int32_t x = 0; x < p.filter_w; ++x) {
      const int64_t w = tap(y, x);
      whole_bias -= p.input_zero_point * w;
      low += std::min((-128 - p.input_zero_point) * w, (127 - p.input_zero_point) * w);
      high += std::max((-128 - p.input_zero_point) * w, (127 - p.input_zero_point) * w);
    }
    for (int32_t t = 0; t < kernels::StripDepthwiseTriples(p); ++t) {
      uint32_t word = 0;
      for (int32_t k = t == 0 ? 0 : 1; k < 3; ++k) {
        const int32_t x = 2 * t + k;
        if (x < p.filter_w) word |= (static_cast<uint32_t>(tap(y, x)) & 0xFFU) << (8 * k);
      }
      words.push_back(static_cast<int32_t>(word));
    }
  }
  const auto scale = PackScale(std::max(std::abs(low), std::abs(high)), multiplier, shift);
  if (!scale.has_value() || std::abs(whole_bias) >= int64_t{1} << 30) return {};
  words[0] = static_cast<int32_t>(2 * whole_bias);
  words[1] = scale->multiplier;
  words[2] |= scale->shift << 24;
  return words;
}

}  // namespace

std::optional<ir::KernelCall> SelectDepthwiseConv2d(const ir::Graph& graph,
                                                    const ir::KernelCall& call) {
  if (!call.params.Is<kernels::DepthwiseConv2dParams>()) return {};
  const auto portable = call.params.As<kernels::DepthwiseConv2dParams>();
  if (portable.batches != 1 || portable.dilation_w != 1 || portable.stride_w > 2) return {};
  const kernels::StripDepthwiseParams p{
      portable.input_h,        portable.input_w,          portable.input_c,
      portable.output_h,       portable.output_w,         portable.depth_multiplier,
      portable.filter_h,       portable.filter_w,         portable.stride_h,
      portable.stride_w,       portable.dilation_h,       portable.pad_top,
      portable.pad_left,       portable.input_zero_point, portable.output_zero_point,
      portable.activation_min, portable.activation_max};
  const auto weights = ElementsOf<int8_t>(graph, call.arguments[1]);
  const auto bias = ElementsOf<int32_t>(graph, call.arguments[2]);
  const auto multipliers = ElementsOf<int32_t>(graph, call.arguments[3]);
  const auto shifts = ElementsOf<int8_t>(graph, call.arguments[4]);
  std::vector<int32_t> packed;
  for (int32_t c = 0; c < p.input_c * p.depth_multiplier; ++c) {
    const auto i = static_cast<size_t>(c);
    const auto words =
        PackTaps(p, weights, bias.empty() ? 0 : bias[i], multipliers[i], shifts[i], c);
    if (!words.has_value()) return {};
    packed.insert(packed.end(), words->begin(), words->end());
  }

  ir::KernelCall strips{call.op_index, BestVariant(p), p, {}};
  ir::Argument input = call.arguments[0];
  const bool in_place = p.depth_multiplier == 1 && p.output_w <= p.input_w &&
                        p.pad_top < kernels::StripDepthwiseWindowHeight(p);
  if (!in_place) {
    input.output_lead_bytes_max.reset();
  } else if (input.output_lead_bytes_max.has_value()) {
    input.output_lead_bytes_max = 0;
  }
  strips.arguments.push_back(std::move(input));
  strips.arguments.push_back(ConstantArgument("packed", packed));
  strips.arguments.push_back(ScratchArgument(
      ir::DataType::kInt32, static_cast<uint32_t>(kernels::StripDepthwiseScratchBytes(p)), 4));
  strips.arguments.push_back(call.arguments[5]);
  return strips;
}

}  // namespace kinglet::compile::cortex_m4
