#include "src/quantize/compare.h"

#include <algorithm>
#include <cmath>

#include "src/ir/execute.h"
#include "src/ir/float_execute.h"
#include "src/ir/int8_grid.h"

namespace kinglet::quantize {
namespace {

Status CheckTensors(std::string_view what, const ir::Graph& a,
                    const std::vector<ir::TensorIndex>& of_a, const ir::Graph& b,
                    const std::vector<ir::TensorIndex>& of_b) {
  bool same = of_a.size() == of_b.size();
  for (size_t i = 0; same && i < of_a.size(); ++i) {
    same = a.tensor(of_a[i]).shape == b.tensor(of_b[i]).shape &&
           b.tensor(of_b[i]).type == ir::DataType::kInt8;
  }
  if (same) return {};
  return Fail(Code::kInvalid, "graph '{}': its {} are not those of '{}' as int8", b.name, what,
              a.name);
}

// Whether the operators are the same, one by one, so that their outputs can be compared.
bool OperatorsCorrespond(const ir::Graph& a, const ir::Graph& b) {
  return std::ranges::equal(a.ops, b.ops, [&](const ir::Op& x, const ir::Op& y) {
    return ir::OpKindName(x.attributes) == ir::OpKindName(y.attributes) &&
           a.tensor(x.outputs[0]).shape == b.tensor(y.outputs[0]).shape;
  });
}

double Real(uint8_t byte, const ir::Quantization& grid) {
  return double{grid.scales[0]} * (static_cast<int8_t>(byte) - grid.zero_points[0]);
}

Difference DifferenceOf(std::span<const float> values, ByteView bytes,
                        const ir::Quantization& grid) {
  Difference difference;
  for (size_t i = 0; i < values.size(); ++i) {
    difference.Add(double{values[i]}, Real(bytes[i], grid));
  }
  return difference;
}

void Merge(const Difference& from, Difference& into) {
  into.signal += from.signal;
  into.noise += from.noise;
  into.largest = std::max(into.largest, from.largest);
}

// The first of the largest elements, as an argmax takes it.
template <typename Element>
size_t Largest(std::span<const Element> row) {
  return static_cast<size_t>(std::ranges::max_element(row) - row.begin());
}

void CountRows(std::span<const float> values, const std::vector<int8_t>& bytes, size_t depth,
               OutputDifference& output) {
  for (size_t at = 0; depth > 1 && at < values.size(); at += depth) {
    ++output.rows;
    const size_t expected = Largest(values.subspan(at, depth));
    if (Largest(std::span(bytes).subspan(at, depth)) == expected) ++output.rows_agreeing;
  }
}

// Runs both graphs on one sample after the other and adds up what differs.
class Comparer {
 public:
  Comparer(ir::FloatExecutor& floats, ir::Executor& integers)
      : floats_(floats),
        integers_(integers),
        by_layer_(OperatorsCorrespond(floats.graph(), integers.graph())),
        values_(floats.graph().tensors.size()) {
    const ir::Graph& graph = integers.graph();
    for (const ir::Op& op : graph.ops) {
      if (!by_layer_) break;
      comparison_.layers.push_back({op.name, ir::OpKindName(op.attributes),
                                    graph.tensor(op.outputs[0]).quantization, Difference{}});
    }
    for (const ir::TensorIndex index : graph.outputs) {
      comparison_.outputs.push_back({graph.tensor(index).name, Difference{}, 0, 0});
    }
  }

  Status Add(const std::vector<std::span<const float>>& inputs) {
    ++comparison_.sample_count;
    const auto outputs =
        floats_.Run(inputs, [&](ir::TensorIndex tensor, std::span<const float> values) {
          values_[static_cast<size_t>(tensor)] = values;
        });
    const ir::Graph& graph = integers_.graph();
    std::vector<Bytes> quantized;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const ir::Quantization& grid = graph.tensor(graph.inputs[i]).quantization;
      for (Bytes& bytes = quantized.emplace_back(); const float value : inputs[i]) {
        bytes.push_back(static_cast<uint8_t>(ir::ToInt8(value, grid)));
      }
    }
    KINGLET_TRY(const std::vector<Bytes> int8_outputs,
                integers_.Run({quantized.begin(), quantized.end()},
                              [&](size_t op, const std::vector<ByteView>& bytes) {
                                AddLayer(op, bytes[0]);
                              }));
    for (size_t i = 0; i < outputs.size(); ++i) {
      const ir::Tensor& tensor = graph.tensor(graph.outputs[i]);
      OutputDifference& output = comparison_.outputs[i];
      Merge(DifferenceOf(outputs[i], int8_outputs[i], tensor.quantization), output.difference);
      const size_t depth = tensor.shape.empty() ? 1 : static_cast<size_t>(tensor.shape.back());
      CountRows(outputs[i], {int8_outputs[i].begin(), int8_outputs[i].end()}, depth, output);
    }
    return {};
  }

  Comparison Finish() && {
    const auto quality = [](const LayerDifference& layer) {
      return layer.difference.sqnr_db().value_or(std::numeric_limits<double>::infinity());
    };
    std::ranges::stable_sort(comparison_.layers, {}, quality);
    return std::move(comparison_);
  }

 private:
  void AddLayer(size_t op, ByteView bytes) {
    if (!by_layer_) return;
    LayerDifference& layer = comparison_.layers[op];
    const ir::TensorIndex tensor = floats_.graph().ops[op].outputs[0];
    Merge(DifferenceOf(values_[static_cast<size_t>(tensor)], bytes, layer.grid), layer.difference);
  }

  ir::FloatExecutor& floats_;
  ir::Executor& integers_;
  const bool by_layer_;
  std::vector<std::span<const float>> values_;  // of the float tensors, for the present sample
  Comparison comparison_;
};

}  // namespace

void Difference::Add(double value, double approximation) {
  const double error = value - approximation;
  signal += value * value;
  noise += error * error;
  largest = std::max(largest, std::abs(error));
}

std::optional<double> Difference::sqnr_db() const {
  if (noise == 0) return std::nullopt;
  return 10 * std::log10(std::max(signal, 1e-30) / noise);
}

Result<Comparison> Compare(const ir::Graph& float_graph, const ir::Graph& int8_graph,
                           const Samples& samples, Progress::Show show) {
  KINGLET_CHECK(
      CheckTensors("inputs", float_graph, float_graph.inputs, int8_graph, int8_graph.inputs));
  KINGLET_CHECK(
      CheckTensors("outputs", float_graph, float_graph.outputs, int8_graph, int8_graph.outputs));
  KINGLET_TRY(ir::FloatExecutor floats, ir::FloatExecutor::Make(float_graph));
  KINGLET_TRY(ir::Executor integers, ir::Executor::Make(int8_graph));
  Comparer comparer(floats, integers);
  Progress progress("comparison", samples.count, "samples", show);
  for (size_t i = 0; i < samples.count; ++i) {
    KINGLET_CHECK(comparer.Add(samples.At(i)));
    progress.Update(i + 1);
  }
  return std::move(comparer).Finish();
}

}  // namespace kinglet::quantize
