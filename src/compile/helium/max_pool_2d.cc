// Maxima over windows, sixteen channels at a time.
#include "device/kernels/helium/max_pool_2d.h"

#include "device/kernels/max_pool_2d.h"
#include "src/compile/selectors.h"
#include "src/ir/describe_kernel.h"

namespace kinglet::ir {

KINGLET_PARAMS(VectorMaxPool2dParams, input_h, input_w, output_h, output_w, channels, filter_h,
               filter_w, stride_h, stride_w, pad_top, pad_left, activation_min, activation_max);

inline constexpr std::string_view kVectorMaxPool2dSources[] = {
    "helium/max_pool_2d.cc", "helium/sum.S", "helium/sum_model.cc"};
KINGLET_KERNEL_FROM(kVectorMaxPool2d, VectorMaxPool2d, "helium/max_pool_2d",
                    kVectorMaxPool2dSources);

}  // namespace kinglet::ir

namespace kinglet::compile::helium {

std::optional<ir::KernelCall> SelectMaxPool2d(const ir::Graph&, const ir::KernelCall& call) {
  if (!call.params.Is<kernels::MaxPool2dParams>()) return {};
  const auto p = call.params.As<kernels::MaxPool2dParams>();
  if (p.batches != 1) return {};
  return ir::KernelCall{
      call.op_index, &ir::kVectorMaxPool2d,
      kernels::VectorMaxPool2dParams{p.input_h, p.input_w, p.output_h, p.output_w, p.channels,
                                     p.filter_h, p.filter_w, p.stride_h, p.stride_w, p.pad_top,
                                     p.pad_left, p.activation_min, p.activation_max},
      call.arguments};
}

}  // namespace kinglet::compile::helium
