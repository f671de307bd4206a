// The simulated int8 network against the reference executor, byte for byte.
#include <gtest/gtest.h>

#include <cmath>

#include "src/base/random.h"
#include "src/ir/execute.h"
#include "src/train/evaluate.h"
#include "src/train/families.h"

namespace kinglet::train {
namespace {

// Random features over the whole int8 range.
Dataset RandomFeatures(const Architecture& architecture, int64_t count, uint64_t seed) {
  Random random(seed);
  Dataset data;
  data.shape = architecture.input;
  data.quantization = {0.02F, -17};
  data.classes = architecture.classes();
  for (int64_t i = 0; i < count * data.shape.size(); ++i) {
    data.features.push_back(static_cast<int8_t>(static_cast<int32_t>(random.Below(256)) - 128));
  }
  for (int64_t i = 0; i < count; ++i) {
    data.labels.push_back(static_cast<int32_t>(random.Below(static_cast<uint32_t>(data.classes))));
  }
  return data;
}

QuantizedNetwork RandomQuantized(const Architecture& architecture, const Dataset& data) {
  QuantizedNetwork quantized;
  quantized.network = FoldBatchNorm(Network::Initialize(architecture, 2));
  Random random(8);
  for (float& value : quantized.network.parameters) {
    if (value == 0) continue;
    value += random.Uniform(-0.05F, 0.05F);
  }
  const Layout layout = MakeLayout(quantized.network.architecture);
  for (size_t i = 0; i < layout.layers.size(); ++i) {
    const Layer& layer = quantized.network.architecture.layers[i];
    for (int32_t c = 0; layer.HasWeights() && c < layer.out.c; ++c) {
      quantized.network.parameters[layout.layers[i].bias + c] = random.Uniform(-0.5F, 0.5F);
    }
  }
  ThreadPool pool(2);
  Engine engine(quantized.network.architecture, 8, pool);
  quantized.activations = Calibrate(engine, 8, quantized.network, data, pool);
  return quantized;
}

// Every activation of every sample, not only the last one.
void ExpectEqualBytes(const QuantizedNetwork& quantized, const Dataset& data) {
  const Architecture& architecture = quantized.network.architecture;
  const Int8Plan plan = MakeInt8Plan(quantized).value();
  ir::Executor executor = ir::Executor::Make(ExportGraph(quantized)).value();
  ThreadPool pool(2);
  const auto count = static_cast<int32_t>(data.count());
  Engine engine(architecture, count, pool);
  for (int32_t s = 0; s < count; ++s) {
    LoadFeatures(data.Sample(s), data.shape, data.quantization.zero_point, 1, engine.Input(s));
  }
  engine.ForwardInt8(plan, count);
  int64_t compared = 0, different = 0, clamped = 0;
  for (int32_t s = 0; s < count; ++s) {
    const std::span<const int8_t> sample = data.Sample(s);
    const auto observe = [&](size_t op, const std::vector<ByteView>& outputs) {
      if (op >= architecture.layers.size()) return;  // the softmax
      const ByteView output = outputs[0];
      const Shape& out = architecture.layers[op].out;
      ASSERT_EQ(output.size(), static_cast<size_t>(out.size()));
      const int64_t padded = PaddedChannels(out.c);
      const float* ours = engine.Activation(static_cast<ActivationIndex>(op) + 1) +
                          int64_t{s} * out.h * out.w * padded;
      for (int64_t i = 0; i < out.size(); ++i) {
        const int32_t expected = static_cast<int8_t>(output[static_cast<size_t>(i)]);
        const float value = ours[i / out.c * padded + i % out.c];
        different += expected != static_cast<int32_t>(value) + plan.activations[op + 1].zero_point;
        clamped += expected == 127 || expected == -128;
        ++compared;
      }
    };
    const ByteView input(reinterpret_cast<const uint8_t*>(sample.data()), sample.size());
    ASSERT_TRUE(executor.Run({input}, observe).has_value());
  }
  EXPECT_EQ(different, 0) << "of " << compared;
  EXPECT_GT(compared - clamped, compared / 10);
}

void ExpectEqualBytes(const Architecture& architecture) {
  const Dataset data = RandomFeatures(architecture, 24, 6);
  ExpectEqualBytes(RandomQuantized(architecture, data), data);
}

TEST(Int8, FamilyMembersEqualTheExecutor) {
  for (const std::string& family : Families()) {
    const std::vector<std::string> members = Members(family).value();
    for (const size_t i : {size_t{0}, members.size() / 2, members.size() - 1}) {
      SCOPED_TRACE(members[i]);
      ExpectEqualBytes(*MakeArchitecture(members[i], {21, 18, 1}, 7));
    }
  }
}

TEST(Int8, EveryKindOfLayerEqualsTheExecutor) {
  Builder b("kinds", {14, 11, 3});
  const ActivationIndex stem = b.Conv(0, {.h = 3, .w = 4}, 13, Norm::kBatch, Relu::kYes);
  ActivationIndex x = b.Depthwise(stem, {.h = 5, .w = 3}, Norm::kBatch, Relu::kNo);
  x = b.Add(x, stem, Relu::kYes);
  const ActivationIndex y = b.Conv(x, {}, 13, Norm::kBatch, Relu::kNo);
  x = b.Add(x, y, Relu::kNo);
  x = b.MaxPool(x, {.h = 3, .w = 2, .stride_h = 2, .stride_w = 2});
  x = b.AveragePool(x, {.h = 3, .w = 3, .stride_h = 1, .stride_w = 2});
  x = b.FullyConnected(x, 30, Norm::kBatch, Relu::kYes);
  x = b.Dropout(x, 0.5F);
  b.FullyConnected(x, 6, Norm::kBias, Relu::kNo);
  ExpectEqualBytes(std::move(b).Take());
}

// 1,600 products of up to 255 * 127 do not add up exactly in one float.
TEST(Int8, LongSumsEqualTheExecutor) {
  Builder b("long", {5, 5, 64});
  const ActivationIndex x = b.Conv(0, {.h = 5, .w = 5}, 16, Norm::kBias, Relu::kNo);
  b.FullyConnected(x, 4, Norm::kBias, Relu::kNo);
  const Architecture architecture = std::move(b).Take();
  Dataset data = RandomFeatures(architecture, 8, 6);
  data.quantization.zero_point = -128;
  std::fill(data.features.begin(), data.features.begin() + 4 * data.shape.size(), int8_t{127});
  QuantizedNetwork quantized = RandomQuantized(architecture, data);
  const LayerLayout at = MakeLayout(architecture).layers[0];
  for (size_t i = 0; i < at.WeightCount(); ++i) {
    float& weight = quantized.network.parameters[at.weights + i];
    weight = weight < 0 ? 0.9F : 1.0F;
  }
  ThreadPool pool(1);
  Engine engine(quantized.network.architecture, 8, pool);
  quantized.activations = Calibrate(engine, 8, quantized.network, data, pool);
  ExpectEqualBytes(quantized, data);
}

TEST(Int8, WeightsWithoutANumberAreAnError) {
  const Architecture architecture = *MakeArchitecture("cnn-4x1", {12, 12, 1}, 3);
  QuantizedNetwork quantized = RandomQuantized(architecture, RandomFeatures(architecture, 8, 1));
  quantized.network.parameters[5] = NAN;
  EXPECT_EQ(MakeInt8Plan(quantized).error().code, Code::kInvalid);
}

TEST(Int8, DeadChannelKeepsItsBias) {
  const Architecture architecture = *MakeArchitecture("ds_cnn-8x2", {10, 10, 1}, 3);
  const Dataset data = RandomFeatures(architecture, 8, 1);
  QuantizedNetwork quantized = RandomQuantized(architecture, data);
  const LayerLayout at = MakeLayout(quantized.network.architecture).layers[0];
  for (int32_t row = 0; row < at.rows; ++row) {
    quantized.network.parameters[at.weights + static_cast<size_t>(row) * at.columns + 3] = 0;
  }
  quantized.network.parameters[at.bias + 3] = 1.5F;
  const Int8Plan plan = MakeInt8Plan(quantized).value();
  EXPECT_GT(plan.layers[0].bias[3], 1 << 20);
  ExpectEqualBytes(quantized, data);
}

}  // namespace
}  // namespace kinglet::train
