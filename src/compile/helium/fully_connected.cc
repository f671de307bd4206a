// Fully connected layers of one scale, eight outputs at a time.
#include "device/kernels/helium/fully_connected.h"

#include "device/kernels/fully_connected.h"
#include "src/compile/call_arguments.h"
#include "src/compile/helium/pack.h"
#include "src/compile/selectors.h"
#include "src/ir/describe_kernel.h"

namespace kinglet::ir {

KINGLET_PARAMS(VectorFullyConnectedParams, batches, input_size, output_size, output_zero_point,
               multiplier, shift, activation_min, activation_max);

inline constexpr std::string_view kVectorFullyConnectedSources[] = {
    "helium/fully_connected.cc", "helium/dot.S", "helium/dot_model.cc"};
KINGLET_KERNEL_FROM(kVectorFullyConnected, VectorFullyConnected, "helium/fully_connected",
                    kVectorFullyConnectedSources);

}  // namespace kinglet::ir

namespace kinglet::compile::helium {
namespace {

constexpr size_t kGroup = 8;

}  // namespace

std::optional<ir::KernelCall> SelectFullyConnected(const ir::Graph& graph,
                                                   const ir::KernelCall& call) {
  if (!call.params.Is<kernels::FullyConnectedParams>()) return {};
  const auto portable = call.params.As<kernels::FullyConnectedParams>();
  if (portable.shift >= 0) return {};
  const auto weights = ElementsOf<int8_t>(graph, call.arguments[1]);
  const auto bias = ElementsOf<int32_t>(graph, call.arguments[2]);
  const auto size = static_cast<size_t>(portable.input_size);
  const auto outputs = static_cast<size_t>(portable.output_size);
  const Filters filters{weights, bias, size, portable.input_zero_point};
  std::vector<int32_t> packed;
  for (size_t first = 0; first < outputs; first += kGroup) {
    AppendGroup(filters, first, kGroup, packed);
  }

  ir::KernelCall vectors{
      call.op_index,
      &ir::kVectorFullyConnected,
      kernels::VectorFullyConnectedParams{
          portable.batches, portable.input_size, portable.output_size, portable.output_zero_point,
          portable.multiplier, portable.shift, portable.activation_min, portable.activation_max},
      {}};
  vectors.arguments.push_back(call.arguments[0]);
  vectors.arguments.push_back(ConstantArgument("packed", packed));
  vectors.arguments.push_back(call.arguments[3]);
  ir::Argument& input = vectors.arguments[0];
  ir::Argument& output = vectors.arguments[2];
  input.tail_bytes = static_cast<uint32_t>((size + kLanes - 1) / kLanes * kLanes - size);
  output.tail_bytes = static_cast<uint32_t>((outputs + kGroup - 1) / kGroup * kGroup - outputs);
  // A group of eight is written at once, so the output must stay up to 7 bytes further behind.
  if (input.output_lead_bytes_max.has_value()) {
    *input.output_lead_bytes_max -= static_cast<int64_t>(output.tail_bytes);
  }
  return vectors;
}

}  // namespace kinglet::compile::helium
