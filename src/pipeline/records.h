// The results that stages keep as JSON, read back from the store. They are outside input then: a
// value of another type or out of its range is kInvalid, "plan.json in the store is damaged ...".
// What is absent keeps its default.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "src/base/bytes.h"
#include "src/base/hash.h"
#include "src/base/result.h"
#include "src/compile/device_sources.h"
#include "src/pipeline/report/report.h"

namespace kinglet::pipeline {

// What MakePlanStage kept; the page docs/plan.md has all of its fields.
struct PlanRecord {
  struct Sizes {
    std::optional<double> predicted;        // in all
    uint64_t limit_bytes = 0;               // 0: none
    std::map<std::string, uint64_t> lines;  // predicted bytes of each line
  };
  std::string model;  // the chosen member
  Sizes flash, ram;
  std::optional<double> latency_ms;
};
Result<PlanRecord> ParsePlanRecord(ByteView json);

// What MakeTraining kept.
struct TrainingRecord {
  std::string model;
  Digest model_content;  // the .tflite
  uint64_t weights = 0;
  double validation_accuracy_float = 0, validation_accuracy = 0;
  uint64_t test_correct_float = 0;
  double accuracy_float = 0;
  std::vector<report::Epoch> history;
};
Result<TrainingRecord> ParseTrainingRecord(ByteView json);

// What MakeFirmware kept: the generated folder and the sizes of the linked application. Paths stay
// inside the folder.
struct FirmwareRecord {
  compile::FileTexts files;
  uint64_t flash_bytes = 0, static_ram_bytes = 0;
};
Result<FirmwareRecord> ParseFirmwareRecord(ByteView json);

// What MakeBench kept; docs/bench.md has the fields.
struct BenchRecord {
  struct Sample {
    Digest content;                     // the recording
    uint64_t label = 0, predicted = 0;  // below labels.size()
    double confidence = 0;
  };
  std::string model, machine;
  double accuracy = 0, accuracy_float = 0, accuracy_emulated = 0;
  uint64_t samples = 0, correct = 0, correct_float = 0;
  uint64_t emulated_samples = 0, features_identical = 0, outputs_identical = 0;
  bool bit_identical = false;
  double estimated_latency_ms = 0;
  uint64_t flash_bytes = 0, ram_bytes = 0, arena_bytes = 0, stack_bytes = 0;
  std::map<std::string, uint64_t> flash_parts;
  std::vector<std::string> labels;
  std::vector<uint64_t> confusion;  // [true * labels.size() + predicted]
  std::vector<report::Layer> layers;
  std::vector<Sample> worst_samples;
};
Result<BenchRecord> ParseBenchRecord(ByteView json);

}  // namespace kinglet::pipeline
