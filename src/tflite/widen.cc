#include "src/tflite/widen.h"

#include <cmath>
#include <limits>

namespace kinglet::tflite {
namespace {

float FromHalf(uint16_t half) {
  const int exponent = half >> 10 & 31;
  const int fraction = half & 1023;
  float value = 0;
  if (exponent == 31) {
    value = fraction == 0 ? std::numeric_limits<float>::infinity()
                          : std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    value = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    value = std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
  }
  return (half & 0x8000) != 0 ? -value : value;
}

// How many elements follow each other with the same index of `axis`.
Result<size_t> RunLength(const ir::Tensor& tensor, size_t axis) {
  int64_t run = 1;
  for (size_t d = axis + 1; d < tensor.shape.size(); ++d) {
    if (tensor.shape[d] < 1 || run > std::numeric_limits<int32_t>::max()) {
      return Fail(Code::kInvalid, "tensor '{}': dimension {} is {}", tensor.name, d,
                  tensor.shape[d]);
    }
    run *= tensor.shape[d];
  }
  return static_cast<size_t>(run);
}

}  // namespace

void WidenHalves(ir::Tensor& tensor) {
  Bytes wide;
  wide.reserve(tensor.data.size() * 2);
  for (size_t at = 0; at + sizeof(uint16_t) <= tensor.data.size(); at += sizeof(uint16_t)) {
    AppendLe(wide, FromHalf(LoadLe<uint16_t>(tensor.data, at)));
  }
  tensor.data = std::move(wide);
  tensor.type = ir::DataType::kFloat32;
}

Status WidenInt8(ir::Tensor& tensor) {
  const ir::Quantization& q = tensor.quantization;
  const size_t count = q.scales.size();
  size_t run = tensor.data.size();
  if (count != 1) {
    const auto axis = static_cast<size_t>(q.axis);
    if (axis >= tensor.shape.size() || static_cast<size_t>(tensor.shape[axis]) != count) {
      return Fail(Code::kInvalid, "tensor '{}': {} scales along axis {} of {} dimensions",
                  tensor.name, count, q.axis, tensor.shape.size());
    }
    KINGLET_TRY(run, RunLength(tensor, axis));
  }
  Bytes wide;
  wide.reserve(tensor.data.size() * sizeof(float));
  for (size_t i = 0; i < tensor.data.size(); ++i) {
    const size_t channel = i / run % count;
    const auto value = static_cast<double>(static_cast<int8_t>(tensor.data[i]));
    AppendLe(wide, static_cast<float>((value - q.zero_points[channel]) *
                                      static_cast<double>(q.scales[channel])));
  }
  tensor.data = std::move(wide);
  tensor.type = ir::DataType::kFloat32;
  tensor.quantization = {};
  return {};
}

}  // namespace kinglet::tflite
