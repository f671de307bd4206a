#include "tests/support/reference_op.h"

#include <cmath>
#include <cstring>

#include "tests/support/reference_tensor.h"

namespace kinglet::testing {
namespace {

template <typename Element>
void LoadAs(ByteView bytes, std::vector<int64_t>& values) {
  for (size_t at = 0; at + sizeof(Element) <= bytes.size(); at += sizeof(Element)) {
    values.push_back(static_cast<int64_t>(LoadLe<Element>(bytes, at)));
  }
}

}  // namespace

float Numbers::Real(size_t i) const {
  const auto bits = static_cast<uint32_t>(values[i]);
  float value = 0;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

size_t Numbers::Flat(const std::vector<int32_t>& index) const {
  size_t flat = 0;
  for (size_t d = 0; d < index.size(); ++d) {
    flat = flat * static_cast<size_t>(tensor->shape[d]) + static_cast<size_t>(index[d]);
  }
  return flat;
}

uint32_t FloatBits(float value) {
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

Numbers LoadNumbers(const ir::Tensor& tensor, ByteView bytes) {
  Numbers numbers{&tensor, {}};
  switch (tensor.type) {
    case ir::DataType::kInt8:
      LoadAs<int8_t>(bytes, numbers.values);
      break;
    case ir::DataType::kUint8:
    case ir::DataType::kBool:
      LoadAs<uint8_t>(bytes, numbers.values);
      break;
    case ir::DataType::kInt16:
      LoadAs<int16_t>(bytes, numbers.values);
      break;
    case ir::DataType::kInt32:
      LoadAs<int32_t>(bytes, numbers.values);
      break;
    case ir::DataType::kInt64:
      LoadAs<int64_t>(bytes, numbers.values);
      break;
    case ir::DataType::kFloat32:
      LoadAs<uint32_t>(bytes, numbers.values);
      break;
  }
  return numbers;
}

Bytes StoreNumbers(const Numbers& numbers) {
  Bytes bytes;
  const uint32_t size = ir::DataTypeBytes(numbers.tensor->type);
  for (const int64_t value : numbers.values) {
    for (uint32_t i = 0; i < size; ++i) {
      bytes.push_back(static_cast<uint8_t>(static_cast<uint64_t>(value) >> (8 * i)));
    }
  }
  return bytes;
}

void ForEachIndex(const std::vector<int32_t>& shape,
                  const std::function<void(const std::vector<int32_t>&)>& visit) {
  std::vector<int32_t> index(shape.size(), 0);
  for (;;) {
    visit(index);
    size_t d = shape.size();
    while (d > 0 && ++index[d - 1] == shape[d - 1]) index[--d] = 0;
    if (d == 0) return;
  }
}

int64_t Stretched(const Numbers& in, const std::vector<int32_t>& index) {
  std::vector<int32_t> own(index.end() - static_cast<std::ptrdiff_t>(in.shape().size()),
                           index.end());
  for (size_t d = 0; d < own.size(); ++d) {
    if (in.shape()[d] == 1) own[d] = 0;
  }
  return in.At(own);
}

Limits TypeLimits(ir::DataType type) {
  if (type == ir::DataType::kUint8) return {0, 255};
  const int bits = 8 * static_cast<int>(ir::DataTypeBytes(type));
  return {-(int64_t{1} << (bits - 1)), (int64_t{1} << (bits - 1)) - 1};
}

Limits ActivationLimits(const ir::Tensor& output, ir::Activation activation) {
  Limits limits = TypeLimits(output.type);
  const auto quantized = [&](float real) {
    return static_cast<int64_t>(output.quantization.zero_points[0]) +
           static_cast<int64_t>(std::round(real / output.quantization.scales[0]));
  };
  if (activation == ir::Activation::kRelu || activation == ir::Activation::kRelu6) {
    limits.low = std::max(limits.low, quantized(0));
  }
  if (activation == ir::Activation::kReluN1To1) limits.low = std::max(limits.low, quantized(-1));
  if (activation == ir::Activation::kReluN1To1) limits.high = std::min(limits.high, quantized(1));
  if (activation == ir::Activation::kRelu6) limits.high = std::min(limits.high, quantized(6));
  return limits;
}

std::vector<Bytes> ReferenceOp(const ir::Graph& graph, const ir::Op& op,
                               const std::vector<ByteView>& inputs) {
  ReferenceCall call{graph, op, {}, {}};
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    if (op.inputs[i] == ir::kNoTensor) {
      call.in.emplace_back();
      continue;
    }
    const ir::Tensor& tensor = graph.tensor(op.inputs[i]);
    call.in.push_back(LoadNumbers(tensor, tensor.constant ? ByteView(tensor.data) : inputs[i]));
  }
  for (const ir::TensorIndex index : op.outputs) {
    const ir::Tensor& tensor = graph.tensor(index);
    call.out.push_back(
        {&tensor, std::vector<int64_t>(static_cast<size_t>(tensor.ElementCount()), 0)});
  }
  KINGLET_ASSERT(ReferenceElementwise(call) || ReferenceWindow(call) || ReferenceMove(call) ||
                 ReferenceReduce(call) || ReferenceRecurrent(call));
  std::vector<Bytes> outputs;
  for (const Numbers& out : call.out) outputs.push_back(StoreNumbers(out));
  return outputs;
}

std::vector<Bytes> ReferenceState(const ir::Graph& graph) {
  std::vector<Bytes> state;
  for (const ir::Tensor& tensor : graph.tensors) {
    state.push_back(tensor.variable ? tensor.data : Bytes{});
  }
  return state;
}

std::vector<Bytes> ReferenceRun(const ir::Graph& graph, const std::vector<Bytes>& inputs) {
  std::vector<Bytes> state = ReferenceState(graph);
  return ReferenceStep(graph, state, inputs);
}

std::vector<Bytes> ReferenceStep(const ir::Graph& graph, std::vector<Bytes>& state,
                                 const std::vector<Bytes>& inputs) {
  std::vector<Bytes>& tensors = state;
  for (size_t i = 0; i < inputs.size(); ++i) {
    tensors[static_cast<size_t>(graph.inputs[i])] = inputs[i];
  }
  for (const ir::Op& op : graph.ops) {
    std::vector<ByteView> views;
    for (const ir::TensorIndex index : op.inputs) {
      views.emplace_back(index == ir::kNoTensor ? ByteView{} : tensors[static_cast<size_t>(index)]);
    }
    std::vector<Bytes> outputs = ReferenceOp(graph, op, views);
    for (size_t i = 0; i < outputs.size(); ++i) {
      tensors[static_cast<size_t>(op.outputs[i])] = std::move(outputs[i]);
    }
  }
  std::vector<Bytes> results;
  for (const ir::TensorIndex index : graph.outputs) {
    results.push_back(tensors[static_cast<size_t>(index)]);
  }
  return results;
}

}  // namespace kinglet::testing
