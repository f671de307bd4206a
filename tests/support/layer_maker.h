// Makes operators of every kind at random, one after another, on a graph that stays valid.
#pragma once

#include <string_view>
#include <vector>

#include "src/base/random.h"
#include "src/ir/graph.h"

namespace kinglet::testing {

class LayerMaker {
 public:
  // How scales and zero points are drawn: as in a trained network, or often at their limits.
  enum class Draw : uint8_t { kUsual, kExtreme };

  LayerMaker(uint64_t seed, uint64_t stream, Draw draw) : random_(seed, stream), draw_(draw) {}

  // Every kind of layer with the types of its activations, e.g. "mul" and int16.
  struct Kind {
    std::string_view name;  // as ir::OpKindName tells it
    ir::DataType type = ir::DataType::kInt8;
  };
  static const std::vector<Kind>& Kinds();

  // A layer of this kind on `x`; returns its (first) output, or kNoTensor when `x` has no shape or
  // type for it.
  ir::TensorIndex Layer(std::string_view kind, ir::TensorIndex x);

  // A new input of the graph.
  ir::TensorIndex Input(std::vector<int32_t> shape, ir::DataType type);

  int32_t Between(int32_t low, int32_t high) {
    return low + static_cast<int32_t>(random_.Below(static_cast<uint32_t>(high - low + 1)));
  }
  const ir::Tensor& At(ir::TensorIndex index) const { return graph_.tensor(index); }
  ir::Graph& graph() { return graph_; }

 private:
  struct Maker {
    std::string_view name;
    std::vector<ir::DataType> types;
    ir::TensorIndex (LayerMaker::*make)(ir::TensorIndex);
  };
  static const std::vector<Maker>& Makers();
  static std::vector<Maker> MovingMakers();

  bool OneIn(int32_t n) { return Between(1, n) == 1; }
  float Scale();
  int32_t ZeroPoint(ir::DataType type);
  ir::Activation AnyActivation();
  ir::TensorIndex AddTensor(ir::Tensor tensor);
  ir::TensorIndex Activation(std::vector<int32_t> shape, ir::DataType type, float scale,
                             int32_t zero_point);
  // Of x's type, with any scale and zero point.
  ir::TensorIndex Like(ir::TensorIndex x, std::vector<int32_t> shape);
  // Of x's type, scale and zero point.
  ir::TensorIndex SameScale(ir::TensorIndex x, std::vector<int32_t> shape);
  void FillWithNoise(ir::TensorIndex index);  // which makes it constant
  // A tensor for a second input: x itself, a constant, or an input of the graph.
  ir::TensorIndex Other(ir::TensorIndex x, const std::vector<int32_t>& shape);
  ir::TensorIndex Weights(std::vector<int32_t> shape, int32_t axis, bool per_channel,
                          int64_t filter_size, float ratio);
  void AddBias(ir::Op& op, int32_t channels);
  ir::TensorIndex Finish(ir::Attributes attributes, std::vector<ir::TensorIndex> inputs,
                         ir::TensorIndex output);
  template <typename Attributes>
  std::pair<int32_t, int32_t> Pad(Attributes& a, ir::TensorIndex x, int32_t filter_h,
                                  int32_t filter_w, int32_t dilation_h, int32_t dilation_w);
  bool IsImage(ir::TensorIndex x) const { return At(x).shape.size() == 4; }

  ir::TensorIndex Conv(ir::TensorIndex x);
  ir::TensorIndex Depthwise(ir::TensorIndex x);
  ir::TensorIndex TransposeConv(ir::TensorIndex x);
  ir::TensorIndex FullyConnected(ir::TensorIndex x);
  template <ir::Pool2d::Kind kKind>
  ir::TensorIndex Pool(ir::TensorIndex x);
  // Of x and something that stretches to it, in either order, or a bigger shape.
  ir::TensorIndex Binary(ir::Attributes attributes, ir::TensorIndex x);
  template <typename Attributes>
  ir::TensorIndex Activated(ir::TensorIndex x) {
    return Binary(Attributes{AnyActivation()}, x);
  }
  template <ir::Extremum::Kind kKind>
  ir::TensorIndex Extremum(ir::TensorIndex x) {
    return Binary(ir::Extremum{kKind}, x);
  }
  ir::TensorIndex Prelu(ir::TensorIndex x);
  template <ir::Activation kRange>
  ir::TensorIndex Clip(ir::TensorIndex x) {
    return Finish(ir::Clip{kRange}, {x}, Like(x, At(x).shape));
  }
  ir::TensorIndex LeakyRelu(ir::TensorIndex x);
  ir::TensorIndex HardSwish(ir::TensorIndex x);
  ir::TensorIndex Logistic(ir::TensorIndex x);
  ir::TensorIndex Tanh(ir::TensorIndex x);
  ir::TensorIndex Softmax(ir::TensorIndex x);
  ir::TensorIndex Reshape(ir::TensorIndex x);
  // Operators with memory, in layer_maker_recurrent.cc.
  ir::TensorIndex Lstm(ir::TensorIndex x);
  ir::TensorIndex Svdf(ir::TensorIndex x);
  // Something that reads and assigns a variable, before or after one another.
  ir::TensorIndex Copy(ir::TensorIndex x);
  // x in `rank` dimensions, by a reshape if there must be one.
  ir::TensorIndex InRank(ir::TensorIndex x, size_t rank);
  // A variable that begins at its zero point.
  ir::TensorIndex State(std::vector<int32_t> shape, ir::DataType type, float scale,
                        int32_t zero_point);
  ir::TensorIndex RowWeights(std::vector<int32_t> shape, ir::DataType type, float scale);
  ir::TensorIndex BiasOf(int32_t count, ir::DataType type);

  // layer_maker_move.cc
  ir::TensorIndex FinishMany(ir::Attributes attributes, std::vector<ir::TensorIndex> inputs,
                             std::vector<ir::TensorIndex> outputs);
  // As Other, with x's own scale.
  ir::TensorIndex Twin(ir::TensorIndex x, const std::vector<int32_t>& shape);
  // A dimension of x, which must have one.
  int32_t AnyAxis(ir::TensorIndex x) {
    return Between(0, static_cast<int32_t>(At(x).shape.size()) - 1);
  }
  ir::TensorIndex Concatenation(ir::TensorIndex x);
  ir::TensorIndex Split(ir::TensorIndex x);
  ir::TensorIndex Pack(ir::TensorIndex x);
  ir::TensorIndex Unpack(ir::TensorIndex x);
  ir::TensorIndex Pad(ir::TensorIndex x);
  ir::TensorIndex Slice(ir::TensorIndex x);
  ir::TensorIndex Indices(const std::vector<int32_t>& shape, int32_t limit);
  ir::TensorIndex Gather(ir::TensorIndex x);
  ir::TensorIndex Transpose(ir::TensorIndex x);
  template <ir::Resize::Kind kKind>
  ir::TensorIndex Resize(ir::TensorIndex x);
  template <ir::Reduce::Kind kKind>
  ir::TensorIndex Reduce(ir::TensorIndex x);
  template <ir::ArgExtremum::Kind kKind>
  ir::TensorIndex ArgExtremum(ir::TensorIndex x);
  ir::TensorIndex Quantize(ir::TensorIndex x);
  ir::TensorIndex Dequantize(ir::TensorIndex x);

  Random random_;
  Draw draw_;
  ir::Graph graph_;
};

}  // namespace kinglet::testing
