#include "src/compile/memory_plan.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "src/compile/placement.h"

namespace kinglet::compile {
namespace {

using Kind = ir::Argument::Kind;

constexpr int32_t kBeforeFirst = -1;

// The tensors of the arena grouped into regions, with their lifetimes.
class Regions {
 public:
  explicit Regions(const ir::Graph& graph) : graph_(graph), region_of_(graph.tensors.size()) {}

  // `tensor` is written (or shares the bytes of `alias`, which were written earlier).
  void Begin(ir::TensorIndex tensor, int32_t step, std::optional<ir::TensorIndex> alias = {}) {
    auto& region = region_of_[static_cast<size_t>(tensor)];
    if (alias.has_value()) {
      region = Of(*alias);
      Touch(tensor, step);
      return;
    }
    region = problem.regions.size();
    const ir::Tensor& t = graph_.tensor(tensor);
    problem.regions.push_back(
        {static_cast<uint32_t>(t.ByteCount()), ir::DataTypeBytes(t.type), step, step});
  }

  // What a kernel asks of the memory behind `argument`.
  void Demand(const ir::Argument& argument) {
    Region& region = problem.regions[Of(argument.tensor)];
    region.alignment_bytes = std::max(region.alignment_bytes, argument.alignment_bytes);
    const auto bytes = static_cast<uint32_t>(graph_.tensor(argument.tensor).ByteCount());
    region.bytes = std::max(region.bytes, bytes + argument.tail_bytes);
  }

  size_t AddScratch(const ir::Argument& argument, int32_t step) {
    problem.regions.push_back({argument.scratch_bytes, argument.alignment_bytes, step, step});
    return problem.regions.size() - 1;
  }

  void Touch(ir::TensorIndex tensor, int32_t step) {
    auto& region = problem.regions[Of(tensor)];
    region.last_step = std::max(region.last_step, step);
  }

  bool Has(ir::TensorIndex tensor) const {
    return region_of_[static_cast<size_t>(tensor)].has_value();
  }
  size_t Of(ir::TensorIndex tensor) const {
    KINGLET_ASSERT(Has(tensor));
    return *region_of_[static_cast<size_t>(tensor)];
  }

  PlacementProblem problem;

 private:
  const ir::Graph& graph_;
  std::vector<std::optional<size_t>> region_of_;
};

bool ReadsArena(const ir::Graph& graph, const ir::Argument& argument) {
  return argument.kind == Kind::kInput && !graph.tensor(argument.tensor).constant;
}

void FindLifetimes(const ir::Graph& graph, const std::vector<ir::KernelCall>& calls,
                   Regions& regions) {
  for (const ir::TensorIndex input : graph.inputs) {
    if (!regions.Has(input)) regions.Begin(input, kBeforeFirst);
  }
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    if (!graph.tensors[i].variable) continue;
    const auto variable = static_cast<ir::TensorIndex>(i);
    regions.Begin(variable, kBeforeFirst);
    regions.Touch(variable, static_cast<int32_t>(calls.size()));
  }
  for (size_t i = 0; i < calls.size(); ++i) {
    const auto step = static_cast<int32_t>(i);
    std::optional<ir::TensorIndex> alias;
    for (const ir::Argument& argument : calls[i].arguments) {
      if (!ReadsArena(graph, argument)) continue;
      regions.Touch(argument.tensor, step);
      regions.Demand(argument);
      // A variable may change while what was read of it is still needed.
      if (calls[i].kernel->copies && !graph.tensor(argument.tensor).variable) {
        alias = argument.tensor;
      }
    }
    for (const ir::Argument& argument : calls[i].arguments) {
      if (argument.kind != Kind::kOutput) continue;
      if (regions.Has(argument.tensor)) {
        regions.Touch(argument.tensor, step);  // a further call of the same operator
      } else {
        regions.Begin(argument.tensor, step, alias);
      }
      regions.Demand(argument);
    }
  }
  // All outputs of an operator are there at its end, also those that nobody reads.
  for (size_t i = 0; i < calls.size(); ++i) {
    for (const ir::TensorIndex output : graph.ops[calls[i].op_index].outputs) {
      if (regions.Has(output)) regions.Touch(output, static_cast<int32_t>(i));
    }
  }
  for (const ir::TensorIndex output : graph.outputs) {
    if (regions.Has(output)) regions.Touch(output, static_cast<int32_t>(calls.size()));
  }
}

// Which distances between the output of `call` and each region that it reads are forbidden: the
// open interval of Sharing. A region that is read twice obeys both rules.
struct Forbidden {
  int64_t low = std::numeric_limits<int64_t>::max();
  int64_t high = std::numeric_limits<int64_t>::min();
};
std::map<size_t, Forbidden> ForbiddenByRegion(const ir::Graph& graph, const ir::KernelCall& call,
                                              const Regions& regions) {
  std::map<size_t, Forbidden> result;
  for (const ir::Argument& argument : call.arguments) {
    if (!ReadsArena(graph, argument)) continue;
    Forbidden& forbidden = result[regions.Of(argument.tensor)];
    forbidden.low =
        std::min(forbidden.low,
                 argument.output_lead_bytes_max.value_or(std::numeric_limits<int64_t>::min()));
    forbidden.high =
        std::max(forbidden.high,
                 argument.output_lead_bytes_min.value_or(std::numeric_limits<int64_t>::max()));
  }
  return result;
}

void FindSharings(const ir::Graph& graph, const std::vector<ir::KernelCall>& calls,
                  Regions& regions) {
  auto& problem = regions.problem;
  for (size_t i = 0; i < calls.size(); ++i) {
    const auto step = static_cast<int32_t>(i);
    const auto forbidden = ForbiddenByRegion(graph, calls[i], regions);
    for (const ir::Argument& argument : calls[i].arguments) {
      if (argument.kind != Kind::kOutput) continue;
      const size_t output = regions.Of(argument.tensor);
      const int64_t written_bytes = problem.regions[output].bytes;
      for (const auto& [input, interval] : forbidden) {
        const Region& read = problem.regions[input];
        if (input == output || read.last_step != step) continue;
        if (problem.regions[output].first_step != step) continue;
        const int64_t low = std::max(interval.low, -written_bytes);
        const int64_t high = std::min(interval.high, int64_t{read.bytes});
        if (low == -written_bytes && high == read.bytes) continue;
        problem.sharings.push_back({input, output, low, high});
      }
    }
  }
}

// Scratch memory comes last, so that regions before it are those of tensors. Per call and argument
// the region, if it is scratch.
std::vector<std::vector<std::optional<size_t>>> AddScratch(const std::vector<ir::KernelCall>& calls,
                                                           Regions& regions) {
  std::vector<std::vector<std::optional<size_t>>> result;
  for (size_t i = 0; i < calls.size(); ++i) {
    auto& of_call = result.emplace_back();
    for (const ir::Argument& argument : calls[i].arguments) {
      of_call.emplace_back();
      if (argument.kind != Kind::kScratch) continue;
      of_call.back() = regions.AddScratch(argument, static_cast<int32_t>(i));
    }
  }
  return result;
}

}  // namespace

Result<MemoryPlan> PlanMemory(const ir::Graph& graph, const std::vector<ir::KernelCall>& calls) {
  Regions regions(graph);
  FindLifetimes(graph, calls, regions);
  const auto scratch = AddScratch(calls, regions);
  int64_t total_bytes = 0;
  for (const Region& region : regions.problem.regions) total_bytes += region.bytes;
  if (total_bytes > std::numeric_limits<int32_t>::max()) {
    return Fail(Code::kOverBudget, "{}: activations of {} B in all, at most {}", graph.name,
                total_bytes, std::numeric_limits<int32_t>::max());
  }
  FindSharings(graph, calls, regions);

  const Placement placement = Place(regions.problem);
  KINGLET_ASSERT(IsValid(regions.problem, placement));
  MemoryPlan plan;
  plan.arena_bytes = placement.bytes;
  plan.peak_live_bytes = PeakBytes(regions.problem.regions);
  plan.lower_bound_bytes = placement.lower_bound_bytes;
  plan.optimal = placement.optimal;
  for (const Region& region : regions.problem.regions) {
    plan.alignment_bytes = std::max(plan.alignment_bytes, region.alignment_bytes);
  }
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    const auto tensor = static_cast<ir::TensorIndex>(i);
    plan.offsets.push_back(regions.Has(tensor) ? int64_t{placement.offsets[regions.Of(tensor)]}
                                               : MemoryPlan::kNotInArena);
  }
  for (size_t i = 0; i < calls.size(); ++i) {
    auto& offsets = plan.argument_offsets.emplace_back();
    for (size_t k = 0; k < calls[i].arguments.size(); ++k) {
      const ir::Argument& argument = calls[i].arguments[k];
      int64_t offset = MemoryPlan::kNotInArena;
      if (argument.tensor != ir::kNoTensor) {
        offset = plan.offsets[static_cast<size_t>(argument.tensor)];
      } else if (scratch[i][k].has_value()) {
        offset = placement.offsets[*scratch[i][k]];
      }
      offsets.push_back(offset);
    }
  }
  return plan;
}

}  // namespace kinglet::compile
