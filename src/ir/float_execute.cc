#include "src/ir/float_execute.h"

#include <algorithm>

#include "src/base/progress.h"
#include "src/ir/float_op.h"

namespace kinglet::ir {

std::vector<float> FloatsOf(const Tensor& tensor) {
  KINGLET_ASSERT(tensor.type == DataType::kFloat32 && tensor.constant);
  std::vector<float> values(tensor.data.size() / sizeof(float));
  std::memcpy(values.data(), tensor.data.data(), values.size() * sizeof(float));
  return values;
}

Result<FloatExecutor> FloatExecutor::Make(Graph graph, int64_t tensor_bytes_max) {
  KINGLET_CHECK(VerifyFloat(graph));
  int64_t bytes = 0;
  for (const Tensor& tensor : graph.tensors) bytes += tensor.ByteCount();
  if (bytes > tensor_bytes_max) {
    return Fail(Code::kOverBudget, "graph '{}': its float tensors need {} bytes, at most {}",
                graph.name, FormatCount(static_cast<uint64_t>(bytes)),
                FormatCount(static_cast<uint64_t>(tensor_bytes_max)));
  }
  return FloatExecutor(std::move(graph));
}

FloatExecutor::FloatExecutor(Graph graph) : graph_(std::move(graph)) {
  for (const Tensor& tensor : graph_.tensors) {
    const bool floats = tensor.constant && tensor.type == DataType::kFloat32;
    values_.push_back(floats
                          ? FloatsOf(tensor)
                          : std::vector<float>(static_cast<size_t>(tensor.ElementCount()), 0.0F));
  }
}

std::vector<std::vector<float>> FloatExecutor::Run(
    const std::vector<std::span<const float>>& inputs, const Observer& observer) {
  KINGLET_ASSERT(inputs.size() == graph_.inputs.size());
  const auto values = [&](TensorIndex index) -> std::vector<float>& {
    return values_[static_cast<size_t>(index)];
  };
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::vector<float>& target = values(graph_.inputs[i]);
    KINGLET_ASSERT(inputs[i].size() == target.size());
    std::ranges::copy(inputs[i], target.begin());
    if (observer) observer(graph_.inputs[i], target);
  }
  for (const Op& op : graph_.ops) {
    const FloatOp with(graph_, op, values_);
    std::visit(
        [&](const auto& a) {
          // VerifyFloat has let no other operator through.
          if constexpr (HasFloatArithmetic<std::decay_t<decltype(a)>>) EvaluateFloat(with, a);
        },
        op.attributes);
    if (!observer) continue;
    for (const TensorIndex output : op.outputs) observer(output, values(output));
  }
  std::vector<std::vector<float>> outputs;
  for (const TensorIndex index : graph_.outputs) outputs.push_back(values(index));
  return outputs;
}

}  // namespace kinglet::ir
