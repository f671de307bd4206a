#include "src/ir/execute.h"

#include <algorithm>

#include "src/base/progress.h"

namespace kinglet::ir {
namespace {

// Every piece of scratch memory begins where MakeAligned's would.
size_t RoundUp(size_t bytes) {
  constexpr size_t kStep = sizeof(std::max_align_t);
  return (bytes + kStep - 1) / kStep * kStep;
}

// Of the call that needs most.
size_t ScratchBytes(const std::vector<KernelCall>& calls) {
  size_t most = 0;
  for (const KernelCall& call : calls) {
    size_t bytes = 0;
    for (const Argument& argument : call.arguments) bytes += RoundUp(argument.scratch_bytes);
    most = std::max(most, bytes);
  }
  return most;
}

}  // namespace

State InitialState(const Graph& graph) {
  State state;
  for (const Tensor& tensor : graph.tensors) {
    state.tensors.push_back(tensor.variable ? tensor.data : Bytes{});
  }
  return state;
}

Result<Executor> Executor::Make(Graph graph, int64_t activation_bytes_max) {
  KINGLET_CHECK(Verify(graph));
  int64_t bytes = 0;
  for (const Tensor& tensor : graph.tensors) {
    if (!tensor.constant) bytes += tensor.ByteCount();
  }
  if (bytes > activation_bytes_max) {
    return Fail(Code::kOverBudget, "graph '{}': activations need {} bytes, the executor has {}",
                graph.name, FormatCount(static_cast<uint64_t>(bytes)),
                FormatCount(static_cast<uint64_t>(activation_bytes_max)));
  }
  KINGLET_TRY(std::vector<KernelCall> calls, Lower(graph));
  return Executor(std::move(graph), std::move(calls));
}

Executor::Executor(Graph graph, std::vector<KernelCall> calls)
    : graph_(std::move(graph)), calls_(std::move(calls)), initial_(InitialState(graph_)) {
  activations_.resize(graph_.tensors.size());
  for (size_t i = 0; i < activations_.size(); ++i) {
    const Tensor& tensor = graph_.tensors[i];
    if (!tensor.constant) activations_[i].resize(static_cast<size_t>(tensor.ByteCount()));
  }
  scratch_ = MakeAligned(ScratchBytes(calls_));
  for (const KernelCall& call : calls_) {
    std::vector<const void*>& addresses = addresses_.emplace_back();
    uint8_t* free = reinterpret_cast<uint8_t*>(scratch_.data());
    for (const Argument& argument : call.arguments) {
      if (argument.kind == Argument::Kind::kNull) {
        addresses.push_back(nullptr);
      } else if (argument.kind == Argument::Kind::kScratch) {
        addresses.push_back(free);
        free += RoundUp(argument.scratch_bytes);
      } else if (argument.kind == Argument::Kind::kConstant) {
        addresses.push_back(argument.data.data());
      } else if (graph_.tensor(argument.tensor).constant) {
        addresses.push_back(graph_.tensor(argument.tensor).data.data());
      } else {
        addresses.push_back(activations_[static_cast<size_t>(argument.tensor)].data());
      }
    }
  }
}

Status CheckInputs(const Graph& graph, const std::vector<ByteView>& inputs) {
  if (inputs.size() != graph.inputs.size()) {
    return Fail(Code::kInvalid, "graph '{}': {} inputs given, it has {}", graph.name, inputs.size(),
                graph.inputs.size());
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& tensor = graph.tensor(graph.inputs[i]);
    if (inputs[i].size() != static_cast<size_t>(tensor.ByteCount())) {
      return Fail(Code::kInvalid, "graph '{}': input {} '{}' holds {} bytes, {} given", graph.name,
                  i, tensor.name, tensor.ByteCount(), inputs[i].size());
    }
  }
  return {};
}

Result<std::vector<Bytes>> Executor::Run(const std::vector<ByteView>& inputs,
                                         const Observer& observer) {
  State state = initial_;
  return Step(state, inputs, observer);
}

Result<std::vector<Bytes>> Executor::Step(State& state, const std::vector<ByteView>& inputs,
                                          const Observer& observer) {
  KINGLET_CHECK(CheckInputs(graph_, inputs));
  // Kernels are called with the addresses of `activations_`, so contents move, not vectors.
  KINGLET_ASSERT(state.tensors.size() == activations_.size());
  for (size_t i = 0; i < activations_.size(); ++i) {
    if (graph_.tensors[i].variable) std::ranges::copy(state.tensors[i], activations_[i].begin());
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    Bytes& target = activations_[static_cast<size_t>(graph_.inputs[i])];
    std::copy(inputs[i].begin(), inputs[i].end(), target.begin());
  }
  for (size_t i = 0; i < calls_.size(); ++i) {
    RunKernel(calls_[i], addresses_[i]);
    const bool ends_op = i + 1 == calls_.size() || calls_[i + 1].op_index != calls_[i].op_index;
    if (observer && ends_op) {
      std::vector<ByteView> written;
      for (const TensorIndex index : graph_.ops[calls_[i].op_index].outputs) {
        written.emplace_back(activations_[static_cast<size_t>(index)]);
      }
      observer(calls_[i].op_index, written);
    }
  }
  for (size_t i = 0; i < activations_.size(); ++i) {
    if (graph_.tensors[i].variable) state.tensors[i] = activations_[i];
  }
  std::vector<Bytes> outputs;
  for (const TensorIndex index : graph_.outputs) {
    outputs.push_back(activations_[static_cast<size_t>(index)]);
  }
  return outputs;
}

}  // namespace kinglet::ir
