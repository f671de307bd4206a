#include "src/train/dataset.h"

#include <algorithm>

namespace kinglet::train {

Status Dataset::Check(std::string_view what) const {
  if (labels.empty()) return Fail(Code::kInvalid, "{}: holds no samples", what);
  if (shape.h < 1 || shape.w < 1 || shape.c < 1 || classes < 2) {
    return Fail(Code::kInvalid, "{}: shape {} x {} x {} with {} classes; need 1 and 2 at least",
                what, shape.h, shape.w, shape.c, classes);
  }
  const uint64_t expected = labels.size() * static_cast<uint64_t>(shape.size());
  if (features.size() != expected) {
    return Fail(Code::kInvalid, "{}: {} features for {} samples of {} x {} x {}, not {}", what,
                features.size(), labels.size(), shape.h, shape.w, shape.c, expected);
  }
  if (!ids.empty() && ids.size() != labels.size()) {
    return Fail(Code::kInvalid, "{}: {} ids for {} samples", what, ids.size(), labels.size());
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || labels[i] >= classes) {
      return Fail(Code::kInvalid, "{}: sample {} has label {}; labels are 0 to {}", what, i,
                  labels[i], classes - 1);
    }
  }
  if (!(quantization.scale > 0) || quantization.zero_point < -128 ||
      quantization.zero_point > 127) {
    return Fail(Code::kInvalid, "{}: scale {} and zero point {}; need above 0 and -128 to 127",
                what, quantization.scale, quantization.zero_point);
  }
  return {};
}

Digest Dataset::Hash() const {
  const std::vector<int32_t> numbers{shape.h, shape.w, shape.c, quantization.zero_point, classes};
  const std::vector<float> scale{quantization.scale};
  Hasher hasher;
  hasher.Add(AsBytes(numbers)).Add(AsBytes(scale));
  return hasher.Add(AsBytes(features)).Add(AsBytes(labels)).Finish();
}

}  // namespace kinglet::train
