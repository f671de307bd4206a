// Layers that move, pick, sum up or requantise elements.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "tests/support/layer_maker.h"

namespace kinglet::testing {
namespace {

constexpr auto kInt8 = ir::DataType::kInt8;
constexpr auto kUint8 = ir::DataType::kUint8;
constexpr auto kInt16 = ir::DataType::kInt16;
constexpr auto kInt32 = ir::DataType::kInt32;
constexpr auto kInt64 = ir::DataType::kInt64;
constexpr auto kFloat32 = ir::DataType::kFloat32;
constexpr size_t kRankMax = 6;

using Shape = std::vector<int32_t>;

}  // namespace

std::vector<LayerMaker::Maker> LayerMaker::MovingMakers() {
  using M = LayerMaker;
  return {
      {"concatenation", {kInt8, kInt16, kInt32, kFloat32}, &M::Concatenation},
      {"split", {kInt8, kInt16, kInt32, kFloat32}, &M::Split},
      {"pack", {kInt8, kInt16, kInt64}, &M::Pack},
      {"unpack", {kInt8, kInt16, kFloat32}, &M::Unpack},
      {"pad", {kInt8, kUint8, kInt16, kFloat32}, &M::Pad},
      {"slice", {kInt8, kInt16, kInt64, kFloat32}, &M::Slice},
      {"gather", {kInt8, kInt16, kFloat32}, &M::Gather},
      {"transpose", {kInt8, kInt16, kInt32, kInt64}, &M::Transpose},
      {"resize_nearest_neighbor",
       {kInt8, kInt16, kFloat32},
       &M::Resize<ir::Resize::Kind::kNearestNeighbor>},
      {"resize_bilinear", {kInt8, kInt16}, &M::Resize<ir::Resize::Kind::kBilinear>},
      {"mean", {kInt8, kInt16}, &M::Reduce<ir::Reduce::Kind::kMean>},
      {"sum", {kInt8, kInt16}, &M::Reduce<ir::Reduce::Kind::kSum>},
      {"arg_min", {kInt8}, &M::ArgExtremum<ir::ArgExtremum::Kind::kMinimum>},
      {"arg_max", {kInt8}, &M::ArgExtremum<ir::ArgExtremum::Kind::kMaximum>},
      {"quantize", {kInt8, kUint8, kInt16, kFloat32}, &M::Quantize},
      {"dequantize", {kInt8, kInt16}, &M::Dequantize},
  };
}

ir::TensorIndex LayerMaker::FinishMany(ir::Attributes attributes,
                                       std::vector<ir::TensorIndex> inputs,
                                       std::vector<ir::TensorIndex> outputs) {
  ir::Op op{{}, std::move(attributes), std::move(inputs), std::move(outputs)};
  op.name = fmt::format("{}_{}", ir::OpKindName(op.attributes), graph_.ops.size());
  graph_.ops.push_back(std::move(op));
  return graph_.ops.back().outputs[0];
}

ir::TensorIndex LayerMaker::Twin(ir::TensorIndex x, const Shape& shape) {
  const int32_t kind = Between(0, 2);
  if (kind == 0 && At(x).shape == shape) return x;
  const ir::TensorIndex other = SameScale(x, shape);
  if (kind == 1) {
    graph_.inputs.push_back(other);
  } else {
    FillWithNoise(other);
  }
  return other;
}

ir::TensorIndex LayerMaker::Concatenation(ir::TensorIndex x) {
  if (At(x).shape.empty()) return ir::kNoTensor;
  const int32_t axis = AnyAxis(x), count = Between(1, 4), place = Between(0, count - 1);
  Shape shape = At(x).shape;
  int32_t& size = shape[static_cast<size_t>(axis)];
  const int32_t own = size;
  int32_t all = 0;
  std::vector<ir::TensorIndex> inputs;
  for (int32_t i = 0; i < count; ++i) {
    size = i == place || OneIn(3) ? own : Between(1, 3);
    all += size;
    inputs.push_back(i == place ? x : Twin(x, shape));
  }
  size = all;
  return Finish(ir::Concatenation{axis}, std::move(inputs), SameScale(x, shape));
}

ir::TensorIndex LayerMaker::Split(ir::TensorIndex x) {
  if (At(x).shape.empty()) return ir::kNoTensor;
  const int32_t axis = AnyAxis(x);
  Shape shape = At(x).shape;
  int32_t& size = shape[static_cast<size_t>(axis)];
  int32_t left = size;
  const int32_t parts = Between(1, std::min(left, 4));
  const bool equal = left % parts == 0 && OneIn(2);
  std::vector<ir::TensorIndex> outputs;
  for (int32_t i = parts; i > 0; --i) {
    size = equal ? left / i : Between(1, left - (i - 1));
    if (i == 1) size = left;
    left -= size;
    outputs.push_back(SameScale(x, shape));
  }
  return FinishMany(ir::Split{axis}, {x}, std::move(outputs));
}

ir::TensorIndex LayerMaker::Pack(ir::TensorIndex x) {
  Shape shape = At(x).shape;
  if (shape.size() >= kRankMax) return ir::kNoTensor;
  const int32_t axis = Between(0, static_cast<int32_t>(shape.size()));
  const int32_t count = Between(1, 3), place = Between(0, count - 1);
  std::vector<ir::TensorIndex> inputs;
  for (int32_t i = 0; i < count; ++i) inputs.push_back(i == place ? x : Twin(x, shape));
  shape.insert(shape.begin() + axis, count);
  return Finish(ir::Pack{axis}, std::move(inputs), SameScale(x, shape));
}

ir::TensorIndex LayerMaker::Unpack(ir::TensorIndex x) {
  if (At(x).shape.empty()) return ir::kNoTensor;
  const int32_t axis = AnyAxis(x);
  Shape shape = At(x).shape;
  const int32_t count = shape[static_cast<size_t>(axis)];
  shape.erase(shape.begin() + axis);
  std::vector<ir::TensorIndex> outputs;
  for (int32_t i = 0; i < count; ++i) outputs.push_back(SameScale(x, shape));
  return FinishMany(ir::Unpack{axis}, {x}, std::move(outputs));
}

ir::TensorIndex LayerMaker::Pad(ir::TensorIndex x) {
  Shape shape = At(x).shape;
  const int32_t most = OneIn(8) ? 0 : 2;
  ir::Pad a;
  for (int32_t& size : shape) {
    a.before.push_back(Between(0, most));
    a.after.push_back(Between(0, most));
    size += a.before.back() + a.after.back();
  }
  std::vector<ir::TensorIndex> inputs = {x};
  if (OneIn(3)) {
    inputs.push_back(SameScale(x, OneIn(2) ? Shape{} : Shape{1}));
    FillWithNoise(inputs.back());
  } else if (OneIn(4)) {
    inputs.push_back(ir::kNoTensor);
  }
  return Finish(std::move(a), std::move(inputs), SameScale(x, shape));
}

ir::TensorIndex LayerMaker::Slice(ir::TensorIndex x) {
  ir::Slice a;
  const bool plain = OneIn(3);
  for (const int32_t size : At(x).shape) {
    const int32_t begin = Between(0, size - 1);
    const int32_t distance = plain ? 1 : Between(1, 3);
    const bool back = !plain && OneIn(2);
    const int32_t count = Between(1, (back ? begin : size - 1 - begin) / distance + 1);
    a.begin.push_back(begin);
    a.sizes.push_back(count);
    a.strides.push_back(count == 1 ? 1 : (back ? -distance : distance));
  }
  Shape shape = a.sizes;
  if (OneIn(2)) {
    std::erase_if(shape, [&](int32_t size) { return size == 1 && OneIn(2); });
    while (shape.size() < kRankMax && OneIn(3)) {
      shape.insert(shape.begin() + Between(0, static_cast<int32_t>(shape.size())), 1);
    }
  }
  return Finish(std::move(a), {x}, SameScale(x, shape));
}

ir::TensorIndex LayerMaker::Indices(const Shape& shape, int32_t limit) {
  ir::Tensor tensor;
  tensor.type = kInt32;
  tensor.shape = shape;
  const int32_t kind = Between(0, 2);
  if (kind == 0) {
    graph_.inputs.push_back(AddTensor(std::move(tensor)));
    return graph_.inputs.back();
  }
  tensor.constant = true;
  if (kind == 1) tensor.type = kInt64;
  for (int64_t i = 0; i < tensor.ElementCount(); ++i) {
    const int32_t index = Between(0, limit - 1);
    if (kind == 1) {
      AppendLe(tensor.data, int64_t{index});
    } else {
      AppendLe(tensor.data, index);
    }
  }
  return AddTensor(std::move(tensor));
}

ir::TensorIndex LayerMaker::Gather(ir::TensorIndex x) {
  if (At(x).shape.empty()) return ir::kNoTensor;
  const Shape in = At(x).shape;
  ir::Gather a;
  a.axis = AnyAxis(x);
  a.batch_dims = Between(0, std::min(a.axis, 2));
  Shape indices(in.begin(), in.begin() + a.batch_dims);
  const int32_t more = Between(0, 2);
  for (int32_t i = 0; i < more; ++i) indices.push_back(Between(1, 4));
  if (in.size() - 1 + static_cast<size_t>(more) > kRankMax) return ir::kNoTensor;
  Shape shape(in.begin(), in.begin() + a.axis);
  shape.insert(shape.end(), indices.begin() + a.batch_dims, indices.end());
  shape.insert(shape.end(), in.begin() + a.axis + 1, in.end());
  const ir::TensorIndex list = Indices(indices, in[static_cast<size_t>(a.axis)]);
  return Finish(a, {x, list}, SameScale(x, shape));
}

ir::TensorIndex LayerMaker::Transpose(ir::TensorIndex x) {
  ir::Transpose a;
  a.permutation.resize(At(x).shape.size());
  std::iota(a.permutation.begin(), a.permutation.end(), 0);
  for (size_t i = a.permutation.size(); i > 1; --i) {
    std::swap(a.permutation[i - 1], a.permutation[random_.Below(static_cast<uint32_t>(i))]);
  }
  Shape shape;
  for (const int32_t d : a.permutation) shape.push_back(At(x).shape[static_cast<size_t>(d)]);
  return Finish(std::move(a), {x}, SameScale(x, shape));
}

template <ir::Resize::Kind kKind>
ir::TensorIndex LayerMaker::Resize(ir::TensorIndex x) {
  if (!IsImage(x)) return ir::kNoTensor;
  ir::Resize a;
  a.kind = kKind;
  a.align_corners = OneIn(3);
  const bool both = kKind == ir::Resize::Kind::kNearestNeighbor;
  a.half_pixel_centers = (!a.align_corners || both) && OneIn(2);
  Shape shape = At(x).shape;
  shape[1] = Between(1, 12);
  shape[2] = draw_ == Draw::kExtreme && OneIn(6) ? Between(150, 250) : Between(1, 12);
  return Finish(a, {x}, SameScale(x, shape));
}

template <ir::Reduce::Kind kKind>
ir::TensorIndex LayerMaker::Reduce(ir::TensorIndex x) {
  ir::Reduce a{kKind, {}, OneIn(2)};
  Shape shape;
  for (size_t d = 0; d < At(x).shape.size(); ++d) {
    const bool reduced = OneIn(2);
    if (reduced) a.axes.push_back(static_cast<int32_t>(d));
    if (!reduced || a.keep_dims) shape.push_back(reduced ? 1 : At(x).shape[d]);
  }
  return Finish(std::move(a), {x}, OneIn(4) ? SameScale(x, shape) : Like(x, shape));
}

template <ir::ArgExtremum::Kind kKind>
ir::TensorIndex LayerMaker::ArgExtremum(ir::TensorIndex x) {
  if (At(x).shape.empty()) return ir::kNoTensor;
  const int32_t axis = AnyAxis(x);
  Shape shape = At(x).shape;
  shape.erase(shape.begin() + axis);
  return Finish(ir::ArgExtremum{kKind, axis}, {x},
                Activation(shape, OneIn(2) ? kInt32 : kInt64, 1, 0));
}

ir::TensorIndex LayerMaker::Quantize(ir::TensorIndex x) {
  std::vector<ir::DataType> types = {kInt8};
  if (At(x).type != kUint8) types.push_back(kInt16);
  if (At(x).type == kInt8) types.push_back(kUint8);
  if (At(x).type == kInt8 || At(x).type == kInt16) types.push_back(kInt32);
  const ir::DataType type =
      types[static_cast<size_t>(Between(0, static_cast<int32_t>(types.size()) - 1))];
  if (At(x).type == type && OneIn(4)) {
    return Finish(ir::Quantize{}, {x}, SameScale(x, At(x).shape));
  }
  const float scale = Scale();
  const ir::TensorIndex output = Activation(At(x).shape, type, scale, ZeroPoint(type));
  graph_.tensors[static_cast<size_t>(output)].quantization = {{scale}, {ZeroPoint(type)}, 0};
  return Finish(ir::Quantize{}, {x}, output);
}

ir::TensorIndex LayerMaker::Dequantize(ir::TensorIndex x) {
  return Finish(ir::Dequantize{}, {x}, Activation(At(x).shape, kFloat32, 1, 0));
}

}  // namespace kinglet::testing
