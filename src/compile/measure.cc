#include "src/compile/measure.h"

#include <set>

namespace kinglet::compile {

ModelNumbers Measure(const ir::Graph& graph, const Program& program) {
  ModelNumbers numbers;
  numbers.arena_bytes = program.plan.arena_bytes;
  numbers.peak_live_bytes = program.plan.peak_live_bytes;
  numbers.arena_optimal = program.plan.optimal;
  std::set<int32_t> counted;
  for (const Step& step : program.steps) {
    const ir::Op& op = graph.ops[step.call.op_index];
    LayerNumbers layer;
    layer.name = op.name;
    layer.kind = ir::OpKindName(op.attributes);
    if (!step.moves_nothing) layer.kernel = step.call.file;
    layer.macs = ir::OpMacs(graph, op);
    for (size_t i = 0; i < step.arrays.size(); ++i) {
      const int32_t array = step.arrays[i];
      if (array >= 0 && counted.insert(array).second) {
        layer.weights_bytes += program.arrays[static_cast<size_t>(array)].data.size();
      }
      const ir::Argument& argument = step.call.arguments[i];
      if (argument.kind != ir::Argument::Kind::kOutput) continue;
      layer.output_bytes += static_cast<uint64_t>(graph.tensor(argument.tensor).ByteCount());
      layer.output_offset =
          static_cast<uint32_t>(program.plan.offsets[static_cast<size_t>(argument.tensor)]);
    }
    numbers.weights_bytes += layer.weights_bytes;
    numbers.macs += layer.macs;
    numbers.layers.push_back(std::move(layer));
  }
  return numbers;
}

Result<ModelNumbers> Measure(const ir::Graph& graph) {
  KINGLET_TRY(const Program program, MakeProgram(graph));
  return Measure(graph, program);
}

}  // namespace kinglet::compile
