#include "src/train/families.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace kinglet::train {
namespace {

struct Size {
  int32_t width;   // channels of the first layer
  int32_t blocks;  // ds_cnn: blocks in all; cnn: blocks a stage
};

struct Family {
  std::string name;
  std::vector<Size> sizes;  // smallest first
  Architecture (*make)(std::string name, Size size, Shape input, int32_t classes);
};

ActivationIndex SeparableBlock(Builder& builder, ActivationIndex x, int32_t channels,
                               int32_t stride) {
  x = builder.Depthwise(x, {.h = 3, .w = 3, .stride_h = stride, .stride_w = stride}, Norm::kBatch,
                        Relu::kYes);
  return builder.Conv(x, {}, channels, Norm::kBatch, Relu::kYes);
}

// The smallest stride that leaves at most `most` columns; at least 2 where there are more than 8 to
// begin with.
int32_t ColumnStride(int32_t width, int32_t most) {
  int32_t stride = width > 8 ? 2 : 1;
  while ((width + stride - 1) / stride > most) stride *= 2;
  return stride;
}

Architecture MakeDsCnn(std::string name, Size size, Shape input, int32_t classes) {
  Builder builder(std::move(name), input);
  const Window stem{.h = std::min(10, input.h),
                    .w = std::min(std::max(4, 2 * ColumnStride(input.w, 10)), input.w),
                    .stride_h = std::max(1, (input.h + 12) / 25),
                    .stride_w = ColumnStride(input.w, 10)};
  ActivationIndex x = builder.Conv(0, stem, size.width, Norm::kBatch, Relu::kYes);
  for (int32_t i = 0; i < size.blocks; ++i) x = SeparableBlock(builder, x, size.width, 1);
  x = builder.GlobalAveragePool(x);
  x = builder.Dropout(x, 0.2F);
  builder.FullyConnected(x, classes, Norm::kBias, Relu::kNo);
  return std::move(builder).Take();
}

Architecture MakeCnn(std::string name, Size size, Shape input, int32_t classes) {
  Builder builder(std::move(name), input);
  const int32_t side = std::max(input.h, input.w);
  const int32_t stem_stride = side > 128 ? 4 : side > 40 ? 2 : 1;
  int32_t channels = size.width;
  ActivationIndex x =
      builder.Conv(0, {.h = 3, .w = 3, .stride_h = stem_stride, .stride_w = stem_stride}, channels,
                   Norm::kBatch, Relu::kYes);
  for (int32_t stage = 0; std::min(builder.shape(x).h, builder.shape(x).w) > 8; ++stage) {
    const int32_t wider = std::min(2 * channels, 8 * size.width);
    // The first halving sees few channels, where a full convolution costs little and keeps most.
    x = stage == 0 ? builder.Conv(x, {.h = 3, .w = 3, .stride_h = 2, .stride_w = 2}, wider,
                                  Norm::kBatch, Relu::kYes)
                   : SeparableBlock(builder, x, wider, 2);
    channels = wider;
    for (int32_t i = 0; i < size.blocks; ++i) x = SeparableBlock(builder, x, channels, 1);
  }
  x = builder.GlobalAveragePool(x);
  x = builder.Dropout(x, 0.2F);
  builder.FullyConnected(x, classes, Norm::kBias, Relu::kNo);
  return std::move(builder).Take();
}

const std::vector<Family>& AllFamilies() {
  static const std::vector<Family> kFamilies = {
      {"ds_cnn",
       {{8, 2}, {12, 3}, {16, 3}, {24, 3}, {32, 4}, {48, 4}, {64, 4}, {96, 4}, {128, 5}, {192, 5}},
       MakeDsCnn},
      {"cnn",
       {{4, 1}, {8, 1}, {12, 1}, {16, 1}, {16, 2}, {24, 1}, {24, 2}, {32, 1}, {32, 2}, {48, 2}},
       MakeCnn},
  };
  return kFamilies;
}

std::string MemberName(const Family& family, Size size) {
  return fmt::format("{}-{}x{}", family.name, size.width, size.blocks);
}

}  // namespace

std::vector<std::string> Families() {
  std::vector<std::string> names;
  for (const Family& family : AllFamilies()) names.push_back(family.name);
  return names;
}

Result<std::vector<std::string>> Members(std::string_view family) {
  for (const Family& known : AllFamilies()) {
    if (known.name != family) continue;
    std::vector<std::string> names;
    for (const Size& size : known.sizes) names.push_back(MemberName(known, size));
    return names;
  }
  return Fail(Code::kNotFound, "model family '{}' does not exist; there are {}", family,
              fmt::join(Families(), ", "));
}

Result<Architecture> MakeArchitecture(std::string_view member, Shape shape, int32_t classes) {
  constexpr int32_t kSideMax = 1024, kChannelsMax = 64, kClassesMax = 1000;
  if (shape.h < 1 || shape.w < 1 || shape.h > kSideMax || shape.w > kSideMax || shape.c < 1 ||
      shape.c > kChannelsMax) {
    return Fail(Code::kInvalid,
                "{}: input of {} x {} x {}; sides must be 1 to {}, channels 1 to {}", member,
                shape.h, shape.w, shape.c, kSideMax, kChannelsMax);
  }
  if (classes < 2 || classes > kClassesMax) {
    return Fail(Code::kInvalid, "{}: {} classes; must be 2 to {}", member, classes, kClassesMax);
  }
  for (const Family& family : AllFamilies()) {
    for (const Size& size : family.sizes) {
      if (MemberName(family, size) == member) {
        return family.make(std::string(member), size, shape, classes);
      }
    }
  }
  return Fail(Code::kNotFound, "model '{}' is no member of the families {}", member,
              fmt::join(Families(), ", "));
}

}  // namespace kinglet::train
