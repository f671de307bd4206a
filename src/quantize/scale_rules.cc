#include "src/quantize/scale_rules.h"

namespace kinglet::quantize {
namespace {

struct Keeps {
  bool operator()(const ir::Pool2d&) const { return true; }
  bool operator()(const ir::Reshape&) const { return true; }
  bool operator()(const ir::Extremum&) const { return true; }
  template <typename Other>
  bool operator()(const Other&) const {
    return false;
  }
};

struct Fixed {
  using Grid = std::optional<ir::Quantization>;
  Grid operator()(const ir::Softmax&) const { return ir::Quantization{{1.0F / 256}, {-128}, 0}; }
  Grid operator()(const ir::Logistic&) const { return ir::Quantization{{1.0F / 256}, {-128}, 0}; }
  Grid operator()(const ir::Tanh&) const { return ir::Quantization{{1.0F / 128}, {0}, 0}; }
  template <typename Other>
  Grid operator()(const Other&) const {
    return std::nullopt;
  }
};

// The specification leaves open whether fully connected layers have a scale a channel; one a tensor
// runs everywhere.
struct Weights {
  using Rule = std::optional<WeightRule>;
  Rule operator()(const ir::Conv2d&) const { return WeightRule{0, true}; }
  Rule operator()(const ir::DepthwiseConv2d&) const { return WeightRule{3, true}; }
  Rule operator()(const ir::FullyConnected&) const { return WeightRule{0, false}; }
  template <typename Other>
  Rule operator()(const Other&) const {
    return std::nullopt;
  }
};

}  // namespace

bool KeepsScale(const ir::Attributes& attributes) { return std::visit(Keeps{}, attributes); }

std::optional<ir::Quantization> FixedOutput(const ir::Attributes& attributes) {
  return std::visit(Fixed{}, attributes);
}

std::optional<WeightRule> WeightsOf(const ir::Attributes& attributes) {
  return std::visit(Weights{}, attributes);
}

}  // namespace kinglet::quantize
