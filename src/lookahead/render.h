// Plans for people and for programs. docs/plan.md describes the fields of the JSON text; they are
// kept stable.
#pragma once

#include <string>
#include <vector>

#include "src/lookahead/plan.h"

namespace kinglet::lookahead {

// Verdict, reasons, one table a budget, and the members of the family; lines end in '\n'.
std::string PlanText(const Plan& plan);
// One JSON object.
std::string PlanJson(const Plan& plan);

// `plans` in the order of SortByRank: a line each with its reason.
std::string RankingText(const std::vector<Plan>& plans);
// One JSON object: {"boards": [...]}.
std::string RankingJson(const std::vector<Plan>& plans);

}  // namespace kinglet::lookahead
