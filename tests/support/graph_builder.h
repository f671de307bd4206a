// Small quantised models, built operator by operator.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/random.h"
#include "src/ir/graph.h"

namespace kinglet::testing {

// Builds a graph operator by operator; each function returns the output tensor. Weights and scales
// come from the seed.
class GraphBuilder {
 public:
  GraphBuilder(std::string name, uint64_t seed) : random_(seed) { graph_.name = std::move(name); }

  ir::TensorIndex Input(std::vector<int32_t> shape);
  // An activation that the model carries with it.
  ir::TensorIndex Constant(std::vector<int32_t> shape);

  struct Window {
    int32_t filter = 3, stride = 1, padding = 1;
    std::optional<ir::Activation> activation{};  // a convolution's is else kRelu, others' kNone
  };
  ir::TensorIndex Conv(ir::TensorIndex input, int32_t channels, const Window& window);
  ir::TensorIndex Depthwise(ir::TensorIndex input, int32_t multiplier, const Window& window);
  enum class Scales : uint8_t { kPerTensor, kPerChannel };
  ir::TensorIndex Dense(ir::TensorIndex input, int32_t outputs,
                        Scales scales = Scales::kPerChannel);
  ir::TensorIndex Add(ir::TensorIndex x, ir::TensorIndex y);
  ir::TensorIndex Pool(ir::TensorIndex input, ir::Pool2d::Kind kind, const Window& window);
  ir::TensorIndex GlobalAverage(ir::TensorIndex input);
  ir::TensorIndex Flatten(ir::TensorIndex input);
  ir::TensorIndex Softmax(ir::TensorIndex input);

  const std::vector<int32_t>& Shape(ir::TensorIndex tensor) const;
  // The finished graph with these outputs.
  ir::Graph Finish(std::vector<ir::TensorIndex> outputs);

 private:
  ir::TensorIndex Activation(std::vector<int32_t> shape);
  ir::TensorIndex Weights(std::vector<int32_t> shape, int32_t axis,
                          Scales scales = Scales::kPerChannel);
  ir::TensorIndex Bias(int32_t count);
  ir::TensorIndex AddOp(std::string_view kind, ir::Attributes attributes,
                        std::vector<ir::TensorIndex> inputs, ir::TensorIndex output);

  ir::Graph graph_;
  Random random_;
};

// conv, depthwise, pointwise, residual add, pooling, flatten, dense, softmax on 8x8x3: every kind
// of operator once.
ir::Graph SmallNetwork();

}  // namespace kinglet::testing
