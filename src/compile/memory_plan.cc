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
  for (size_t i = 0; i < calls.size(); ++i) {
    const auto step = static_cast<int32_t>(i);
    std::optional<ir::TensorIndex> alias;
    for (const ir::Argument& argument : calls[i].arguments) {
      if (!ReadsArena(graph, argument)) continue;
      regions.Touch(argument.tensor, step);
      if (calls[i].kernel->copies) alias = argument.tensor;
    }
    for (const ir::Argument& argument : calls[i].arguments) {
      if (argument.kind != Kind::kOutput) continue;
      if (regions.Has(argument.tensor)) {
        regions.Touch(argument.tensor, step);  // a further call of the same operator
      } else {
        regions.Begin(argument.tensor, step, alias);
      }
    }
  }
  for (const ir::TensorIndex output : graph.outputs) {
    if (regions.Has(output)) regions.Touch(output, static_cast<int32_t>(calls.size()));
  }
}

// How far the output of `call` may lie above each region that it reads; absent when not at all. A
// region that is read twice obeys the stricter rule.
std::map<size_t, std::optional<int64_t>> LeadsByRegion(const ir::Graph& graph,
                                                       const ir::KernelCall& call,
                                                       const Regions& regions) {
  std::map<size_t, std::optional<int64_t>> leads;
  for (const ir::Argument& argument : call.arguments) {
    if (!ReadsArena(graph, argument)) continue;
    const auto [entry, added] =
        leads.try_emplace(regions.Of(argument.tensor), argument.output_lead_bytes_max);
    auto& lead = entry->second;
    if (added || !lead.has_value()) continue;
    if (argument.output_lead_bytes_max.has_value()) {
      lead = std::min(*lead, *argument.output_lead_bytes_max);
    } else {
      lead.reset();
    }
  }
  return leads;
}

void FindSharings(const ir::Graph& graph, const std::vector<ir::KernelCall>& calls,
                  Regions& regions) {
  auto& problem = regions.problem;
  for (size_t i = 0; i < calls.size(); ++i) {
    const auto step = static_cast<int32_t>(i);
    const auto leads = LeadsByRegion(graph, calls[i], regions);
    for (const ir::Argument& argument : calls[i].arguments) {
      if (argument.kind != Kind::kOutput) continue;
      const size_t output = regions.Of(argument.tensor);
      const Region& written = problem.regions[output];
      for (const auto& [input, lead] : leads) {
        const Region& read = problem.regions[input];
        if (input == output || !lead.has_value() || read.last_step != step ||
            written.first_step != step) {
          continue;
        }
        problem.sharings.push_back(
            {input, output, std::max(*lead, -int64_t{written.bytes}), int64_t{read.bytes}});
      }
    }
  }
}

}  // namespace

Result<MemoryPlan> PlanMemory(const ir::Graph& graph, const std::vector<ir::KernelCall>& calls) {
  Regions regions(graph);
  FindLifetimes(graph, calls, regions);
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
  return plan;
}

}  // namespace kinglet::compile
