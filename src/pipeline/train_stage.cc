#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "src/base/files.h"
#include "src/base/version.h"
#include "src/pipeline/feature_set.h"
#include "src/pipeline/records.h"
#include "src/pipeline/stages.h"
#include "src/tflite/write.h"
#include "src/train/families.h"
#include "src/train/metrics.h"
#include "src/train/train.h"

namespace kinglet::pipeline {
namespace {

using nlohmann::json;

std::string_view FamilyOf(Task task) { return task == Task::kKeyword ? "ds_cnn" : "cnn"; }

train::Options TrainOptions(const Project& project) {
  train::Options options = train::DefaultOptions(FamilyOf(project.task));
  if (project.train.epochs > 0) options.epochs = project.train.epochs;
  if (project.train.qat_epochs > 0) options.int8_epochs = project.train.qat_epochs;
  options.seed = project.train.seed;
  options.threads = project.train.threads;
  return options;
}

// Everything of `options` that shapes the weights; the number of threads does not.
json OptionsJson(const train::Options& options) {
  const train::Augmentation& augmentation = options.augmentation;
  return {{"seed", options.seed},
          {"epochs", options.epochs},
          {"int8_epochs", options.int8_epochs},
          {"batch", options.batch},
          {"learning_rate", options.learning_rate},
          {"int8_learning_rate", options.int8_learning_rate},
          {"warmup_epochs", options.warmup_epochs},
          {"weight_decay", options.weight_decay},
          {"label_smoothing", options.label_smoothing},
          {"patience", options.patience},
          {"balance_classes", options.balance_classes},
          {"shift_h_max", augmentation.shift_h_max},
          {"shift_w_max", augmentation.shift_w_max},
          {"stretch_h_max", augmentation.stretch_h_max},
          {"stretch_w_max", augmentation.stretch_w_max},
          {"colour_max", augmentation.colour_max},
          {"flip_w", augmentation.flip_w},
          {"mask_h_max", augmentation.mask_h_max},
          {"mask_w_max", augmentation.mask_w_max},
          {"cutout_max", augmentation.cutout_max}};
}

json HistoryJson(const std::vector<train::EpochRow>& history) {
  json rows = json::array();
  for (const train::EpochRow& row : history) {
    rows.push_back({{"phase", train::PhaseName(row.phase)},
                    {"epoch", row.epoch},
                    {"learning_rate", row.learning_rate},
                    {"loss", row.loss},
                    {"train_accuracy", row.train_accuracy},
                    {"validation_loss", row.validation_loss},
                    {"validation_accuracy", row.validation_accuracy}});
  }
  return rows;
}

// The member that the plan chose.
Result<std::string> PlannedModel(const Workspace& workspace, const store::Artifact& plan) {
  KINGLET_TRY(const Bytes text, workspace.store.GetBlob(plan.content));
  KINGLET_TRY(PlanRecord record, ParsePlanRecord(text));
  return std::move(record.model);
}

// The .tflite bytes of a trained graph with the project's names inside.
Result<Bytes> NamedModel(ir::Graph graph, const Project& project, const FeatureSet& set) {
  graph.name = project.name;
  graph.metadata[std::string(ir::kLabelsMetadata)] =
      fmt::format("{}", fmt::join(set.classes, "\n"));
  graph.metadata["kinglet.signal"] = signal::CanonicalText(project.SignalOptions());
  graph.metadata["kinglet.version"] = kVersion;
  return tflite::WriteModel(graph);
}

Result<Bytes> TrainAndRecord(Workspace& workspace, const FeatureSet& set,
                             const train::Architecture& architecture,
                             const train::Options& options) {
  const train::Dataset training = ToDataset(set, set.train);
  // With validation_percent = 0, as for a handful of speakers, epochs are judged on the unaltered
  // training recordings.
  FeatureSplit plain = set.validation;
  if (plain.sample_count == 0) {
    plain = set.train;
    plain.copies = 1;
    plain.features.resize(plain.sample_count * static_cast<size_t>(set.shape.ElementCount()));
  }
  const train::Dataset validation = ToDataset(set, plain);
  const train::Dataset test = ToDataset(set, set.test);
  KINGLET_TRY(const train::Trained trained,
              train::Train(architecture, training, validation, options));
  const train::Evaluation on_float = EvaluateFloat(trained.float_network, test, options.threads);
  KINGLET_TRY(const Bytes model, NamedModel(trained.graph, workspace.project, set));
  KINGLET_TRY(const Digest digest, workspace.store.PutBlob(model));
  const json record = {
      {"model", architecture.name},
      {"model_content", digest.Hex()},
      {"weights", architecture.WeightCount()},
      {"macs", architecture.Macs()},
      {"train_samples", set.train.sample_count},
      {"train_copies", set.train.copies},
      {"validation_samples", set.validation.sample_count},
      {"best_epoch", trained.best_epoch},
      {"best_int8_epoch", trained.best_int8_epoch},
      {"validation_accuracy_float", trained.validation_accuracy_float},
      {"validation_accuracy", trained.validation_accuracy_int8},
      {"test_samples", on_float.count()},
      {"test_correct_float", on_float.correct()},
      {"accuracy_float", on_float.accuracy()},
      {"history", HistoryJson(trained.history)},
  };
  const std::string text = record.dump(1);
  return Bytes(text.begin(), text.end());
}

}  // namespace

Result<StageResult> MakeTraining(Workspace& workspace, const store::Artifact& features,
                                 const store::Artifact& plan) {
  const Project& project = workspace.project;
  std::string member = project.train.model;
  if (member == "auto") {
    KINGLET_TRY(member, PlannedModel(workspace, plan));
  }
  train::Options options = TrainOptions(project);
  json parameters = OptionsJson(options);
  parameters["model"] = member;
  const Stage stage{"training", "training.json", parameters.dump(), {features}};
  const Digest key = store::StageKey(stage.kind, stage.parameters, {features.content});
  options.checkpoint_path =
      fmt::format("{}/training-{}.checkpoint", workspace.StoreFolder(), key.Short());
  KINGLET_TRY(const StageResult result, RunStage(workspace, stage, [&]() -> Result<Bytes> {
                KINGLET_TRY(const Bytes bytes, workspace.store.GetBlob(features.content));
                KINGLET_TRY(const FeatureSet set, ParseFeatureSet(bytes));
                KINGLET_TRY(const train::Architecture architecture,
                            train::MakeArchitecture(
                                member, {set.shape.height, set.shape.width, set.shape.channels},
                                static_cast<int32_t>(set.classes.size())));
                return TrainAndRecord(workspace, set, architecture, options);
              }));
  // Only now: until the result is in the store, a kill must find the last epoch.
  KINGLET_CHECK(RemoveFile(options.checkpoint_path));
  return result;
}

Result<StageResult> MakeModel(Workspace& workspace, const store::Artifact& training) {
  const Stage stage{"model", "model.tflite", "", {training}};
  KINGLET_TRY(const StageResult result, RunStage(workspace, stage, [&]() -> Result<Bytes> {
                KINGLET_TRY(const Bytes text, workspace.store.GetBlob(training.content));
                KINGLET_TRY(const TrainingRecord record, ParseTrainingRecord(text));
                return workspace.store.GetBlob(record.model_content);
              }));
  KINGLET_TRY(const Bytes model, workspace.store.GetBlob(result.artifact.content));
  KINGLET_CHECK(WriteFileAtomic(workspace.OutFolder() + "/model.tflite", model));
  return result;
}

}  // namespace kinglet::pipeline
