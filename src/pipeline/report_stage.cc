#include <ctime>
#include <nlohmann/json.hpp>
#include <set>

#include "src/base/files.h"
#include "src/base/progress.h"
#include "src/base/version.h"
#include "src/board/board.h"
#include "src/data/catalog.h"
#include "src/data/check.h"
#include "src/data/stats.h"
#include "src/pipeline/raw_window.h"
#include "src/pipeline/report/report.h"
#include "src/pipeline/stages.h"

namespace kinglet::pipeline {
namespace {

using nlohmann::json;
using report::Outcome;
using report::ReportData;

std::string UtcText(int64_t unix_s) {
  const std::time_t seconds = unix_s;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &utc);
  return text;
}

Result<json> LoadJson(const Workspace& workspace, const store::Artifact& artifact) {
  KINGLET_TRY(const Bytes bytes, workspace.store.GetBlob(artifact.content));
  json object = json::parse(bytes, nullptr, false);
  if (!object.is_object()) {
    return Fail(Code::kInvalid, "{} in the store is damaged; run 'kinglet run' again",
                artifact.name);
  }
  return object;
}

// A requirement of kinglet.toml beside what came out; `at_most` tells which side is good.
report::Requirement MakeRequirement(std::string name, std::string required,
                                    std::optional<double> predicted, double measured,
                                    std::string unit, bool met) {
  return {std::move(name), std::move(required), predicted,
          measured,        std::move(unit),     met ? Outcome::kMet : Outcome::kMissed};
}

void AddRequirements(const Project::Requirements& asked, const json& plan, const json& bench,
                     ReportData& out) {
  const auto predicted = [&plan](const char* budget) -> std::optional<double> {
    const json::json_pointer pointer(fmt::format("/{}/predicted", budget));
    if (!plan.contains(pointer) || !plan[pointer].is_number()) return std::nullopt;
    return plan[pointer].get<double>();
  };
  const auto measured = [&bench](const char* key) { return bench.value(key, 0.0); };
  if (asked.accuracy_min > 0) {
    out.accuracy_min = asked.accuracy_min;
    const double accuracy = measured("accuracy");
    out.requirements.push_back(
        MakeRequirement("accuracy", fmt::format("at least {:.1f} %", 100 * asked.accuracy_min), {},
                        accuracy, "fraction", accuracy >= asked.accuracy_min));
  }
  const auto at_most = [&](const char* name, double limit, const char* key, const char* unit,
                           const std::string& text) {
    const double value = measured(key);
    if (limit > 0) {
      out.requirements.push_back(
          MakeRequirement(name, "at most " + text, predicted(name), value, unit, value <= limit));
    }
  };
  const auto flash_max = static_cast<double>(asked.flash_bytes_max);
  const auto ram_max = static_cast<double>(asked.ram_bytes_max);
  at_most("flash", flash_max, "flash_bytes", "bytes", FormatBytes(asked.flash_bytes_max));
  at_most("ram", ram_max, "ram_bytes", "bytes", FormatBytes(asked.ram_bytes_max));
  at_most("latency", asked.latency_ms_max, "estimated_latency_ms", "ms",
          fmt::format("{:g} ms", asked.latency_ms_max));
}

void AddResults(const json& training, const json& bench, ReportData& out) {
  const uint64_t total = bench.value("samples", uint64_t{0});
  out.int8_host = report::Score{bench.value("correct", uint64_t{0}), total};
  out.float_host = report::Score{bench.value("correct_float", uint64_t{0}), total};
  const uint64_t emulated = bench.value("emulated_samples", uint64_t{0});
  out.int8_emulated = report::Score{
      static_cast<uint64_t>(bench.value("accuracy_emulated", 0.0) * static_cast<double>(emulated) +
                            0.5),
      emulated};
  out.identity = report::BitIdentity{bench.value("machine", ""), emulated,
                                     bench.value("features_identical", uint64_t{0}),
                                     bench.value("outputs_identical", uint64_t{0})};
  for (const json& label : bench["labels"]) out.labels.push_back(label.get<std::string>());
  for (const json& row : bench["confusion"]) {
    for (const json& count : row) out.confusion.push_back(count.get<uint64_t>());
  }
  for (const json& row : training["history"]) {
    out.history.push_back({row.value("phase", ""), row.value("epoch", 0U), row.value("loss", 0.0),
                           row.value("train_accuracy", 0.0), row.value("validation_accuracy", 0.0),
                           row.value("learning_rate", 0.0)});
  }
  for (const json& layer : bench["layers"]) {
    out.layers.push_back({layer.value("name", ""), layer.value("kind", ""),
                          layer.value("output_shape", ""), layer.value("macs", uint64_t{0}),
                          layer.value("weights_bytes", uint64_t{0}),
                          layer.value("instructions", uint64_t{0})});
  }
}

Status AddSamples(const Workspace& workspace, const store::Artifact& dataset, const json& bench,
                  ReportData& out) {
  KINGLET_TRY(const RawWindows raw, RawWindows::Open(workspace, dataset));
  const auto label = [&out](const json& sample, const char* key) -> std::string {
    const size_t index = sample.value(key, size_t{0});
    return index < out.labels.size() ? out.labels[index] : "";
  };
  for (const json& sample : bench["worst_samples"]) {
    KINGLET_TRY(const Digest content, Digest::FromHex(sample.value("content", "")));
    KINGLET_TRY(const data::Recording* const recording, raw.Find(content));
    KINGLET_TRY(const Bytes window, raw.Get(*recording));
    report::Sample shown;
    shown.name = recording->name;
    shown.true_label = label(sample, "label");
    shown.predicted_label = label(sample, "predicted");
    shown.confidence = sample.value("confidence", 0.0);
    if (workspace.project.task == Task::kKeyword) {
      report::Audio audio;
      audio.rate_hz = static_cast<uint32_t>(workspace.project.audio.sample_rate_hz);
      audio.samples.resize(window.size() / 2);
      std::memcpy(audio.samples.data(), window.data(), audio.samples.size() * 2);
      shown.data = std::move(audio);
    } else {
      const signal::ImageOptions& image = workspace.project.image;
      shown.data =
          report::Image{window, static_cast<uint32_t>(image.width),
                        static_cast<uint32_t>(image.height), static_cast<uint32_t>(image.channels)};
    }
    out.samples.push_back(std::move(shown));
  }
  return {};
}

// `artifacts` and everything they were made from, each once.
Status AddLineage(const store::Store& store, std::vector<store::Artifact> artifacts,
                  ReportData& out) {
  std::set<Digest> seen;
  while (!artifacts.empty()) {
    const store::Artifact artifact = std::move(artifacts.back());
    artifacts.pop_back();
    if (!seen.insert(artifact.id).second) continue;
    report::LineageNode node{
        artifact.id.Short(), artifact.kind, artifact.name, UtcText(artifact.created_unix_s), {}};
    KINGLET_TRY(const std::vector<store::Artifact> inputs, store.Inputs(artifact.id));
    for (const store::Artifact& input : inputs) {
      node.inputs.push_back(input.id.Short());
      artifacts.push_back(input);
    }
    out.lineage.push_back(std::move(node));
  }
  return {};
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

report::BudgetPart MakePart(const char* name, const std::vector<const char*>& plan_lines,
                            const json& lines) {
  report::BudgetPart part;
  part.name = name;
  part.predicted_bytes = 0;
  for (const char* line : plan_lines) {
    if (lines.contains(line)) *part.predicted_bytes += lines[line].value("predicted", uint64_t{0});
  }
  return part;
}

report::Budget MakeBudget(const char* name, const json& budget) {
  report::Budget shown;
  shown.name = name;
  if (budget.contains("limit") && budget["limit"].is_number()) {
    shown.limit_bytes = budget["limit"].get<uint64_t>();
  }
  return shown;
}

// Budget bars: what the plan said beside what the linked image and the run measured.
void AddBudgets(const json& plan, const json& bench, ReportData& out) {
  const json flash = plan.value("flash", json::object());
  const json flash_lines = flash.value("lines", json::object());
  const json image = bench.value("flash_parts", json::object());
  report::Budget shown = MakeBudget("Flash", flash);
  for (const PartRule& rule : FlashRules()) {
    report::BudgetPart part = MakePart(rule.name, rule.plan_lines, flash_lines);
    part.measured_bytes = 0;
    for (const char* name : rule.image_parts)
      *part.measured_bytes += image.value(name, uint64_t{0});
    shown.parts.push_back(std::move(part));
  }
  out.budgets.push_back(std::move(shown));

  const json ram = plan.value("ram", json::object());
  const json ram_lines = ram.value("lines", json::object());
  const auto arena = bench.value("arena_bytes", uint64_t{0});
  const auto stack = bench.value("stack_bytes", uint64_t{0});
  const auto all = bench.value("ram_bytes", uint64_t{0});
  shown = MakeBudget("RAM", ram);
  shown.parts = {
      MakePart("arena", {"arena", "dsp_scratch"}, ram_lines),
      MakePart("stack", {"stack"}, ram_lines),
      MakePart("buffers and variables", {"dsp_state", "raw_input", "runtime"}, ram_lines)};
  shown.parts[0].measured_bytes = arena;
  shown.parts[1].measured_bytes = stack;
  shown.parts[2].measured_bytes = all - std::min(all, arena + stack);
  out.budgets.push_back(std::move(shown));
}

Status AddDataset(const Workspace& workspace, const store::Artifact& artifact, ReportData& out) {
  KINGLET_TRY(const data::Dataset dataset, data::LoadDataset(workspace.store, artifact));
  out.dataset.version = artifact.id.Short();
  for (const data::Split split : data::kSplits) {
    out.dataset.splits.emplace_back(data::SplitName(split));
  }
  for (const data::Stats::Class& row : data::ComputeStats(dataset.recordings).classes) {
    out.dataset.classes.push_back({row.label, {row.count.begin(), row.count.end()}});
  }
  KINGLET_TRY(const data::Catalog catalog, data::LoadCatalog(workspace.store));
  data::CheckOptions options;
  if (workspace.project.task == Task::kKeyword) {
    options.clip_seconds = workspace.project.audio.clip_ms / 1000.0;
  }
  KINGLET_TRY(const std::vector<data::Finding> findings,
              data::Check(workspace.store, dataset.recordings, catalog.rejected, options));
  for (const data::Finding& finding : findings) {
    out.dataset.findings.push_back({finding.severity == data::Severity::kError
                                        ? report::Severity::kError
                                        : report::Severity::kWarning,
                                    finding.message});
  }
  return {};
}

Result<Bytes> Render(const Workspace& workspace, const ReportInputs& inputs) {
  const Project& project = workspace.project;
  KINGLET_TRY(const json plan, LoadJson(workspace, inputs.plan));
  KINGLET_TRY(const json training, LoadJson(workspace, inputs.training));
  KINGLET_TRY(const json bench, LoadJson(workspace, inputs.bench));
  KINGLET_TRY(const board::Board board, board::LoadBoard(project.board));
  ReportData data;
  data.project = project.name;
  data.board = board.title;
  data.model = bench.value("model", "");
  data.created = UtcText(inputs.bench.created_unix_s);
  data.tool_version = kVersion;
  data.commands = {"kinglet run", "kinglet lineage bench.json"};
  try {  // the blobs are ours, but they come from a disk
    AddRequirements(project.requirements, plan, bench, data);
    AddResults(training, bench, data);
    AddBudgets(plan, bench, data);
    KINGLET_CHECK(AddSamples(workspace, inputs.dataset, bench, data));
  } catch (const json::exception& error) {
    return Fail(Code::kInvalid, "a result in the store is damaged ({}); run 'kinglet run' again",
                error.what());
  }
  KINGLET_CHECK(AddDataset(workspace, inputs.dataset, data));
  KINGLET_CHECK(AddLineage(workspace.store, {inputs.bench, inputs.plan}, data));
  const std::string page = report::RenderReport(data);
  return Bytes(page.begin(), page.end());
}

}  // namespace

Result<StageResult> MakeReport(Workspace& workspace, const ReportInputs& inputs) {
  const Project::Requirements& asked = workspace.project.requirements;
  const json parameters = {{"accuracy_min", asked.accuracy_min},
                           {"flash_bytes_max", asked.flash_bytes_max},
                           {"ram_bytes_max", asked.ram_bytes_max},
                           {"latency_ms_max", asked.latency_ms_max}};
  const Stage stage{"report",
                    "report.html",
                    parameters.dump(),
                    {inputs.bench, inputs.plan, inputs.training, inputs.dataset}};
  KINGLET_TRY(const StageResult result,
              RunStage(workspace, stage, [&] { return Render(workspace, inputs); }));
  KINGLET_TRY(const Bytes page, workspace.store.GetBlob(result.artifact.content));
  KINGLET_CHECK(WriteFileAtomic(workspace.OutFolder() + "/report.html", page));
  return result;
}

}  // namespace kinglet::pipeline
