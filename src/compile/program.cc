#include "src/compile/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "src/compile/select.h"

namespace kinglet::compile {
namespace {

using Kind = ir::Argument::Kind;

// "multipliers" -> "Multipliers".
std::string Capitalised(std::string_view name) {
  std::string text(name);
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

// Operators see to what they read; an input that none of them reads may be anything.
Status CheckInputs(const ir::Graph& graph) {
  for (const ir::TensorIndex index : graph.inputs) {
    const ir::Tensor& tensor = graph.tensor(index);
    if (tensor.quantization.scales.size() > 1) {
      return Fail(Code::kUnsupported, "input '{}' has {} scales; generated code takes one",
                  tensor.name, tensor.quantization.scales.size());
    }
  }
  return {};
}

// Collects arrays; equal content of equal type is kept once, under its first name.
class ArrayPool {
 public:
  explicit ArrayPool(std::vector<ConstantArray>& arrays) : arrays_(arrays) {}

  int32_t Add(std::string name, ir::DataType type, const Bytes& data) {
    const auto [entry, added] =
        index_.try_emplace({type, data}, static_cast<int32_t>(arrays_.size()));
    if (added) arrays_.push_back({std::move(name), type, data});
    return entry->second;
  }

 private:
  std::vector<ConstantArray>& arrays_;
  std::map<std::pair<ir::DataType, Bytes>, int32_t> index_;
};

bool MovesNothing(const ir::KernelCall& call, const MemoryPlan& plan) {
  if (!call.kernel->copies) return false;
  int64_t from = MemoryPlan::kNotInArena;
  int64_t to = MemoryPlan::kNotInArena;
  for (const ir::Argument& argument : call.arguments) {
    if (argument.kind == Kind::kInput) from = plan.offsets[static_cast<size_t>(argument.tensor)];
    if (argument.kind == Kind::kOutput) to = plan.offsets[static_cast<size_t>(argument.tensor)];
  }
  return from == to;
}

// A part of the arena that the call may leave anything in: scratch memory, or what lies behind the
// output.
std::optional<ArenaRange> LitteredBy(const ir::Graph& graph, const Program& program,
                                     size_t step_index, size_t argument_index) {
  const ir::Argument& argument = program.steps[step_index].call.arguments[argument_index];
  const auto offset =
      static_cast<uint32_t>(program.plan.argument_offsets[step_index][argument_index]);
  if (argument.kind == Kind::kScratch) return ArenaRange{offset, offset + argument.scratch_bytes};
  if (argument.kind != Kind::kOutput || argument.tail_bytes == 0) return {};
  const uint32_t end = offset + static_cast<uint32_t>(graph.tensor(argument.tensor).ByteCount());
  return ArenaRange{end, end + argument.tail_bytes};
}

// True if the call takes scratch memory and something that it uses ends where the arena ends.
bool ReachesEnd(const ir::Graph& graph, const ir::KernelCall& call, const MemoryPlan& plan,
                size_t call_index) {
  bool has_scratch = false, at_end = false;
  for (size_t k = 0; k < call.arguments.size(); ++k) {
    const ir::Argument& argument = call.arguments[k];
    const int64_t offset = plan.argument_offsets[call_index][k];
    if (offset == MemoryPlan::kNotInArena) continue;
    const bool is_scratch = argument.kind == Kind::kScratch;
    has_scratch = has_scratch || is_scratch;
    const int64_t bytes = is_scratch
                              ? argument.scratch_bytes
                              : graph.tensor(argument.tensor).ByteCount() + argument.tail_bytes;
    at_end = at_end || offset + bytes == plan.arena_bytes;
  }
  return has_scratch && at_end;
}

// Gives up kernels whose scratch memory makes the arena what it is, where that makes the plan
// smaller, until the arena is `enough_bytes`.
Result<MemoryPlan> PlanForRam(const ir::Graph& graph, const std::vector<ir::KernelCall>& smaller,
                              uint64_t enough_bytes, std::vector<ir::KernelCall>& calls) {
  KINGLET_TRY(MemoryPlan plan, PlanMemory(graph, calls));
  for (size_t i = 0; i < calls.size() && plan.arena_bytes > enough_bytes; ++i) {
    if (calls[i].kernel == smaller[i].kernel || !ReachesEnd(graph, calls[i], plan, i)) continue;
    ir::KernelCall chosen = std::exchange(calls[i], smaller[i]);
    KINGLET_TRY(MemoryPlan other, PlanMemory(graph, calls));
    if (other.arena_bytes < plan.arena_bytes) {
      plan = std::move(other);
    } else {
      calls[i] = std::move(chosen);
    }
  }
  return plan;
}

// The plan of `calls`, which were chosen for `target` and may change for it.
Result<MemoryPlan> PlanFor(const ir::Graph& graph, const std::vector<ir::KernelCall>& portable,
                           const Target& target, std::vector<ir::KernelCall>& calls) {
  if (target.goal == Goal::kRam) return PlanForRam(graph, portable, 0, calls);
  if (target.goal != Goal::kSpeed || target.ram_bytes_max == 0) return PlanMemory(graph, calls);
  // Not faster than the RAM allows beside the stack and the application's variables.
  constexpr uint64_t kBesideBytes = 2 << 10;
  const uint64_t enough_bytes = std::max(target.ram_bytes_max, kBesideBytes) - kBesideBytes;
  Target lean = target;
  lean.goal = Goal::kFlash;
  return PlanForRam(graph, SelectKernels(graph, portable, lean), enough_bytes, calls);
}

}  // namespace

Result<Program> MakeProgram(const ir::Graph& graph, const Target& target) {
  KINGLET_CHECK(ir::Verify(graph));
  KINGLET_CHECK(CheckInputs(graph));
  KINGLET_TRY(const std::vector<ir::KernelCall> portable, ir::Lower(graph));
  std::vector<ir::KernelCall> calls = SelectKernels(graph, portable, target);
  Program program;
  KINGLET_TRY(program.plan, PlanFor(graph, portable, target, calls));

  ArrayPool pool(program.arrays);
  size_t call_of_layer = 0;
  for (size_t i = 0; i < calls.size(); ++i) {
    ir::KernelCall& call = calls[i];
    Step step;
    step.ends_layer = i + 1 == calls.size() || calls[i + 1].op_index != call.op_index;
    step.name = fmt::format("Layer{}", call.op_index);
    if (!step.ends_layer || call_of_layer > 0) step.name += fmt::format("Call{}", call_of_layer);
    call_of_layer = step.ends_layer ? 0 : call_of_layer + 1;
    step.moves_nothing = MovesNothing(call, program.plan);
    for (const ir::Argument& argument : call.arguments) {
      const std::string name = fmt::format("k{}{}", step.name, Capitalised(argument.name));
      int32_t array = -1;
      if (argument.kind == Kind::kConstant) {
        array = pool.Add(name, argument.type, argument.data);
      } else if (argument.tensor != ir::kNoTensor && graph.tensor(argument.tensor).constant) {
        array = pool.Add(name, argument.type, graph.tensor(argument.tensor).data);
      }
      step.arrays.push_back(array);
    }
    step.call = std::move(call);
    program.steps.push_back(std::move(step));
  }
  return program;
}

void ResetState(const ir::Graph& graph, const Program& program, Bytes& arena) {
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    const ir::Tensor& tensor = graph.tensors[i];
    if (tensor.variable) std::ranges::copy(tensor.data, arena.begin() + program.plan.offsets[i]);
  }
}

void RunProgram(const ir::Graph& graph, const Program& program, Bytes& arena,
                const StepObserver& observer) {
  KINGLET_ASSERT(arena.size() == program.plan.arena_bytes);
  for (size_t s = 0; s < program.steps.size(); ++s) {
    const Step& step = program.steps[s];
    std::vector<const void*> addresses;
    for (size_t i = 0; i < step.call.arguments.size(); ++i) {
      if (step.call.arguments[i].kind == Kind::kNull) {
        addresses.push_back(nullptr);
      } else if (step.arrays[i] >= 0) {
        addresses.push_back(program.arrays[static_cast<size_t>(step.arrays[i])].data.data());
      } else {
        addresses.push_back(arena.data() + program.plan.argument_offsets[s][i]);
      }
    }
    if (!step.moves_nothing) ir::RunKernel(step.call, addresses);
    if (!observer || !step.ends_layer) continue;
    std::vector<ByteView> outputs;
    for (const ir::TensorIndex output : graph.ops[step.call.op_index].outputs) {
      const int64_t offset = program.plan.offsets[static_cast<size_t>(output)];
      outputs.push_back(ByteView(arena).subspan(
          static_cast<size_t>(offset), static_cast<size_t>(graph.tensor(output).ByteCount())));
    }
    observer(step.call.op_index, outputs);
  }
}

std::vector<ArenaRange> PredictableRanges(const ir::Graph& graph, const Program& program) {
  std::vector<bool> known(program.plan.arena_bytes, true);
  const auto mark = [&](const ArenaRange& range, bool value) {
    std::fill(known.begin() + range.begin, known.begin() + range.end, value);
  };
  for (size_t i = 0; i < program.steps.size(); ++i) {
    const ir::KernelCall& call = program.steps[i].call;
    for (size_t k = 0; k < call.arguments.size(); ++k) {
      if (const auto range = LitteredBy(graph, program, i, k)) mark(*range, false);
      const ir::Argument& argument = call.arguments[k];
      if (argument.kind != Kind::kOutput) continue;
      const auto offset = static_cast<uint32_t>(program.plan.argument_offsets[i][k]);
      mark({offset, offset + static_cast<uint32_t>(graph.tensor(argument.tensor).ByteCount())},
           true);
    }
  }
  std::vector<ArenaRange> ranges;
  for (uint32_t i = 0; i < known.size(); ++i) {
    if (!known[i]) continue;
    if (ranges.empty() || ranges.back().end != i) ranges.push_back({i, i});
    ranges.back().end = i + 1;
  }
  return ranges;
}

}  // namespace kinglet::compile
