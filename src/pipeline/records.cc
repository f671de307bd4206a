#include "src/pipeline/records.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

namespace kinglet::pipeline {
namespace {

using nlohmann::json;

// Typed values of a JSON object. The first key whose value is of another kind becomes the problem;
// keys that are absent, or null, change nothing.
class Fields {
 public:
  Fields(const json* object, const char* name, std::string& problem)
      : object_(object), problem_(&problem) {
    if (!object->is_object()) Note(name);
  }

  void Get(const char* key, std::string& out) const {
    if (const json* value = Find(key, &json::is_string)) out = value->get<std::string>();
  }
  void Get(const char* key, bool& out) const {
    if (const json* value = Find(key, &json::is_boolean)) out = value->get<bool>();
  }
  void Get(const char* key, uint64_t& out) const {
    if (const json* value = Find(key, &json::is_number_unsigned)) out = value->get<uint64_t>();
  }
  void Get(const char* key, double& out) const {
    if (const json* value = Find(key, &json::is_number)) out = value->get<double>();
  }
  // A share of something: 0 to 1.
  void Share(const char* key, double& out) const {
    Get(key, out);
    if (!(out >= 0 && out <= 1)) Note(key);
  }
  void Get(const char* key, Digest& out) const {
    const json* value = Find(key, &json::is_string);
    if (value == nullptr) return;
    if (const auto digest = Digest::FromHex(value->get<std::string>())) {
      out = *digest;
    } else {
      Note(key);
    }
  }
  void Get(const char* key, std::vector<std::string>& out) const {
    Each(key, [&](const json& value) {
      if (!value.is_string()) return Note(key);
      out.push_back(value.get<std::string>());
    });
  }
  void Get(const char* key, std::map<std::string, std::string>& out) const {
    GetMap(key, &json::is_string, out);
  }
  void Get(const char* key, std::map<std::string, uint64_t>& out) const {
    GetMap(key, &json::is_number_unsigned, out);
  }

  void Each(const char* key, const std::function<void(const json&)>& take) const {
    const json* array = Find(key, &json::is_array);
    if (array == nullptr) return;
    for (const json& value : *array) take(value);
  }
  void EachObject(const char* key, const std::function<void(const Fields&)>& take) const {
    Each(key, [&](const json& value) { take(Fields(&value, key, *problem_)); });
  }
  // `take` is not called when there is no such object.
  void Object(const char* key, const std::function<void(const Fields&)>& take) const {
    if (const json* value = Find(key, &json::is_object)) take(Fields(value, key, *problem_));
  }
  // The object's values, which are objects, too; `name` stands for each in a message.
  void All(const char* name,
           const std::function<void(const std::string&, const Fields&)>& take) const {
    if (!object_->is_object()) return;
    for (const auto& [key, value] : object_->items()) take(key, Fields(&value, name, *problem_));
  }

  void Note(const char* key) const {
    if (problem_->empty()) *problem_ = key;
  }

 private:
  using Test = bool (json::*)() const noexcept;

  template <typename T>
  void GetMap(const char* key, Test is_right, std::map<std::string, T>& out) const {
    const json* map = Find(key, &json::is_object);
    if (map == nullptr) return;
    for (const auto& [name, value] : map->items()) {
      if (!(value.*is_right)()) return Note(key);
      out[name] = value.template get<T>();
    }
  }

  // The value of `key` when it is there and of the right kind.
  const json* Find(const char* key, Test is_right) const {
    if (!object_->is_object()) return nullptr;
    const auto found = object_->find(key);
    if (found == object_->end() || found->is_null()) return nullptr;
    if (((*found).*is_right)()) return &*found;
    Note(key);
    return nullptr;
  }

  const json* object_;
  std::string* problem_;
};

// The record that `read` takes out of `bytes`; `name` is what people call it.
template <typename Record>
Result<Record> Parse(ByteView bytes, const char* name, void (*read)(const Fields&, Record&)) {
  Record record;
  std::string problem;
  const json object = json::parse(bytes, nullptr, false);
  read(Fields(&object, "its beginning", problem), record);
  if (problem.empty()) return record;
  return Fail(Code::kInvalid, "{} in the store is damaged (at {}); run 'kinglet run' again", name,
              problem);
}

std::optional<double> Predicted(const Fields& fields) {
  double predicted = -1;
  fields.Get("predicted", predicted);
  if (predicted < 0) return std::nullopt;
  return predicted;
}

void ReadSizes(const Fields& fields, PlanRecord::Sizes& out) {
  out.predicted = Predicted(fields);
  fields.Get("limit", out.limit_bytes);
  fields.Object("lines", [&](const Fields& lines) {
    lines.All("lines", [&](const std::string& name, const Fields& line) {
      line.Get("predicted", out.lines[name]);
    });
  });
}

void ReadPlan(const Fields& fields, PlanRecord& out) {
  fields.Get("model", out.model);
  fields.Object("flash", [&](const Fields& flash) { ReadSizes(flash, out.flash); });
  fields.Object("ram", [&](const Fields& ram) { ReadSizes(ram, out.ram); });
  fields.Object("latency", [&](const Fields& latency) { out.latency_ms = Predicted(latency); });
}

void ReadTraining(const Fields& fields, TrainingRecord& out) {
  fields.Get("model", out.model);
  fields.Get("model_content", out.model_content);
  fields.Get("weights", out.weights);
  fields.Share("validation_accuracy_float", out.validation_accuracy_float);
  fields.Share("validation_accuracy", out.validation_accuracy);
  fields.Get("test_correct_float", out.test_correct_float);
  fields.Share("accuracy_float", out.accuracy_float);
  fields.EachObject("history", [&](const Fields& row) {
    report::Epoch& epoch = out.history.emplace_back();
    uint64_t number = 0;
    double train_accuracy = 0;
    double validation_accuracy = 0;
    row.Get("phase", epoch.phase);
    row.Get("epoch", number);
    if (number > std::numeric_limits<uint32_t>::max()) row.Note("epoch");
    row.Get("loss", epoch.loss);
    row.Get("learning_rate", epoch.learning_rate);
    row.Share("train_accuracy", train_accuracy);
    row.Share("validation_accuracy", validation_accuracy);
    epoch.epoch = static_cast<uint32_t>(number);
    epoch.train_accuracy = train_accuracy;
    epoch.validation_accuracy = validation_accuracy;
  });
}

// Whether `path` names a file below the folder it is relative to.
bool StaysInside(const std::string& path) {
  const std::filesystem::path relative(path);
  if (path.empty() || relative.has_root_path() || !relative.has_filename()) return false;
  if (path.find('\0') != std::string::npos) return false;
  return std::find(relative.begin(), relative.end(), "..") == relative.end();
}

void ReadFirmware(const Fields& fields, FirmwareRecord& out) {
  fields.Get("files", out.files);
  for (const auto& [path, text] : out.files) {
    if (!StaysInside(path)) fields.Note("files");
  }
  fields.Object("sizes", [&](const Fields& sizes) {
    sizes.Get("flash_bytes", out.flash_bytes);
    sizes.Get("static_ram_bytes", out.static_ram_bytes);
  });
}

void ReadConfusion(const Fields& fields, BenchRecord& out) {
  fields.Each("confusion", [&](const json& row) {
    if (!row.is_array()) return fields.Note("confusion");
    for (const json& count : row) {
      if (!count.is_number_unsigned()) return fields.Note("confusion");
      out.confusion.push_back(count.get<uint64_t>());
    }
  });
  if (out.confusion.size() != out.labels.size() * out.labels.size()) fields.Note("confusion");
}

void ReadLayer(const Fields& fields, report::Layer& out) {
  uint64_t instructions = 0;
  fields.Get("name", out.name);
  fields.Get("kind", out.kind);
  fields.Get("output_shape", out.output_shape);
  fields.Get("macs", out.macs);
  fields.Get("weights_bytes", out.weights_bytes);
  fields.Get("instructions", instructions);
  out.instructions = instructions;
}

void ReadSample(const Fields& fields, size_t labels, BenchRecord::Sample& out) {
  fields.Get("content", out.content);
  fields.Get("label", out.label);
  fields.Get("predicted", out.predicted);
  fields.Share("confidence", out.confidence);
  if (out.label >= labels) fields.Note("label");
  if (out.predicted >= labels) fields.Note("predicted");
}

void ReadBench(const Fields& fields, BenchRecord& out) {
  fields.Get("model", out.model);
  fields.Get("machine", out.machine);
  fields.Share("accuracy", out.accuracy);
  fields.Share("accuracy_float", out.accuracy_float);
  fields.Share("accuracy_emulated", out.accuracy_emulated);
  fields.Get("samples", out.samples);
  fields.Get("correct", out.correct);
  fields.Get("correct_float", out.correct_float);
  fields.Get("emulated_samples", out.emulated_samples);
  fields.Get("features_identical", out.features_identical);
  fields.Get("outputs_identical", out.outputs_identical);
  fields.Get("bit_identical", out.bit_identical);
  fields.Get("estimated_latency_ms", out.estimated_latency_ms);
  fields.Get("flash_bytes", out.flash_bytes);
  fields.Get("ram_bytes", out.ram_bytes);
  fields.Get("arena_bytes", out.arena_bytes);
  fields.Get("stack_bytes", out.stack_bytes);
  fields.Get("flash_parts", out.flash_parts);
  fields.Get("labels", out.labels);
  ReadConfusion(fields, out);
  if (std::max(out.correct, out.correct_float) > out.samples) fields.Note("correct");
  if (std::max(out.features_identical, out.outputs_identical) > out.emulated_samples) {
    fields.Note("emulated_samples");
  }
  fields.EachObject("layers",
                    [&](const Fields& layer) { ReadLayer(layer, out.layers.emplace_back()); });
  fields.EachObject("worst_samples", [&](const Fields& sample) {
    ReadSample(sample, out.labels.size(), out.worst_samples.emplace_back());
  });
}

}  // namespace

Result<PlanRecord> ParsePlanRecord(ByteView json) {
  return Parse<PlanRecord>(json, "plan.json", ReadPlan);
}

Result<TrainingRecord> ParseTrainingRecord(ByteView json) {
  return Parse<TrainingRecord>(json, "training.json", ReadTraining);
}

Result<FirmwareRecord> ParseFirmwareRecord(ByteView json) {
  return Parse<FirmwareRecord>(json, "the firmware", ReadFirmware);
}

Result<BenchRecord> ParseBenchRecord(ByteView json) {
  return Parse<BenchRecord>(json, "bench.json", ReadBench);
}

}  // namespace kinglet::pipeline
