#include "src/pipeline/feature_set.h"

#include <cmath>

namespace kinglet::pipeline {
namespace {

// Layout: magic, shape (3 x i32), scale (f32), zero point (i32), class count (u32), each class as
// u32 length and text, then the three splits: sample count, copies (u32 each), labels (i32 each),
// digests (32 B each), features. Little-endian.
constexpr uint32_t kMagic = 0x5446'4b31;  // "1KFT"

class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}

  // The next `count` bytes, or nothing when there are fewer; then everything after fails too.
  ByteView Take(uint64_t count) {
    if (count > bytes_.size()) {
      failed_ = true;
      bytes_ = {};
      return {};
    }
    const ByteView taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  template <typename T>
  T Get() {
    const ByteView taken = Take(sizeof(T));
    return taken.empty() ? T{} : LoadLe<T>(taken, 0);
  }
  template <typename T>
  void GetArray(std::vector<T>& out, uint64_t count) {
    const ByteView taken = count > bytes_.size() ? Take(count) : Take(count * sizeof(T));
    out.resize(taken.size() / sizeof(T));
    if (!taken.empty()) std::memcpy(out.data(), taken.data(), taken.size());
  }
  bool failed() const { return failed_; }
  uint64_t size() const { return bytes_.size(); }  // of what is left

 private:
  ByteView bytes_;
  bool failed_ = false;
};

void AppendSplit(const FeatureSplit& split, Bytes& out) {
  AppendLe(out, split.sample_count);
  AppendLe(out, split.copies);
  for (const int32_t label : split.labels) AppendLe(out, label);
  for (const Digest& digest : split.contents) {
    out.insert(out.end(), digest.bytes.begin(), digest.bytes.end());
  }
  const ByteView features = AsBytes(split.features);
  out.insert(out.end(), features.begin(), features.end());
}

bool ReadSplit(Reader& reader, uint64_t row_bytes, size_t classes, FeatureSplit& split) {
  split.sample_count = reader.Get<uint32_t>();
  split.copies = reader.Get<uint32_t>();
  if (split.copies < 1 || split.copies > 1000) return false;
  reader.GetArray(split.labels, split.sample_count);
  reader.GetArray(split.contents, split.sample_count);
  // The product may be beyond 64 bits; the file's length is not.
  const uint64_t rows = uint64_t{split.sample_count} * split.copies;
  if (rows > reader.size() / row_bytes) return false;
  reader.GetArray(split.features, rows * row_bytes);
  for (const int32_t label : split.labels) {
    if (label < 0 || static_cast<size_t>(label) >= classes) return false;
  }
  return !reader.failed();
}

}  // namespace

Bytes Serialize(const FeatureSet& set) {
  Bytes out;
  out.reserve(set.train.features.size() + set.validation.features.size() +
              set.test.features.size() + 64 * set.train.labels.size() + 4096);
  AppendLe(out, kMagic);
  AppendLe(out, set.shape.height);
  AppendLe(out, set.shape.width);
  AppendLe(out, set.shape.channels);
  AppendLe(out, set.quantization.scale);
  AppendLe(out, set.quantization.zero_point);
  AppendLe(out, static_cast<uint32_t>(set.classes.size()));
  for (const std::string& name : set.classes) {
    AppendLe(out, static_cast<uint32_t>(name.size()));
    out.insert(out.end(), name.begin(), name.end());
  }
  AppendSplit(set.train, out);
  AppendSplit(set.validation, out);
  AppendSplit(set.test, out);
  return out;
}

Result<FeatureSet> ParseFeatureSet(ByteView bytes) {
  Reader reader(bytes);
  FeatureSet set;
  const auto broken = [] {
    return Fail(Code::kInvalid, "features in the store are damaged; run 'kinglet run' again");
  };
  if (reader.Get<uint32_t>() != kMagic) return broken();
  set.shape.height = reader.Get<int32_t>();
  set.shape.width = reader.Get<int32_t>();
  set.shape.channels = reader.Get<int32_t>();
  set.quantization.scale = reader.Get<float>();
  set.quantization.zero_point = reader.Get<int32_t>();
  for (const int32_t side : {set.shape.height, set.shape.width, set.shape.channels}) {
    if (side < 1 || side > 4096) return broken();
  }
  const auto [scale, zero_point] = set.quantization;
  if (!(scale > 0 && std::isfinite(scale)) || zero_point < -128 || zero_point > 127) {
    return broken();
  }
  const auto class_count = reader.Get<uint32_t>();
  if (class_count > 1000) return broken();
  for (uint32_t i = 0; i < class_count; ++i) {
    set.classes.emplace_back(AsText(reader.Take(reader.Get<uint32_t>())));
  }
  const auto row_bytes = static_cast<uint64_t>(set.shape.ElementCount());
  for (FeatureSplit* split : {&set.train, &set.validation, &set.test}) {
    if (!ReadSplit(reader, row_bytes, class_count, *split)) return broken();
  }
  if (reader.failed() || reader.size() > 0) return broken();
  return set;
}

train::Dataset ToDataset(const FeatureSet& set, const FeatureSplit& split) {
  train::Dataset data;
  data.shape = {set.shape.height, set.shape.width, set.shape.channels};
  data.quantization = {set.quantization.scale, set.quantization.zero_point};
  data.classes = static_cast<int32_t>(set.classes.size());
  data.features = split.features;
  data.labels.reserve(size_t{split.copies} * split.labels.size());
  for (uint32_t copy = 0; copy < split.copies; ++copy) {
    data.labels.insert(data.labels.end(), split.labels.begin(), split.labels.end());
  }
  return data;
}

}  // namespace kinglet::pipeline
