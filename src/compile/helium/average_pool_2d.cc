// Means over windows, eight channels at a time.
#include "device/kernels/helium/average_pool_2d.h"

#include "device/kernels/average_pool_2d.h"
#include "src/compile/selectors.h"
#include "src/ir/describe_kernel.h"

namespace kinglet::ir {

KINGLET_PARAMS(VectorAveragePool2dParams, input_h, input_w, output_h, output_w, channels, filter_h,
               filter_w, stride_h, stride_w, pad_top, pad_left, activation_min, activation_max);

inline constexpr std::string_view kVectorAveragePool2dSources[] = {
    "helium/average_pool_2d.cc", "helium/sum.S", "helium/sum_model.cc"};
KINGLET_KERNEL_FROM(kVectorAveragePool2d, VectorAveragePool2d, "helium/average_pool_2d",
                    kVectorAveragePool2dSources);

}  // namespace kinglet::ir

namespace kinglet::compile::helium {

std::optional<ir::KernelCall> SelectAveragePool2d(const ir::Graph&, const ir::KernelCall& call) {
  if (!call.params.Is<kernels::AveragePool2dParams>()) return {};
  const auto p = call.params.As<kernels::AveragePool2dParams>();
  const int64_t elements =
      int64_t{std::min(p.filter_h, p.input_h)} * std::min(p.filter_w, p.input_w);
  if (p.batches != 1 || elements > kernels::kVectorPoolElementsMax) return {};
  ir::KernelCall vectors{
      call.op_index, &ir::kVectorAveragePool2d,
      kernels::VectorAveragePool2dParams{p.input_h, p.input_w, p.output_h, p.output_w, p.channels,
                                         p.filter_h, p.filter_w, p.stride_h, p.stride_w, p.pad_top,
                                         p.pad_left, p.activation_min, p.activation_max},
      call.arguments};
  vectors.arguments[0].tail_bytes = static_cast<uint32_t>((p.channels + 7) / 8 * 8 - p.channels);
  return vectors;
}

}  // namespace kinglet::compile::helium
