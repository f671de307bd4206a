#include "src/pipeline/report_results.h"

#include "src/base/progress.h"

namespace kinglet::pipeline {
namespace {

using report::Outcome;
using report::ReportData;

// A requirement of kinglet.toml beside what came out.
report::Requirement MakeRequirement(std::string name, std::string required,
                                    std::optional<double> predicted, double measured,
                                    std::string unit, bool met) {
  return {std::move(name), std::move(required), predicted,
          measured,        std::move(unit),     met ? Outcome::kMet : Outcome::kMissed};
}

void AddRequirements(const Project::Requirements& asked, const PlanRecord& plan,
                     const BenchRecord& bench, ReportData& out) {
  if (asked.accuracy_min > 0) {
    out.accuracy_min = asked.accuracy_min;
    out.requirements.push_back(
        MakeRequirement("accuracy", fmt::format("at least {:.1f} %", 100 * asked.accuracy_min), {},
                        bench.accuracy, "fraction", bench.accuracy >= asked.accuracy_min));
  }
  const auto at_most = [&out](const char* name, double limit, const std::string& text,
                              std::optional<double> predicted, double measured, const char* unit) {
    if (limit <= 0) return;
    out.requirements.push_back(
        MakeRequirement(name, "at most " + text, predicted, measured, unit, measured <= limit));
  };
  at_most("flash", static_cast<double>(asked.flash_bytes_max), FormatBytes(asked.flash_bytes_max),
          plan.flash.predicted, static_cast<double>(bench.flash_bytes), "bytes");
  at_most("ram", static_cast<double>(asked.ram_bytes_max), FormatBytes(asked.ram_bytes_max),
          plan.ram.predicted, static_cast<double>(bench.ram_bytes), "bytes");
  at_most("latency", asked.latency_ms_max, fmt::format("{:g} ms", asked.latency_ms_max),
          plan.latency_ms, bench.estimated_latency_ms, "ms");
}

void AddScores(const TrainingRecord& training, const BenchRecord& bench, ReportData& out) {
  out.model = bench.model;
  out.int8_host = report::Score{bench.correct, bench.samples};
  out.float_host = report::Score{bench.correct_float, bench.samples};
  const auto emulated = static_cast<double>(bench.emulated_samples);
  out.int8_emulated = report::Score{static_cast<uint64_t>(bench.accuracy_emulated * emulated + 0.5),
                                    bench.emulated_samples};
  out.identity = report::BitIdentity{bench.machine, bench.emulated_samples,
                                     bench.features_identical, bench.outputs_identical};
  out.labels = bench.labels;
  out.confusion = bench.confusion;
  out.history = training.history;
  out.layers = bench.layers;
}

// The plan's lines of one memory gathered into the parts that can be told apart in the linked
// image.
struct PartRule {
  const char* name;
  std::vector<const char*> plan_lines;   // of the budget
  std::vector<const char*> image_parts;  // of flash_parts
};

const std::vector<PartRule>& FlashRules() {
  // The linker counts the layers' parameters with the constants, the plan with the calls.
  static const std::vector<PartRule> kRules = {
      {"model", {"weights", "kernels"}, {"weights", "kernels", "model"}},
      {"signal processing", {"dsp"}, {"dsp"}},
      {"runtime", {"runtime"}, {"libc", "start-up", "application", "gaps"}},
  };
  return kRules;
}

// The sum of the values of `names`; absent ones are nothing.
uint64_t Sum(const std::map<std::string, uint64_t>& values, const std::vector<const char*>& names) {
  uint64_t sum = 0;
  for (const char* name : names) {
    const auto found = values.find(name);
    if (found != values.end()) sum += found->second;
  }
  return sum;
}

// Budget bars: what the plan said beside what the linked image and the run measured.
void AddBudgets(const PlanRecord& plan, const BenchRecord& bench, ReportData& out) {
  report::Budget flash{"Flash", plan.flash.limit_bytes, {}};
  for (const PartRule& rule : FlashRules()) {
    flash.parts.push_back({rule.name, Sum(plan.flash.lines, rule.plan_lines),
                           Sum(bench.flash_parts, rule.image_parts)});
  }
  out.budgets.push_back(std::move(flash));

  const auto planned = [&plan](const std::vector<const char*>& lines) {
    return Sum(plan.ram.lines, lines);
  };
  const uint64_t known = bench.arena_bytes + bench.stack_bytes;
  report::Budget ram{"RAM", plan.ram.limit_bytes, {}};
  ram.parts = {{"arena", planned({"arena", "dsp_scratch"}), bench.arena_bytes},
               {"stack", planned({"stack"}), bench.stack_bytes},
               {"buffers and variables", planned({"dsp_state", "raw_input", "runtime"}),
                bench.ram_bytes - std::min(bench.ram_bytes, known)}};
  out.budgets.push_back(std::move(ram));
}

}  // namespace

void AddResults(const Project::Requirements& asked, const PlanRecord& plan,
                const TrainingRecord& training, const BenchRecord& bench, ReportData& out) {
  AddRequirements(asked, plan, bench, out);
  AddScores(training, bench, out);
  AddBudgets(plan, bench, out);
}

}  // namespace kinglet::pipeline
