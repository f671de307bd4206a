// A network's weights: one flat array in the layout the kernels want, and the batch norm
// statistics. A plain value that can be copied, hashed and written to a checkpoint.
//
// Channels are padded with zeros to a multiple of kChannelBlock, everywhere, so that no kernel has
// a remainder loop; padded weights and activations stay exactly zero through training.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "src/base/hash.h"
#include "src/train/architecture.h"

namespace kinglet::train {

inline constexpr int32_t kChannelBlock = 8;
inline constexpr float kBatchNormEpsilon = 1e-3F;

constexpr int32_t PaddedChannels(int32_t channels) {
  return (channels + kChannelBlock - 1) / kChannelBlock * kChannelBlock;
}

// Where one layer's numbers lie. Offsets into Network::parameters and, for `mean` and `variance`,
// Network::statistics.
struct LayerLayout {
  int32_t rows = 0;  // weights are rows x columns: kernel_h * kernel_w * in.c (depthwise: kernel_h
                     // * kernel_w) ...
  int32_t columns = 0;  // ... by padded output channels
  size_t weights = 0;
  size_t gamma = 0;  // batch norm's factor
  size_t bias = 0;   // batch norm's beta, or the bias
  size_t mean = 0, variance = 0;

  size_t WeightCount() const { return static_cast<size_t>(rows) * static_cast<size_t>(columns); }
};

struct Layout {
  std::vector<LayerLayout> layers;  // one for each layer; all zero for layers without weights
  size_t parameter_count = 0, statistic_count = 0;
};
Layout MakeLayout(const Architecture& architecture);

struct Network {
  Architecture architecture;
  // The input is multiplied by this before the first layer, so that training sees values of about 1
  // whatever the features' unit. Folded into the first weights on deployment.
  float input_gain = 1;
  std::vector<float> parameters;
  std::vector<float> statistics;  // running mean and variance

  // He initialisation (He et al. 2015) for layers with ReLU, variance 1 / inputs for others; batch
  // norm is the identity.
  static Network Initialize(Architecture architecture, uint64_t seed);
  Digest Hash() const;
};

// The same function at inference, with batch norm and the input gain folded into weights and
// biases, and dropout gone.
Network FoldBatchNorm(const Network& network);

}  // namespace kinglet::train
