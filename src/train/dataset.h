// Labelled features as the trainer takes them: int8, exactly what the deployed model will see.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "src/base/hash.h"
#include "src/base/result.h"
#include "src/train/architecture.h"
#include "src/train/quantize.h"

namespace kinglet::train {

struct Dataset {
  Shape shape;
  ActivationQuantization quantization;  // of every feature; becomes the model's input quantisation
  int32_t classes = 0;
  std::vector<int8_t> features;  // [count, h, w, c]
  std::vector<int32_t> labels;   // [count], 0 to classes - 1
  std::vector<std::string> ids;  // [count] or empty: what the caller calls the samples

  int64_t count() const { return static_cast<int64_t>(labels.size()); }
  std::span<const int8_t> Sample(int64_t index) const {
    const auto size = static_cast<size_t>(shape.size());
    return {&features[static_cast<size_t>(index) * size], size};
  }
  // Array lengths, label range, scale. kInvalid names `what` ("validation set") and the number.
  Status Check(std::string_view what) const;
  Digest Hash() const;
};

}  // namespace kinglet::train
