#include "src/signal/resources.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "src/signal/emit.h"

namespace kinglet::signal {
namespace {

Resources Estimate(const Options& options, CoreClass core = CoreClass::kArmv7m) {
  return EstimateResources(Pipeline::Make(options).value(), core);
}

TEST(Resources, CoresFindTheirClass) {
  EXPECT_EQ(CoreClassOf("cortex-m0plus").value(), CoreClass::kArmv6m);
  EXPECT_EQ(CoreClassOf("cortex-m4f").value(), CoreClass::kArmv7m);
  EXPECT_EQ(CoreClassOf("cortex-m33").value(), CoreClass::kArmv7m);
  EXPECT_EQ(CoreClassOf("cortex-m55").value(), CoreClass::kArmv81m);
  EXPECT_EQ(CoreClassOf("rv32imc").value(), CoreClass::kRv32imc);
  EXPECT_EQ(CoreClassOf("z80").error().code, Code::kNotFound);
}

// The sizes that the emitted header states are the ones that were planned with.
TEST(Resources, StateIsWhatTheEmittedHeaderDeclares) {
  for (const int frame_ms : {20, 32, 64}) {
    AudioOptions options;
    options.frame_ms = frame_ms;
    const Pipeline pipeline = Pipeline::Make(options).value();
    const std::string header = EmitFrontEnd(pipeline).files[0].text;
    const auto number = [&](const std::string& before) {
      const size_t at = header.find(before);
      return at == std::string::npos ? -1 : std::atoi(header.c_str() + at + before.size());
    };
    const Resources resources = EstimateResources(pipeline, CoreClass::kArmv7m);
    EXPECT_EQ(resources.state_bytes, static_cast<uint32_t>(4 + 2 * number("int16_t overlap[") +
                                                           number("int8_t history[")));
    EXPECT_EQ(resources.scratch_bytes, static_cast<uint32_t>(number("kScratchBytes = ")));
    EXPECT_EQ(resources.input_bytes, static_cast<uint32_t>(2 * number("kChunkSamples = ")));
  }
}

TEST(Resources, MoreWorkCostsMore) {
  AudioOptions options;
  const Resources base = Estimate(options);
  options.frame_ms = 64;
  EXPECT_GT(Estimate(options).instructions, 2 * base.instructions);
  EXPECT_GT(Estimate(options).table_bytes, base.table_bytes);
  options = {};
  options.stride_ms = 10;
  EXPECT_EQ(Estimate(options).instructions, 2 * base.instructions);
  options = {};
  options.coefficients = 10;
  EXPECT_GT(Estimate(options).instructions, base.instructions);
  EXPECT_GT(Estimate(AudioOptions{}, CoreClass::kArmv6m).instructions, base.instructions);
}

TEST(Resources, PicturesNeedNoTablesAndOneBuffer) {
  const Resources resources = Estimate(ImageOptions{.width = 32, .height = 32, .channels = 3});
  EXPECT_EQ(resources.table_bytes, 0U);
  EXPECT_EQ(resources.state_bytes, 0U);
  EXPECT_EQ(resources.scratch_bytes, 0U);
  EXPECT_EQ(resources.input_bytes, 3'072U);
  EXPECT_GT(resources.instructions, 0U);
}

}  // namespace
}  // namespace kinglet::signal
