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
  // Little-endian elements: of a constant; what a variable holds before the first inference. Else
  // empty.
  Bytes data;
  // Keeps its content from one inference to the next. Only Copy and the operators with memory write
  // it, any number of times; who reads it sees what the last of them left.
  bool variable = false;

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
// Operators that move elements and keep their values, of any type.
struct Concatenation {  // any number of inputs, joined along `axis`
  int32_t axis = 0;
  bool operator==(const Concatenation&) const = default;
};
struct Split {  // input, cut along `axis` into the outputs
  int32_t axis = 0;
  bool operator==(const Split&) const = default;
};
struct Pack {  // any number of inputs of one shape, the slices of the output's dimension `axis`
  int32_t axis = 0;
  bool operator==(const Pack&) const = default;
};
struct Unpack {  // input, whose slices along `axis` are the outputs
  int32_t axis = 0;
  bool operator==(const Unpack&) const = default;
};
// input, value: one constant element to put around the input; left out, real 0.
struct Pad {
  std::vector<int32_t> before, after;  // elements, per dimension
  bool operator==(const Pad&) const = default;
};
// input; per dimension `sizes` elements from `begin` on, `strides` (not 0) apart. The output's
// shape is `sizes`, with dimensions of 1 left out or put in anywhere.
struct Slice {
  std::vector<int32_t> begin, sizes, strides;
  bool operator==(const Slice&) const = default;
};
// input, indices along `axis`; the first `batch_dims` dimensions of both go together.
struct Gather {
  int32_t axis = 0, batch_dims = 0;
  bool operator==(const Gather&) const = default;
};
struct Transpose {                   // input
  std::vector<int32_t> permutation;  // the output's dimension i is the input's permutation[i]
  bool operator==(const Transpose&) const = default;
};
struct Resize {  // input; the new height and width are the output's
  enum class Kind : uint8_t { kNearestNeighbor, kBilinear };
  Kind kind = Kind::kNearestNeighbor;
  bool align_corners = false, half_pixel_centers = false;
  bool operator==(const Resize&) const = default;
};
struct Reduce {  // input
  enum class Kind : uint8_t { kMean, kSum };
  Kind kind = Kind::kMean;
  std::vector<int32_t> axes;  // rising
  bool keep_dims = false;
  bool operator==(const Reduce&) const = default;
};
struct ArgExtremum {  // input; where along `axis` its least or greatest element first stands
  enum class Kind : uint8_t { kMinimum, kMaximum };
  Kind kind = Kind::kMinimum;
  int32_t axis = 0;
  bool operator==(const ArgExtremum&) const = default;
};
struct Quantize {  // input: floats, or integers at another scale
  bool operator==(const Quantize&) const = default;
};
struct Dequantize {  // input; the output is its floats
  bool operator==(const Dequantize&) const = default;
};
struct Softmax {  // input
  float beta = 1.0F;
  bool operator==(const Softmax&) const = default;
};
// Input 0 as it stands, from or to a variable: what a variable is assigned, or what it held at this
// place in the order.
struct Copy {
  bool operator==(const Copy&) const = default;
};
// Operators with memory: variables that they read and then write are inputs and outputs alike.
//
// Input; the weights of the input for the input, forget, cell and output gate; those of the hidden
// state for the same gates; their four biases; hidden state, cell state. Outputs: the sequence of
// hidden states; hidden state, cell state.
struct UnidirectionalSequenceLstm {
  bool time_major = false;  // input and output are [time, batch, size], else [batch, time, size]
  float cell_clip = 0;      // greatest magnitude of the cell state; 0: no limit
  bool operator==(const UnidirectionalSequenceLstm&) const = default;
};
// Input, feature weights, time weights, bias, activation state. Outputs: result, activation state.
struct Svdf {
  int32_t rank = 1;
  Activation activation = Activation::kNone;
  bool operator==(const Svdf&) const = default;
};

using Attributes =
    std::variant<Conv2d, DepthwiseConv2d, FullyConnected, Add, Sub, Mul, Extremum, Prelu, Clip,
                 LeakyRelu, HardSwish, Logistic, Tanh, Pool2d, Reshape, Concatenation, Split, Pack,
                 Unpack, Pad, Slice, Gather, Transpose, Resize, Reduce, ArgExtremum, Quantize,
                 Dequantize, Softmax, TransposeConv2d, Copy, UnidirectionalSequenceLstm, Svdf>;

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

// Whether the graph has variables, so that inferences depend on those before.
bool HasState(const Graph& graph);

// "conv_2d", "fully_connected", "average_pool_2d", ...: the field's name of the operator.
std::string_view OpKindName(const Attributes& attributes);

// Multiply-accumulates of one execution of `op` (0 for operators without weights).
int64_t OpMacs(const Graph& graph, const Op& op);
int64_t GraphMacs(const Graph& graph);

// Everything later stages rely on: indices in range, each tensor written once before it is read
// (variables apart),
// shapes and types that match the operator, quantisation present where needed, constants of the
// right length, sizes below 2^31. kInvalid names the op or tensor.
Status Verify(const Graph& graph);

}  // namespace kinglet::ir
