// The model as every stage sees it: tensors, operators in execution order, and what is read and
// written from outside. A Graph is a plain value; passes take one and return one. Nothing in it
// points into a file.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "src/base/bytes.h"
#include "src/base/result.h"

namespace kinglet::ir {

enum class DataType : uint8_t { kInt8, kUint8, kInt16, kInt32, kInt64, kFloat32, kBool };
std::string_view DataTypeName(DataType type);
uint32_t DataTypeBytes(DataType type);

// real = scale * (quantised - zero_point). One scale for the tensor, or one per index of dimension
// `axis` (then zero points are 0).
struct Quantization {
  std::vector<float> scales;
  std::vector<int32_t> zero_points;
  int32_t axis = 0;
  bool present() const { return !scales.empty(); }
  bool operator==(const Quantization&) const = default;
};

// Activations are NHWC; convolution weights OHWI; depthwise weights 1HWC; fully connected weights
// OI (as in .tflite).
struct Tensor {
  std::string name;
  DataType type = DataType::kInt8;
  std::vector<int32_t> shape;
  Quantization quantization;
  bool constant = false;
  Bytes data;  // little-endian elements when constant, else empty

  int64_t ElementCount() const;
  int64_t ByteCount() const { return ElementCount() * DataTypeBytes(type); }
  bool operator==(const Tensor&) const = default;
};

using TensorIndex = int32_t;
inline constexpr TensorIndex kNoTensor =
    -1;  // an optional input that is left out, e.g. a missing bias

enum class Activation : uint8_t { kNone, kRelu, kRelu6, kReluN1To1, kTanh, kSignBit };

// Zeros put around the input, in elements; .tflite's SAME and VALID are worked out when a model is
// read.
struct Padding {
  int32_t top = 0, left = 0, bottom = 0, right = 0;
  bool operator==(const Padding&) const = default;
};

// Attributes, one struct per operator. Inputs in .tflite's order.
struct Conv2d {  // input, weights OHWI, bias
  int32_t stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  Padding padding;
  Activation activation = Activation::kNone;
  bool operator==(const Conv2d&) const = default;
};
struct DepthwiseConv2d {  // input, weights 1HWC, bias
  int32_t stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1, depth_multiplier = 1;
  Padding padding;
  Activation activation = Activation::kNone;
  bool operator==(const DepthwiseConv2d&) const = default;
};
// The transpose of a convolution from its output to its input; `padding` is cut off its output.
struct TransposeConv2d {  // input, weights OHWI, bias
  int32_t stride_h = 1, stride_w = 1;
  Padding padding;
  Activation activation = Activation::kNone;
  bool operator==(const TransposeConv2d&) const = default;
};
struct FullyConnected {  // input, weights OI, bias
  Activation activation = Activation::kNone;
  bool keep_dims = false;
  bool operator==(const FullyConnected&) const = default;
};
// Two inputs that stretch to each other's shape: aligned at the last dimension, sizes of 1 repeat.
struct Add {
  Activation activation = Activation::kNone;
  bool operator==(const Add&) const = default;
};
struct Sub {
  Activation activation = Activation::kNone;
  bool operator==(const Sub&) const = default;
};
struct Mul {
  Activation activation = Activation::kNone;
  bool operator==(const Mul&) const = default;
};
struct Extremum {
  enum class Kind : uint8_t { kMinimum, kMaximum };
  Kind kind = Kind::kMinimum;
  bool operator==(const Extremum&) const = default;
};
struct Prelu {  // input, slopes of its negative values
  bool operator==(const Prelu&) const = default;
};
// One input, element by element.
struct Clip {  // RELU, RELU6, RELU_N1_TO_1
  Activation range = Activation::kRelu;
  bool operator==(const Clip&) const = default;
};
struct LeakyRelu {
  float alpha = 0;
  bool operator==(const LeakyRelu&) const = default;
};
struct HardSwish {
  bool operator==(const HardSwish&) const = default;
};
struct Logistic {
  bool operator==(const Logistic&) const = default;
};
struct Tanh {
  bool operator==(const Tanh&) const = default;
};
struct Pool2d {  // input
  enum class Kind : uint8_t { kAverage, kMax };
  Kind kind = Kind::kAverage;
  int32_t filter_h = 1, filter_w = 1, stride_h = 1, stride_w = 1;
  Padding padding;
  Activation activation = Activation::kNone;
  bool operator==(const Pool2d&) const = default;
};
struct Reshape {  // input; the new shape is the output tensor's
  bool operator==(const Reshape&) const = default;
};
struct Softmax {  // input
  float beta = 1.0F;
  bool operator==(const Softmax&) const = default;
};

using Attributes =
    std::variant<Conv2d, DepthwiseConv2d, FullyConnected, Add, Sub, Mul, Extremum, Prelu, Clip,
                 LeakyRelu, HardSwish, Logistic, Tanh, Pool2d, Reshape, Softmax, TransposeConv2d>;

struct Op {
  std::string name;  // unique in the graph; used in messages, reports and generated code
  Attributes attributes;
  std::vector<TensorIndex> inputs, outputs;
  bool operator==(const Op&) const = default;
};

// Key of Graph::metadata: the names of the classes, in the order of the output's elements, one per
// line.
inline constexpr std::string_view kLabelsMetadata = "kinglet.labels";

struct Graph {
  std::string name;
  std::vector<Tensor> tensors;
  std::vector<Op> ops;  // in execution order
  std::vector<TensorIndex> inputs, outputs;
  std::map<std::string, std::string> metadata;  // kept in the .tflite file's metadata table

  const Tensor& tensor(TensorIndex index) const { return tensors[static_cast<size_t>(index)]; }
  bool operator==(const Graph&) const = default;
};

// "conv_2d", "fully_connected", "average_pool_2d", ...: the field's name of the operator.
std::string_view OpKindName(const Attributes& attributes);

// Multiply-accumulates of one execution of `op` (0 for operators without weights).
int64_t OpMacs(const Graph& graph, const Op& op);
int64_t GraphMacs(const Graph& graph);

// Everything later stages rely on: indices in range, each tensor written once before it is read,
// shapes and types that match the operator, quantisation present where needed, constants of the
// right length, sizes below 2^31. kInvalid names the op or tensor.
Status Verify(const Graph& graph);

}  // namespace kinglet::ir
