// Pools, four channels at a time.
#include "device/kernels/cortex_m4/pool_2d.h"

#include <algorithm>

#include "device/kernels/average_pool_2d.h"
#include "device/kernels/max_pool_2d.h"
#include "src/compile/selectors.h"
#include "src/ir/describe_kernel.h"

namespace kinglet::ir {

KINGLET_PARAMS(QuadPool2dParams, batches, input_h, input_w, output_h, output_w, channels, filter_h,
               filter_w, stride_h, stride_w, pad_top, pad_left, activation_min, activation_max);

inline constexpr std::string_view kQuadPool2dSources[] = {
    "cortex_m4/pool_2d.cc", "cortex_m4/clamp.S", "cortex_m4/clamp_model.cc", "cortex_m4/quad.S",
    "cortex_m4/quad_model.cc"};
KINGLET_KERNEL_FROM(kQuadAveragePool2d, QuadAveragePool2d, "cortex_m4/pool_2d", kQuadPool2dSources);
KINGLET_KERNEL_FROM(kQuadMaxPool2d, QuadMaxPool2d, "cortex_m4/pool_2d", kQuadPool2dSources);

}  // namespace kinglet::ir

namespace kinglet::compile::cortex_m4 {
namespace {

// The portable kernels' rule for overlapping memory holds: four channels are read before any of
// them is written.
template <typename Params>
ir::KernelCall PoolCall(const ir::KernelCall& call, const ir::Kernel& kernel, const Params& p) {
  const kernels::QuadPool2dParams params{p.batches,        p.input_h,       p.input_w,  p.output_h,
                                         p.output_w,       p.channels,      p.filter_h, p.filter_w,
                                         p.stride_h,       p.stride_w,      p.pad_top,  p.pad_left,
                                         p.activation_min, p.activation_max};
  return {call.op_index, &kernel, params, call.arguments};
}

}  // namespace

std::optional<ir::KernelCall> SelectAveragePool2d(const ir::Graph&, const ir::KernelCall& call) {
  if (!call.params.Is<kernels::AveragePool2dParams>()) return {};
  const auto p = call.params.As<kernels::AveragePool2dParams>();
  const int64_t elements =
      int64_t{std::min(p.filter_h, p.input_h)} * std::min(p.filter_w, p.input_w);
  if (p.channels < 4 || elements > kernels::kQuadAverageElementsMax) return {};
  return PoolCall(call, ir::kQuadAveragePool2d, p);
}

std::optional<ir::KernelCall> SelectMaxPool2d(const ir::Graph&, const ir::KernelCall& call) {
  if (!call.params.Is<kernels::MaxPool2dParams>()) return {};
  const auto p = call.params.As<kernels::MaxPool2dParams>();
  if (p.channels < 4) return {};
  return PoolCall(call, ir::kQuadMaxPool2d, p);
}

}  // namespace kinglet::compile::cortex_m4
