#include "src/train/int8_plan.h"

#include <cmath>

#include "src/ir/lower.h"

namespace kinglet::train {
namespace {

const ir::Argument* Find(const ir::KernelCall& call, std::string_view name) {
  for (const ir::Argument& argument : call.arguments) {
    if (argument.name == name) return &argument;
  }
  return nullptr;
}

// The elements of a derived array as int32; they are int8 or int32.
std::vector<int32_t> Constants(const ir::Argument& argument) {
  std::vector<int32_t> values;
  const size_t size = ir::DataTypeBytes(argument.type);
  for (size_t i = 0; i + size <= argument.data.size(); i += size) {
    values.push_back(size == 1 ? static_cast<int8_t>(argument.data[i])
                               : LoadLe<int32_t>(argument.data, i));
  }
  return values;
}

void TakeOutputStage(const ir::KernelCall& call, const LayerLayout& layout, Int8Layer& out) {
  const auto columns = static_cast<size_t>(layout.columns);
  const ir::Argument* multipliers = Find(call, "multipliers");
  if (multipliers != nullptr) {
    out.multipliers = Constants(*multipliers);
    out.shifts = Constants(*Find(call, "shifts"));
  }
  for (const ir::Field& field : ir::ParamFields(call)) {
    const int32_t value = field.values[0];
    if (field.name == "output_zero_point") out.output_zero_point = value;
    if (field.name == "activation_min") out.activation_min = value;
    if (field.name == "activation_max") out.activation_max = value;
    if (field.name == "multiplier") out.multipliers.assign(columns, value);
    if (field.name == "shift") out.shifts.assign(columns, value);
  }
  out.multipliers.resize(columns, 0);
  out.shifts.resize(columns, 0);
}

// The graph's OHWI or 1HWC weights, back in the trainer's layout.
void TakeWeights(const ir::Graph& graph, const ir::Op& op, const Layer& layer,
                 const LayerLayout& layout, Int8Layer& out) {
  const ir::Tensor& weights = graph.tensor(op.inputs[1]);
  const ir::Tensor& bias = graph.tensor(op.inputs[2]);
  const auto columns = static_cast<size_t>(layout.columns), rows = static_cast<size_t>(layout.rows);
  const auto channels = static_cast<size_t>(layer.out.c);
  const bool depthwise = layer.kind == LayerKind::kDepthwise;
  const std::vector<float>& scales = weights.quantization.scales;
  out.weights.assign(layout.WeightCount(), 0);
  out.real_weights.assign(layout.WeightCount(), 0);
  out.bias.assign(columns, 0);
  for (size_t c = 0; c < channels; ++c) {
    const float scale = scales[scales.size() == 1 ? 0 : c];
    for (size_t row = 0; row < rows; ++row) {
      const size_t index = depthwise ? row * channels + c : c * rows + row;
      const auto value = static_cast<float>(static_cast<int8_t>(weights.data[index]));
      out.weights[row * columns + c] = value;
      out.real_weights[row * columns + c] = value * scale;
    }
    out.bias[c] = LoadLe<int32_t>(bias.data, c * sizeof(int32_t));
  }
}

Status CheckFinite(const Network& network) {
  for (const float weight : network.parameters) {
    if (!std::isfinite(weight)) {
      return Fail(Code::kInvalid,
                  "{}: training diverged, a weight is not finite; lower the learning rate",
                  network.architecture.name);
    }
  }
  return {};
}

}  // namespace

Result<Int8Plan> MakeInt8Plan(const QuantizedNetwork& quantized) {
  KINGLET_CHECK(CheckFinite(quantized.network));
  const Architecture& architecture = quantized.network.architecture;
  const ir::Graph graph = ExportGraph(quantized);
  KINGLET_TRY(const std::vector<ir::KernelCall> calls, ir::Lower(graph));
  const Layout layout = MakeLayout(architecture);
  Int8Plan plan;
  plan.activations = quantized.activations;
  plan.softmax = calls.back().params.As<kernels::SoftmaxParams>();
  for (size_t i = 0; i < architecture.layers.size(); ++i) {
    const Layer& layer = architecture.layers[i];
    Int8Layer& out = plan.layers.emplace_back();
    out.input_scale = quantized.activations[static_cast<size_t>(layer.input)].scale;
    out.output_scale = quantized.activations[i + 1].scale;
    if (layer.kind == LayerKind::kAdd) out.add = calls[i].params.As<kernels::AddParams>();
    if (!layer.HasWeights()) continue;
    TakeOutputStage(calls[i], layout.layers[i], out);
    TakeWeights(graph, graph.ops[i], layer, layout.layers[i], out);
  }
  return plan;
}

}  // namespace kinglet::train
