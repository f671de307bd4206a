#include "src/compile/measure.h"

#include <algorithm>
#include <set>

#include "src/optimize/optimize.h"

namespace kinglet::compile {

bool IsUniform(ByteView bytes) {
  return std::ranges::all_of(bytes, [&](uint8_t byte) { return byte == bytes[0]; });
}

ModelNumbers Measure(const ir::Graph& graph, const Program& program) {
  ModelNumbers numbers;
  numbers.arena_bytes = program.plan.arena_bytes;
  numbers.peak_live_bytes = program.plan.peak_live_bytes;
  numbers.arena_optimal = program.plan.optimal;
  numbers.arena_alignment_bytes = static_cast<uint32_t>(program.plan.alignment_bytes);
  const auto offset = [&](ir::TensorIndex tensor) {
    return static_cast<uint32_t>(program.plan.offsets[static_cast<size_t>(tensor)]);
  };
  for (const ir::TensorIndex input : graph.inputs) numbers.input_offsets.push_back(offset(input));
  for (const ir::TensorIndex output : graph.outputs) {
    numbers.output_offsets.push_back(offset(output));
  }
  for (const ir::Op& op : graph.ops) {
    LayerNumbers& layer = numbers.layers.emplace_back();
    layer.name = op.name;
    layer.kind = ir::OpKindName(op.attributes);
    layer.macs = ir::OpMacs(graph, op);
    numbers.macs += layer.macs;
    for (const ir::TensorIndex output : op.outputs) {
      layer.output_bytes += static_cast<uint64_t>(graph.tensor(output).ByteCount());
    }
    layer.output_offset = offset(op.outputs[0]);
  }
  std::set<int32_t> counted;
  for (const Step& step : program.steps) {
    LayerNumbers& layer = numbers.layers[step.call.op_index];
    if (!step.moves_nothing) layer.kernels.emplace_back(step.call.kernel->function);
    for (const int32_t array : step.arrays) {
      if (array < 0 || !counted.insert(array).second) continue;
      const uint64_t bytes = program.arrays[static_cast<size_t>(array)].data.size();
      layer.weights_bytes += bytes;
      numbers.weights_bytes += bytes;
    }
  }
  // What the variables hold at first, where a loop over one byte does not make it.
  for (const ir::Tensor& tensor : graph.tensors) {
    if (tensor.variable && !IsUniform(tensor.data)) numbers.weights_bytes += tensor.data.size();
  }
  return numbers;
}

Result<ModelNumbers> Measure(const ir::Graph& graph, const Target& target) {
  KINGLET_CHECK(ir::Verify(graph));
  KINGLET_TRY(const optimize::Optimized optimized, optimize::Optimize(graph));
  KINGLET_TRY(const Program program, MakeProgram(optimized.graph, target));
  return Measure(optimized.graph, program);
}

}  // namespace kinglet::compile
