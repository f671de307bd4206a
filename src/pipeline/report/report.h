// One HTML page that says what a project asked for and what came out. Plain inputs, no stage of the
// pipeline: the caller copies in what its stages found, and leaves out what they have not found
// yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace kinglet::report {

enum class Outcome : uint8_t { kMet, kMissed, kNotMeasured };

// One line of kinglet.toml's requirements beside its result.
struct Requirement {
  std::string name;      // "flash"
  std::string required;  // "at most 256 KiB"
  std::optional<double> predicted, measured;
  std::string unit;  // "bytes" is shown as KiB, "fraction" as percent; any other ("ms") stands
                     // behind the number
  Outcome outcome = Outcome::kNotMeasured;
};

// `correct` of `total` samples; the page adds the accuracy and its 95 % Wilson interval.
struct Score {
  uint64_t correct = 0, total = 0;
};

// One epoch of training. Numbers that are not finite are shown as gaps.
struct Epoch {
  std::string phase;   // "float", "int8"
  uint32_t epoch = 0;  // counts from 1 in each phase
  double loss = 0;
  std::optional<double> train_accuracy, validation_accuracy;  // 0 to 1
  double learning_rate = 0;
};

// One step of an inference, in execution order; the features may be one of them, with kind
// "features".
struct Layer {
  std::string name, kind, output_shape;  // "conv_1", "conv_2d", "14x14x16"
  uint64_t macs = 0, weights_bytes = 0;
  std::optional<uint64_t> instructions;  // counted on the emulated board
};

struct BudgetPart {
  std::string name;  // "weights"
  std::optional<uint64_t> predicted_bytes, measured_bytes;
};

// One memory of the board: what lies in it and how much there is.
struct Budget {
  std::string name;  // "Flash"
  uint64_t limit_bytes = 0;
  std::vector<BudgetPart> parts;
};

struct Audio {
  std::vector<int16_t> samples;  // mono
  uint32_t rate_hz = 0;
};

struct Image {
  std::vector<uint8_t> pixels;                   // width * height * channels, rows from the top
  uint32_t width = 0, height = 0, channels = 0;  // 1 is grey, 3 is RGB
};

// One test sample with what the model said about it.
struct Sample {
  std::string name, true_label, predicted_label;
  double confidence = 0;  // of the predicted label, 0 to 1
  std::variant<std::monostate, Audio, Image> data;
};

enum class Severity : uint8_t { kError, kWarning, kNote };

struct Finding {
  Severity severity = Severity::kNote;
  std::string text;
};

struct Dataset {
  struct Class {
    std::string label;
    std::vector<uint64_t> counts;  // one for each split
  };
  std::string version;              // short id
  std::vector<std::string> splits;  // "train", "validation", "test"
  std::vector<Class> classes;
  std::vector<Finding> findings;  // of the data check
};

// How many samples gave the very same bytes on the host and on the emulated board.
struct BitIdentity {
  std::string machine;  // "mps2-an386 in QEMU"
  uint64_t samples = 0, features_equal = 0, outputs_equal = 0;
};

struct LineageNode {
  std::string id, kind, name, created;  // id is the short one
  std::vector<std::string> inputs;      // ids of what it was made from
};

// Everything on the page. Only `project` must be there; an empty part is said to be missing, with
// the command that fills it. All text may come from outside: it is cleaned, shortened and escaped
// here.
struct ReportData {
  std::string project, board,
      model;  // board: its title; model: one line, "ds_cnn, 3 blocks of 32 channels"
  std::string created,
      tool_version;  // created: shown as given, so that the same data gives the same page
  std::vector<Requirement> requirements;

  std::optional<double> accuracy_min;  // what is required, 0 to 1
  std::optional<Score> float_host, int8_host, int8_emulated;
  std::optional<BitIdentity> identity;
  std::vector<std::string> labels;
  std::vector<uint64_t>
      confusion;  // of int8 on the host: [true * labels.size() + predicted], or empty

  std::vector<Sample>
      samples;  // least certain or most wrong first; the page shows at most kSamplesMax
  std::vector<Epoch> history;
  std::vector<Budget> budgets;
  std::vector<Layer> layers;
  Dataset dataset;
  std::vector<LineageNode> lineage;
  std::vector<std::string> commands;  // in order, to make all this again
};

inline constexpr size_t kSamplesMax = 24;

// The page: self-contained, no script, loads nothing; each tag is closed, so it is well-formed XML
// too. The same data gives the same bytes. `confusion` must be empty or labels.size() squared, and
// an image's pixels as many as its sizes say.
std::string RenderReport(const ReportData& data);

}  // namespace kinglet::report
