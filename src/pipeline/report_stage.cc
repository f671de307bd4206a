#include <ctime>
#include <nlohmann/json.hpp>
#include <set>

#include "src/base/files.h"
#include "src/board/board.h"
#include "src/data/catalog.h"
#include "src/data/check.h"
#include "src/data/stats.h"
#include "src/pipeline/raw_window.h"
#include "src/pipeline/report/report.h"
#include "src/pipeline/report_results.h"
#include "src/pipeline/stages.h"

namespace kinglet::pipeline {
namespace {

using nlohmann::json;
using report::ReportData;

std::string UtcText(int64_t unix_s) {
  const std::time_t seconds = unix_s;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &utc);
  return text;
}

Status AddSamples(const Workspace& workspace, const store::Artifact& dataset,
                  const BenchRecord& bench, ReportData& out) {
  KINGLET_TRY(const RawWindows raw, RawWindows::Open(workspace, dataset));
  for (const BenchRecord::Sample& sample : bench.worst_samples) {
    KINGLET_TRY(const data::Recording* const recording, raw.Find(sample.content));
    KINGLET_TRY(const Bytes window, raw.Get(*recording));
    report::Sample shown;
    shown.name = recording->name;
    shown.true_label = bench.labels[sample.label];
    shown.predicted_label = bench.labels[sample.predicted];
    shown.confidence = sample.confidence;
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
  KINGLET_TRY(const Bytes plan_json, workspace.store.GetBlob(inputs.plan.content));
  KINGLET_TRY(const PlanRecord plan, ParsePlanRecord(plan_json));
  KINGLET_TRY(const Bytes training_json, workspace.store.GetBlob(inputs.training.content));
  KINGLET_TRY(const TrainingRecord training, ParseTrainingRecord(training_json));
  KINGLET_TRY(const Bytes bench_json, workspace.store.GetBlob(inputs.bench.content));
  KINGLET_TRY(const BenchRecord bench, ParseBenchRecord(bench_json));
  KINGLET_TRY(const board::Board board, board::LoadBoard(project.board));
  ReportData data;
  data.project = project.name;
  data.board = board.title;
  data.created = UtcText(inputs.bench.created_unix_s);
  data.tool_version = workspace.build;
  data.commands = {"kinglet run", "kinglet lineage bench.json"};
  AddResults(project.requirements, plan, training, bench, data);
  KINGLET_CHECK(AddSamples(workspace, inputs.dataset, bench, data));
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
