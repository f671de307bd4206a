// Features of a data set version, ready to train on: int8 rows with labels, per split, and which
// recording each row came from. Kept in the store as bytes: they are outside input when they are
// read back, and checked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/bytes.h"
#include "src/base/hash.h"
#include "src/base/result.h"
#include "src/signal/pipeline.h"
#include "src/train/dataset.h"

namespace kinglet::pipeline {

// Rows of one split. Row i belongs to sample i % sample_count: the plain features of every sample
// come first, then `copies` - 1 altered ones of every sample in the same order.
struct FeatureSplit {
  uint32_t sample_count = 0;
  uint32_t copies = 1;
  std::vector<int32_t> labels;   // one a sample
  std::vector<Digest> contents;  // of the recording, one a sample
  std::vector<int8_t> features;  // copies * sample_count rows of shape.ElementCount()

  bool operator==(const FeatureSplit&) const = default;
};

struct FeatureSet {
  signal::FeatureShape shape;
  signal::FeatureQuantization quantization;
  std::vector<std::string> classes;  // label i is classes[i]
  FeatureSplit train, validation, test;

  bool operator==(const FeatureSet&) const = default;
};

Bytes Serialize(const FeatureSet& set);
// kInvalid when a count does not fit the bytes, or a label is out of range.
Result<FeatureSet> ParseFeatureSet(ByteView bytes);

// One split as the trainer takes it: all copies, labels repeated.
train::Dataset ToDataset(const FeatureSet& set, const FeatureSplit& split);

}  // namespace kinglet::pipeline
