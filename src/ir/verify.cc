// Verify(): first every tensor for itself, then who writes and reads it, then every operator
// against its tensors.
#include <cmath>
#include <set>

#include "src/ir/float_graph.h"
#include "src/ir/float_op.h"
#include "src/ir/verify_op.h"

namespace kinglet::ir {
namespace {

constexpr size_t kRankMax = 8;

Status VerifyTensor(const Tensor& tensor, size_t index) {
  const std::string name = fmt::format("tensor {} '{}'", index, tensor.name);
  if (tensor.shape.size() > kRankMax) {
    return Fail(Code::kUnsupported, "{}: {} dimensions, at most {}", name, tensor.shape.size(),
                kRankMax);
  }
  int64_t bytes = DataTypeBytes(tensor.type);
  for (const int32_t dimension : tensor.shape) {
    if (dimension < 1 || dimension > kDimensionMax) {
      return Fail(Code::kInvalid, "{}: shape {}: each dimension must be 1 to {}", name,
                  ShapeText(tensor.shape), kDimensionMax);
    }
    bytes *= dimension;
    if (bytes > kTensorBytesMax) {
      return Fail(Code::kUnsupported, "{}: shape {}: more than {} bytes", name,
                  ShapeText(tensor.shape), kTensorBytesMax);
    }
  }
  if (tensor.constant && tensor.variable) {
    return Fail(Code::kInvalid, "{}: is constant and variable", name);
  }
  const int64_t expected = tensor.constant || tensor.variable ? bytes : 0;
  if (static_cast<int64_t>(tensor.data.size()) != expected) {
    return Fail(Code::kInvalid, "{}: {} bytes of data, its shape and type need {}", name,
                tensor.data.size(), expected);
  }
  const Quantization& quantization = tensor.quantization;
  if (quantization.zero_points.size() != quantization.scales.size()) {
    return Fail(Code::kInvalid, "{}: {} scales but {} zero points", name,
                quantization.scales.size(), quantization.zero_points.size());
  }
  for (const float scale : quantization.scales) {
    if (!std::isfinite(scale) || scale < 0) {
      return Fail(Code::kInvalid, "{}: scale {}: must be finite and not negative", name, scale);
    }
  }
  if (quantization.scales.size() > 1) {
    const int32_t axis = quantization.axis;
    if (axis < 0 || axis >= static_cast<int32_t>(tensor.shape.size()) ||
        tensor.shape[static_cast<size_t>(axis)] !=
            static_cast<int64_t>(quantization.scales.size())) {
      return Fail(Code::kInvalid, "{}: {} scales along axis {} of shape {}", name,
                  quantization.scales.size(), axis, ShapeText(tensor.shape));
    }
  }
  return {};
}

// Whether each tensor holds something at this point of the execution.
class Flow {
 public:
  explicit Flow(const Graph& graph) : graph_(graph) {
    for (const Tensor& tensor : graph.tensors) written_.push_back(tensor.variable);
  }

  Status Check() {
    if (graph_.inputs.empty() || graph_.outputs.empty() || graph_.ops.empty()) {
      return Fail(Code::kInvalid, "graph '{}': {} inputs, {} outputs, {} operators: none may be 0",
                  graph_.name, graph_.inputs.size(), graph_.outputs.size(), graph_.ops.size());
    }
    for (const TensorIndex index : graph_.inputs) KINGLET_CHECK(Write("graph input", index));
    std::set<std::string_view> names;
    for (const Op& op : graph_.ops) {
      if (op.name.empty() || !names.insert(op.name).second) {
        return Fail(Code::kInvalid, "operator '{}': names must be unique and not empty", op.name);
      }
      for (const TensorIndex index : op.inputs) {
        if (index != kNoTensor) KINGLET_CHECK(Read(op.name, index));
      }
      for (const TensorIndex index : op.outputs) {
        KINGLET_CHECK(InRange(op.name, index));
        if (graph_.tensor(index).variable && WritesVariables(op)) continue;
        KINGLET_CHECK(Write(op.name, index));
      }
    }
    return CheckOutputs();
  }

 private:
  Status InRange(std::string_view who, TensorIndex index) const {
    if (index < 0 || static_cast<size_t>(index) >= graph_.tensors.size()) {
      return Fail(Code::kInvalid, "{}: tensor {}: the graph has {} tensors", who, index,
                  graph_.tensors.size());
    }
    return {};
  }

  static bool WritesVariables(const Op& op) {
    return std::holds_alternative<Copy>(op.attributes) ||
           std::holds_alternative<UnidirectionalSequenceLstm>(op.attributes) ||
           std::holds_alternative<Svdf>(op.attributes);
  }

  Status Write(std::string_view who, TensorIndex index) {
    KINGLET_CHECK(InRange(who, index));
    const Tensor& tensor = graph_.tensor(index);
    if (tensor.constant || written_[static_cast<size_t>(index)]) {
      return Fail(Code::kInvalid, "{}: writes tensor {} '{}', which {}", who, index, tensor.name,
                  tensor.constant   ? "is constant"
                  : tensor.variable ? "is a variable"
                                    : "was written before");
    }
    written_[static_cast<size_t>(index)] = true;
    return {};
  }

  Status Read(std::string_view who, TensorIndex index) const {
    KINGLET_CHECK(InRange(who, index));
    if (!graph_.tensor(index).constant && !written_[static_cast<size_t>(index)]) {
      return Fail(Code::kInvalid, "{}: reads tensor {} '{}' before anything writes it", who, index,
                  graph_.tensor(index).name);
    }
    return {};
  }

  Status CheckOutputs() const {
    std::set<TensorIndex> made;
    for (const Op& op : graph_.ops) made.insert(op.outputs.begin(), op.outputs.end());
    std::set<TensorIndex> seen;
    for (const TensorIndex index : graph_.outputs) {
      if (!made.contains(index) || graph_.tensor(index).variable || !seen.insert(index).second) {
        return Fail(Code::kInvalid, "graph output tensor {}: must be written by one operator {}",
                    index, "and be named once");
      }
    }
    return {};
  }

  const Graph& graph_;
  std::vector<bool> written_;
};

Status VerifyAs(Numbers numbers, const Graph& graph) {
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    KINGLET_CHECK(VerifyTensor(graph.tensors[i], i));
  }
  KINGLET_CHECK(Flow(graph).Check());
  for (const Op& op : graph.ops) {
    const OpChecks checks(graph, op, numbers);
    KINGLET_CHECK(std::visit([&](const auto& a) { return VerifyOp(checks, a); }, op.attributes));
  }
  return {};
}

// Whether every operator has float arithmetic; one error names all that have not.
Status CheckFloatOperators(const Graph& graph) {
  std::string list;
  for (const Op& op : graph.ops) {
    const auto has = [](const auto& a) { return HasFloatArithmetic<std::decay_t<decltype(a)>>; };
    if (!std::visit(has, op.attributes)) list += (list.empty() ? "" : ", ") + op.name;
  }
  if (list.empty()) return {};
  return Fail(Code::kUnsupported, "operators without float arithmetic: {}", list);
}

}  // namespace

Status Verify(const Graph& graph) { return VerifyAs(Numbers::kQuantized, graph); }

Status VerifyFloat(const Graph& graph) {
  for (const Tensor& tensor : graph.tensors) {
    if (!tensor.variable) continue;
    return Fail(Code::kUnsupported, "variable '{}': float models with memory are not supported",
                tensor.name);
  }
  KINGLET_CHECK(CheckFloatOperators(graph));
  KINGLET_CHECK(VerifyAs(Numbers::kFloat, graph));
  for (const TensorIndex index : graph.inputs) {
    const Tensor& tensor = graph.tensor(index);
    if (tensor.type == DataType::kFloat32) continue;
    return Fail(Code::kUnsupported, "graph input '{}' is {}: must be float32", tensor.name,
                DataTypeName(tensor.type));
  }
  return {};
}

}  // namespace kinglet::ir
