// The look-ahead verdict: which member of a family of models fits a board, by how much, and if none
// does, what would have to change. Works on costs alone; measure.h finds them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/board/board.h"
#include "src/lookahead/budget.h"
#include "src/lookahead/cost.h"
#include "src/lookahead/requirements.h"

namespace kinglet::lookahead {

// One member of the family on one board.
struct MemberPlan {
  std::string name;
  int64_t macs = 0;
  std::vector<Budget> budgets = {};        // flash, RAM, latency; for a stream also the processor
  double energy_uj = 0;                    // per window; 0 when the board's power is not known
  Verdict verdict = Verdict::kDoesNotFit;  // the worst of the budgets

  const Budget& flash() const { return budgets[0]; }
  const Budget& ram() const { return budgets[1]; }
  const Budget& latency() const { return budgets[2]; }
};

struct Plan {
  board::Board board;
  Requirements requirements;
  std::vector<MemberPlan> members = {};  // as given: smallest first
  // The member to train: the largest that fits also with the stated errors; when there is none, the
  // smallest that fits as predicted. None when nothing fits.
  std::optional<size_t> chosen = {};
  Verdict verdict = Verdict::kDoesNotFit;  // the chosen member's
  // Why: one sentence a budget of the chosen member; when nothing fits, what is too much for the
  // smallest member.
  std::vector<std::string> reasons = {};
  std::vector<std::string> changes =
      {};  // what would make the smallest member fit; empty when one fits

  // The chosen member, else the smallest: the one that `reasons` speak of.
  const MemberPlan& subject() const { return members[chosen.value_or(0)]; }
};

// `models` are the members of one family from the smallest to the largest, at least one, with costs
// for the board's core.
Plan MakePlan(const board::Board& board, const Requirements& requirements,
              const RuntimeCost& runtime, const FeaturesCost& features,
              const std::vector<ModelCost>& models);

// The budgets of one model.
MemberPlan PlanMember(const board::Board& board, const Requirements& requirements,
                      const RuntimeCost& runtime, const FeaturesCost& features,
                      const ModelCost& model);

// Best first: boards on which a member fits before boards where it only fits tightly before the
// rest; then the larger member; then the smaller board (RAM, then flash: what silicon costs); then
// the shorter latency. Boards where nothing fits: by how far the worst budget is exceeded.
void SortByRank(std::vector<Plan>& plans);

// Why `plan` stands where it does, in one sentence.
std::string RankReason(const Plan& plan);

}  // namespace kinglet::lookahead
