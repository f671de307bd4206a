#include "src/pipeline/feature_set.h"

#include <gtest/gtest.h>

#include "src/base/random.h"

namespace kinglet::pipeline {
namespace {

FeatureSet Sample() {
  FeatureSet set;
  set.shape = {3, 2, 1};
  set.quantization = {0.25F, -4};
  set.classes = {"no", "yes"};
  Random random(1);
  const auto fill = [&random](FeatureSplit& split, uint32_t samples, uint32_t copies) {
    split.sample_count = samples;
    split.copies = copies;
    for (uint32_t i = 0; i < samples; ++i) {
      split.labels.push_back(static_cast<int32_t>(i % 2));
      split.contents.push_back(HashBytes({reinterpret_cast<const uint8_t*>(&i), sizeof(i)}));
    }
    split.features.resize(size_t{6} * samples * copies);
    for (int8_t& value : split.features) value = static_cast<int8_t>(random.Next());
  };
  fill(set.train, 5, 3);
  fill(set.test, 2, 1);
  return set;
}

TEST(FeatureSet, BytesGoBothWays) {
  EXPECT_EQ(ParseFeatureSet(Serialize(Sample())).value(), Sample());
}

TEST(FeatureSet, RefusesEveryCutAndSurvivesEveryChangedByte) {
  const Bytes bytes = Serialize(Sample());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ParseFeatureSet(ByteView(bytes).first(size)).has_value()) << size;
  }
  for (size_t i = 0; i < bytes.size(); ++i) {
    Bytes changed = bytes;
    changed[i] ^= 0x81;
    (void)ParseFeatureSet(changed);
  }
}

}  // namespace
}  // namespace kinglet::pipeline
