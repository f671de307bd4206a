#include <fmt/core.h>

#include <vector>

#include "src/pipeline/report/format.h"
#include "src/pipeline/report/sections.h"

namespace kinglet::report {
namespace {

constexpr size_t kNamedMax = 3;

// "flash (271.3 KiB, at most 256 KiB)"
std::string NameMissed(const Requirement& requirement) {
  if (requirement.measured) {
    return fmt::format("{} (measured {}, required {})", requirement.name,
                       Measure(*requirement.measured, requirement.unit), requirement.required);
  }
  if (requirement.predicted) {
    return fmt::format("{} (predicted {}, required {})", requirement.name,
                       Measure(*requirement.predicted, requirement.unit), requirement.required);
  }
  return fmt::format("{} (required {})", requirement.name, requirement.required);
}

std::string JoinSome(std::vector<std::string> words) {
  if (words.size() > kNamedMax) {
    const size_t more = words.size() - kNamedMax;
    words.resize(kNamedMax);
    words.push_back(fmt::format("{} more", more));
  }
  return JoinWords(words);
}

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kMet:
      return "met";
    case Outcome::kMissed:
      return "missed";
    case Outcome::kNotMeasured:
      return "not measured";
  }
  return {};
}

std::string OutcomeStyle(Outcome outcome) {
  return outcome == Outcome::kMet ? "met" : outcome == Outcome::kMissed ? "missed" : "open";
}

Outcome Worst(const std::vector<Requirement>& requirements) {
  Outcome worst = requirements.empty() ? Outcome::kNotMeasured : Outcome::kMet;
  for (const Requirement& requirement : requirements) {
    if (requirement.outcome == Outcome::kMissed) return Outcome::kMissed;
    if (requirement.outcome == Outcome::kNotMeasured) worst = Outcome::kNotMeasured;
  }
  return worst;
}

void WriteRequirement(HtmlWriter& w, const Requirement& requirement) {
  Element row(w, "tr");
  w.Leaf("th", {{"scope", "row"}}, requirement.name);
  w.Leaf("td", GlueUnits(requirement.required));
  for (const std::optional<double>& value : {requirement.predicted, requirement.measured}) {
    WriteNumber(w, value ? Measure(*value, requirement.unit) : "\xE2\x80\x93");
  }
  Element cell(w, "td");
  w.Leaf("span", {{"class", "outcome " + OutcomeStyle(requirement.outcome)}},
         OutcomeName(requirement.outcome));
}

void WriteFacts(HtmlWriter& w, const ReportData& data) {
  struct Fact {
    std::string_view name;
    const std::string& value;
  };
  Element list(w, "dl", {{"class", "facts"}});
  for (const Fact& fact : {Fact{"Board", data.board},
                           {"Model", data.model},
                           {"Created", data.created},
                           {"Kinglet", data.tool_version}}) {
    if (fact.value.empty()) continue;
    Element pair(w, "div");
    w.Leaf("dt", fact.name);
    w.Leaf("dd", fact.value);
  }
}

void WriteContents(HtmlWriter& w, const ReportData& data) {
  struct Entry {
    std::string id;
    std::string_view name;
    bool present = true;
  };
  Element nav(w, "nav", {{"aria-label", "Parts of this page"}});
  for (const Entry& entry : {Entry{"accuracy", "Accuracy"},
                             {"samples", "Hardest samples"},
                             {"training", "Training"},
                             {"memory", "Memory"},
                             {"layers", "Layers"},
                             {"data", "Data"},
                             {"lineage", "Lineage", !data.lineage.empty()},
                             {"again", "Make it again", !data.commands.empty()}}) {
    if (entry.present) w.Leaf("a", {{"href", "#" + entry.id}}, entry.name);
    if (entry.present) w.Text("\n");
  }
}

}  // namespace

std::string Verdict(const std::vector<Requirement>& requirements) {
  if (requirements.empty()) return "No requirements are set, so there is no verdict.";
  std::vector<std::string> missed, open;
  for (const Requirement& requirement : requirements) {
    if (requirement.outcome == Outcome::kMissed) missed.push_back(NameMissed(requirement));
    if (requirement.outcome == Outcome::kNotMeasured) open.push_back(requirement.name);
  }
  const std::string all = Counted(requirements.size(), "requirement");
  if (!missed.empty()) {
    return fmt::format("Misses {} of {}: {}.", missed.size(), all, JoinSome(missed));
  }
  if (open.size() == requirements.size())
    return fmt::format("Not measured yet: {}.", JoinSome(open));
  if (!open.empty()) {
    return fmt::format("Meets the {} measured so far; not measured yet: {}.",
                       Counted(requirements.size() - open.size(), "requirement"), JoinSome(open));
  }
  return requirements.size() == 1 ? "Meets its one requirement."
                                  : fmt::format("Meets all {}.", all);
}

void WriteHeader(HtmlWriter& w, const ReportData& data) {
  Element header(w, "header");
  w.Leaf("p", {{"class", "project"}}, data.project);
  w.Leaf("h1", {{"class", OutcomeStyle(Worst(data.requirements))}}, Verdict(data.requirements));
  WriteFacts(w, data);
  WriteContents(w, data);
}

void WriteRequirements(HtmlWriter& w, const ReportData& data) {
  if (data.requirements.empty()) return;
  Section section(w, "requirements", "Requirements");
  Table table(w, "Requirements against results", "requirements");
  WriteTableHead(w, {{"Requirement", ""},
                     {"Required", ""},
                     {"Predicted", "n"},
                     {"Measured", "n"},
                     {"Result", ""}});
  Element body(w, "tbody");
  for (const Requirement& requirement : data.requirements) WriteRequirement(w, requirement);
}

}  // namespace kinglet::report
