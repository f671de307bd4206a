#include "src/lookahead/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "src/base/progress.h"

namespace kinglet::lookahead {
namespace {

using Json = nlohmann::ordered_json;

bool IsSize(Resource resource) {
  return resource == Resource::kFlash || resource == Resource::kRam;
}

std::string_view VerdictWords(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFits:
      return "fits";
    case Verdict::kFitsTight:
      return "fits tightly";
    case Verdict::kDoesNotFit:
      return "does not fit";
  }
  return "";
}

std::string Megahertz(double hz) { return fmt::format("{:g} MHz", hz / 1e6); }

std::string BudgetText(const Budget& budget) {
  const auto row = [&budget](std::string_view name, const Estimate& amount) {
    return fmt::format("  {:<18}{:>14}{:>14}", name,
                       FormatAmount(budget.resource, amount.predicted),
                       FormatAmount(budget.resource, amount.worst));
  };
  std::string text =
      fmt::format("{:<20}{:>14}{:>14}\n", ResourceName(budget.resource), "predicted", "at most");
  for (const Line& line : budget.lines) {
    if (line.amount.worst > 0) text += row(LineTitle(line.name), line.amount) + "\n";
  }
  const Estimate total = budget.Total();
  text += row("total", total);
  if (!std::isinf(budget.limit)) {
    text += fmt::format("   {:.0f} %; {} {}",
                        budget.limit > 0 ? 100 * total.predicted / budget.limit : 999,
                        budget.limit_text, FormatAmount(budget.resource, budget.limit));
  }
  return text + "\n";
}

std::string MembersText(const Plan& plan) {
  std::string text = fmt::format("{:<20}{:>14}{:>14}{:>14}{:>14}  {}\n", "model", "flash", "ram",
                                 "latency", "mac", "verdict");
  for (size_t i = 0; i < plan.members.size(); ++i) {
    const MemberPlan& member = plan.members[i];
    text += fmt::format("{} {:<18}", plan.chosen == i ? "*" : " ", member.name);
    for (size_t b = 0; b < 3; ++b) {
      const Budget& budget = member.budgets[b];
      text += fmt::format("{:>14}", FormatAmount(budget.resource, budget.Total().predicted));
    }
    text += fmt::format("{:>14}  {}\n", FormatCount(static_cast<uint64_t>(member.macs)),
                        VerdictWords(member.verdict));
  }
  return text;
}

Json Number(Resource resource, double amount) {
  if (std::isinf(amount)) return nullptr;
  if (IsSize(resource)) return static_cast<uint64_t>(std::llround(amount));
  return std::round(amount * 1e4) / 1e4;
}

Json BudgetJson(const Budget& budget) {
  const auto estimate = [&budget](const Estimate& amount) {
    return Json{{"predicted", Number(budget.resource, amount.predicted)},
                {"worst", Number(budget.resource, amount.worst)}};
  };
  Json json = estimate(budget.Total());
  json["limit"] = Number(budget.resource, budget.limit);
  json["unit"] = IsSize(budget.resource) ? "bytes" : "ms";
  json["verdict"] = VerdictName(budget.GetVerdict());
  for (const Line& line : budget.lines) {
    json["lines"][std::string(line.name)] = estimate(line.amount);
  }
  return json;
}

Json MemberJson(const MemberPlan& member) {
  const auto total = [](const Budget& budget) {
    return Number(budget.resource, budget.Total().predicted);
  };
  return {{"model", member.name},
          {"verdict", VerdictName(member.verdict)},
          {"macs", member.macs},
          {"flash_bytes", total(member.flash())},
          {"ram_bytes", total(member.ram())},
          {"latency_ms", total(member.latency())},
          {"energy_uj",
           member.energy_uj > 0 ? Json(std::round(member.energy_uj * 10) / 10) : Json(nullptr)}};
}

// What a plan and a line of the ranking have in common.
Json HeadJson(const Plan& plan) {
  return {{"board", plan.board.name},
          {"core", plan.board.core.name},
          {"clock_hz", static_cast<uint64_t>(std::llround(plan.board.clock_hz))},
          {"board_flash_bytes", plan.board.flash_bytes},
          {"board_ram_bytes", plan.board.ram_bytes},
          {"verdict", VerdictName(plan.verdict)},
          {"model", plan.chosen ? Json(plan.subject().name) : Json(nullptr)},
          {"reasons", plan.reasons},
          {"changes", plan.changes}};
}

}  // namespace

std::string PlanText(const Plan& plan) {
  const MemberPlan& member = plan.subject();
  std::string text =
      fmt::format("{} {} {}, {} at {}\n\n", member.name, VerdictWords(plan.verdict),
                  plan.board.title, plan.board.core.name, Megahertz(plan.board.clock_hz));
  for (const Budget& budget : member.budgets) text += BudgetText(budget) + "\n";
  if (member.energy_uj > 0) {
    text += fmt::format("energy              {:>11.1f} uJ a window, at {:g} mW\n\n",
                        member.energy_uj, plan.board.active_power_mw);
  }
  text += MembersText(plan);
  if (!plan.chosen) {
    text += "\nNothing fits. For " + member.name + ":\n";
    for (const std::string& reason : plan.reasons) text += "- " + reason + "\n";
    text += "What would help:\n";
    for (const std::string& change : plan.changes) text += "- " + change + "\n";
  }
  return text;
}

std::string PlanJson(const Plan& plan) {
  Json json = HeadJson(plan);
  const MemberPlan& member = plan.subject();
  json["energy_uj"] = MemberJson(member)["energy_uj"];
  for (const Budget& budget : member.budgets) {
    json[std::string(ResourceName(budget.resource))] = BudgetJson(budget);
  }
  for (const MemberPlan& one : plan.members) json["members"].push_back(MemberJson(one));
  return json.dump(2);
}

std::string RankingText(const std::vector<Plan>& plans) {
  size_t width = 0;
  for (const Plan& plan : plans) width = std::max(width, plan.board.name.size());
  std::string text;
  for (size_t i = 0; i < plans.size(); ++i) {
    text += fmt::format("{:>2}  {:<{}}  {:<12}  {}\n", i + 1, plans[i].board.name, width,
                        VerdictWords(plans[i].verdict), RankReason(plans[i]));
  }
  return text;
}

std::string RankingJson(const std::vector<Plan>& plans) {
  Json boards = Json::array();
  for (const Plan& plan : plans) {
    Json json = HeadJson(plan);
    json["reason"] = RankReason(plan);
    json["subject"] = MemberJson(plan.subject());
    boards.push_back(std::move(json));
  }
  return Json{{"boards", std::move(boards)}}.dump(2);
}

}  // namespace kinglet::lookahead
