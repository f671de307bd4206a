// kinglet.toml: what a project asks for and how each stage is to be run. Every field has a default;
// an unknown key is an error that names the nearest known one. `kinglet new` writes a file with
// every field and a comment.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"
#include "src/signal/pipeline.h"

namespace kinglet::pipeline {

enum class Task : uint8_t { kKeyword, kImage };
std::string_view TaskName(Task task);  // "keyword", "image": also the names of the templates

struct Project {
  std::string folder;  // where kinglet.toml lies
  std::string name;
  Task task = Task::kKeyword;
  std::string board;

  // [requirements]; 0 means not asked.
  struct Requirements {
    double accuracy_min = 0;
    uint64_t flash_bytes_max = 0;  // 0: what the board has
    uint64_t ram_bytes_max = 0;
    double latency_ms_max = 0;
  } requirements;

  // [application]: what the rest of the firmware keeps for itself.
  struct Application {
    uint64_t flash_bytes = 0;
    uint64_t ram_bytes = 0;
  } application;

  // [data]
  struct Data {
    std::vector<std::string>
        sources;           // folders or files that `kinglet run` imports, relative to the project
    std::string pattern;   // "{label}/{group}_nohash_{*}.wav"; empty: class folders
    std::string manifest;  // CSV with path, label and group columns; empty: none
    std::string group_column;  // of the manifest
    int validation_percent = 10;
    int test_percent = 20;
    std::vector<std::string> validation_groups;  // these groups and no others; empty: by percent
    std::vector<std::string> test_groups;
    uint64_t seed = 1;
    int classes_expected = 10;  // for the plan, until there is data
  } data;

  signal::AudioOptions audio;  // [audio], for keyword projects
  signal::ImageOptions image;  // [image], for image projects

  // What people and firmware builds pick up: model.tflite, firmware/, report.html.
  std::string OutFolder() const { return folder + "/out"; }
  std::string StoreFolder() const { return folder + "/.kinglet"; }
  // What stands in front of the model: audio or image, by the task.
  signal::Options SignalOptions() const;

  // [train]
  struct Train {
    std::string model =
        "auto";      // a member such as "ds_cnn-32x4"; auto: the largest that the plan admits
    int epochs = 0;  // 0: the family's default
    int qat_epochs = 0;
    int augment_copies =
        0;  // augmented copies of each training clip (keyword); 0: the family's default
    std::string noise_label = "silence";  // class whose clips are mixed into the others' copies
    uint64_t seed = 1;
    int threads = 0;  // 0: all cores; the result does not depend on it
  } train;

  // [bench]
  struct Bench {
    int emulated_samples = 500;
  } bench;
};

// Reads FOLDER/kinglet.toml. kNotFound says how to make one.
Result<Project> LoadProject(const std::string& folder);
Result<Project> ParseProject(std::string_view text, const std::string& name);

// The commented kinglet.toml of a new project; what it says parses to a Project with the template's
// defaults.
// `sources` become [data] sources.
std::string ProjectTemplate(Task task, std::string_view name,
                            const std::vector<std::string>& sources = {"data"});

}  // namespace kinglet::pipeline
