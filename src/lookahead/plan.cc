#include "src/lookahead/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "src/base/result.h"

namespace kinglet::lookahead {
namespace {

// Flash wait states, caches and the mix of instructions move a core's cycles per instruction about
// its average: the same kernels on the same core differ by about a quarter between published
// boards.
constexpr double kCyclesError = 0.25;
// What an instruction loads from flash on average: 0.21 to 0.30 over the MLPerf Tiny models.
constexpr double kFlashBytesPerInstruction = 0.25;

Estimate Bytes(uint64_t bytes) { return Estimate::Exact(static_cast<double>(bytes)); }

Estimate Sum(const Estimate& a, const Estimate& b) {
  return {a.predicted + b.predicted, a.worst + b.worst};
}

Estimate Larger(const Estimate& a, const Estimate& b) {
  return {std::max(a.predicted, b.predicted), std::max(a.worst, b.worst)};
}

Estimate Scaled(const Estimate& a, double factor) {
  return {a.predicted * factor, a.worst * factor};
}

Estimate Milliseconds(const board::Board& board, const Estimate& instructions) {
  const double cycles = board.core.cycles_per_instruction +
                        kFlashBytesPerInstruction * board.flash_wait_cycles_per_byte;
  const double ms = cycles * 1e3 / board.clock_hz;
  return {instructions.predicted * ms, instructions.worst * ms * (1 + kCyclesError)};
}

uint64_t LeftBytes(const board::Board& board, const Requirements& requirements, Resource resource) {
  const bool flash = resource == Resource::kFlash;
  const uint64_t all = flash ? board.flash_bytes : board.ram_bytes;
  const uint64_t kept =
      flash ? requirements.application_flash_bytes : requirements.application_ram_bytes;
  return all - std::min(all, kept);
}

// A budget of bytes with its limit: what is asked, or what the application leaves of the board.
Budget SizeBudget(const board::Board& board, const Requirements& requirements, Resource resource,
                  std::vector<Line> lines) {
  const bool flash = resource == Resource::kFlash;
  const uint64_t left = LeftBytes(board, requirements, resource);
  const uint64_t asked = flash ? requirements.flash_bytes_max : requirements.ram_bytes_max;
  Budget budget{.resource = resource, .lines = std::move(lines)};
  if (asked > 0 && asked <= left) {
    budget.limit = static_cast<double>(asked);
    budget.limit_text = flash ? "flash_bytes_max is" : "ram_bytes_max is";
  } else {
    const uint64_t all = flash ? board.flash_bytes : board.ram_bytes;
    budget.limit = static_cast<double>(left);
    budget.limit_text = fmt::format("{} {}", board.name, left < all ? "leaves" : "has");
  }
  return budget;
}

Budget FlashBudget(const board::Board& board, const Requirements& requirements,
                   const RuntimeCost& runtime, const FeaturesCost& features,
                   const ModelCost& model) {
  return SizeBudget(board, requirements, Resource::kFlash,
                    {{"weights", Bytes(model.weight_bytes)},
                     {"kernels", model.kernel_bytes},
                     {"dsp", Sum(features.code_bytes, Bytes(features.table_bytes))},
                     {"runtime", runtime.code_bytes}});
}

Budget RamBudget(const board::Board& board, const Requirements& requirements,
                 const RuntimeCost& runtime, const FeaturesCost& features, const ModelCost& model) {
  const uint64_t shared = std::min(features.scratch_bytes, model.arena_bytes);
  return SizeBudget(
      board, requirements, Resource::kRam,
      {{"arena", Bytes(model.arena_bytes)},
       {"dsp_scratch", Bytes(features.scratch_bytes - shared)},
       {"dsp_state", Bytes(features.state_bytes)},
       {"raw_input", Bytes(features.raw_bytes)},
       {"stack", Sum(runtime.stack_bytes, Larger(features.stack_bytes, model.stack_bytes))},
       {"runtime", Bytes(runtime.data_bytes)}});
}

Budget LatencyBudget(const board::Board& board, const Requirements& requirements,
                     const FeaturesCost& features, const ModelCost& model) {
  Budget budget{.resource = Resource::kLatency,
                .lines = {{"dsp", Milliseconds(board, features.instructions)},
                          {"model", Milliseconds(board, model.instructions)}},
                .limit = std::numeric_limits<double>::infinity()};
  if (requirements.latency_ms_max > 0) {
    budget.limit = requirements.latency_ms_max;
    budget.limit_text = "latency_ms_max is";
  }
  return budget;
}

// A stream does not wait: its features and the model's next inference must be done within a step.
Budget ProcessorBudget(const board::Board& board, const FeaturesCost& features,
                       const ModelCost& model) {
  const Estimate window = Milliseconds(board, features.instructions);
  return {.resource = Resource::kProcessor,
          .lines = {{"dsp", Scaled(window, features.step_ms / features.window_ms)},
                    {"model", Milliseconds(board, model.instructions)}},
          .limit = features.step_ms,
          .limit_text = "the next step comes after"};
}

// What would make `budget`, which does not fit, fit.
std::string Change(const board::Board& board, const Requirements& requirements,
                   const Budget& budget) {
  const double need = budget.Total().predicted;
  const std::string needed = FormatAmount(budget.resource, need);
  const std::string excess = FormatAmount(budget.resource, need - budget.limit);
  if (budget.resource == Resource::kLatency || budget.resource == Resource::kProcessor) {
    return fmt::format(
        "{} too long: {} {}, or take a {} of at least {:.0f} MHz", excess,
        budget.resource == Resource::kLatency ? "allow" : "start a window only every", needed,
        board.core.name, std::ceil(board.clock_hz / 1e6 * need / budget.limit));
  }
  const bool flash = budget.resource == Resource::kFlash;
  const std::string_view what = flash ? "flash" : "RAM";
  const auto left = static_cast<double>(LeftBytes(board, requirements, budget.resource));
  if (need <= left) {
    return fmt::format("{} of {} too much: raise {}_bytes_max to {}", excess, what,
                       ResourceName(budget.resource), needed);
  }
  const auto all = static_cast<double>(flash ? board.flash_bytes : board.ram_bytes);
  std::string text = fmt::format("{} of {} too much: take a board with at least {}", excess, what,
                                 FormatAmount(budget.resource, need + all - left));
  if (need <= all && left < all) {
    text += fmt::format(", or leave the application {} at most",
                        FormatAmount(budget.resource, all - need));
  }
  return text;
}

// How far the most exceeded budget is above its limit; 1 is exactly at it.
double Excess(const MemberPlan& member) {
  double excess = 0;
  for (const Budget& budget : member.budgets) {
    excess = std::max(excess, budget.Total().predicted / std::max(budget.limit, 1e-9));
  }
  return excess;
}

std::optional<size_t> Choose(const std::vector<MemberPlan>& members) {
  for (size_t i = members.size(); i-- > 0;) {
    if (members[i].verdict == Verdict::kFits) return i;
  }
  for (size_t i = 0; i < members.size(); ++i) {
    if (members[i].verdict == Verdict::kFitsTight) return i;
  }
  return std::nullopt;
}

}  // namespace

MemberPlan PlanMember(const board::Board& board, const Requirements& requirements,
                      const RuntimeCost& runtime, const FeaturesCost& features,
                      const ModelCost& model) {
  MemberPlan member{.name = model.name, .macs = model.macs};
  member.budgets = {FlashBudget(board, requirements, runtime, features, model),
                    RamBudget(board, requirements, runtime, features, model),
                    LatencyBudget(board, requirements, features, model)};
  if (features.step_ms > 0) member.budgets.push_back(ProcessorBudget(board, features, model));
  member.energy_uj = board.active_power_mw * member.latency().Total().predicted;
  member.verdict = Verdict::kFits;
  for (const Budget& budget : member.budgets) {
    member.verdict = std::max(member.verdict, budget.GetVerdict());
  }
  return member;
}

Plan MakePlan(const board::Board& board, const Requirements& requirements,
              const RuntimeCost& runtime, const FeaturesCost& features,
              const std::vector<ModelCost>& models) {
  KINGLET_ASSERT(!models.empty());
  Plan plan{.board = board, .requirements = requirements};
  for (const ModelCost& model : models) {
    plan.members.push_back(PlanMember(board, requirements, runtime, features, model));
  }
  plan.chosen = Choose(plan.members);
  plan.verdict = plan.subject().verdict;
  for (const Budget& budget : plan.subject().budgets) {
    const bool too_much = budget.GetVerdict() == Verdict::kDoesNotFit;
    if (plan.chosen || too_much) plan.reasons.push_back(budget.Reason());
    if (too_much) plan.changes.push_back(Change(board, requirements, budget));
  }
  return plan;
}

void SortByRank(std::vector<Plan>& plans) {
  const auto key = [](const Plan& plan) {
    const MemberPlan& member = plan.subject();
    const bool fits = plan.chosen.has_value();
    return std::tuple(plan.verdict, fits ? plan.members.size() - *plan.chosen : 0,
                      fits ? 0 : Excess(member), plan.board.ram_bytes, plan.board.flash_bytes,
                      member.latency().Total().predicted, plan.board.name);
  };
  std::stable_sort(plans.begin(), plans.end(),
                   [&key](const Plan& a, const Plan& b) { return key(a) < key(b); });
}

std::string RankReason(const Plan& plan) {
  const MemberPlan& member = plan.subject();
  if (!plan.chosen) return fmt::format("not even {}: {}", member.name, plan.changes.front());
  const auto left = [](const Budget& budget) {
    return FormatAmount(budget.resource, budget.limit - budget.Total().predicted);
  };
  return fmt::format(
      "{} leaves {} of flash and {} of RAM, {} a window{}", member.name, left(member.flash()),
      left(member.ram()), FormatAmount(Resource::kLatency, member.latency().Total().predicted),
      plan.verdict == Verdict::kFitsTight ? "; the error of the estimate may take more" : "");
}

}  // namespace kinglet::lookahead
