// Tensors as the slow reference sees them: numbers in int64, whatever their type.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "src/ir/graph.h"

namespace kinglet::testing {

struct Numbers {
  const ir::Tensor* tensor = nullptr;
  std::vector<int64_t> values;  // of integers; a float is kept as its bits

  bool present() const { return tensor != nullptr; }
  const std::vector<int32_t>& shape() const { return tensor->shape; }
  int64_t zero_point() const { return tensor->quantization.zero_points[0]; }
  float scale() const { return tensor->quantization.scales[0]; }
  // values at an index per dimension.
  int64_t& At(const std::vector<int32_t>& index) { return values[Flat(index)]; }
  int64_t At(const std::vector<int32_t>& index) const { return values[Flat(index)]; }
  float Real(size_t i) const;

 private:
  size_t Flat(const std::vector<int32_t>& index) const;
};

Numbers LoadNumbers(const ir::Tensor& tensor, ByteView bytes);
Bytes StoreNumbers(const Numbers& numbers);
uint32_t FloatBits(float value);

// Calls visit(index) for every index of `shape`, in order.
void ForEachIndex(const std::vector<int32_t>& shape,
                  const std::function<void(const std::vector<int32_t>&)>& visit);

// The element of `in` that `index` of a tensor it stretches to stands for.
int64_t Stretched(const Numbers& in, const std::vector<int32_t>& index);

// Least and greatest value of an output with this activation.
struct Limits {
  int64_t low = 0, high = 0;
};
Limits ActivationLimits(const ir::Tensor& output, ir::Activation activation);
Limits TypeLimits(ir::DataType type);

struct ReferenceCall {
  const ir::Graph& graph;
  const ir::Op& op;
  std::vector<Numbers> in, out;
};

// One per group of operators; false when the operator is of another group.
bool ReferenceElementwise(ReferenceCall& call);
bool ReferenceWindow(ReferenceCall& call);
bool ReferenceMove(ReferenceCall& call);
bool ReferenceReduce(ReferenceCall& call);
bool ReferenceRecurrent(ReferenceCall& call);

}  // namespace kinglet::testing
