// Weights, biases and scales in the form that the kernels for Helium read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace kinglet::compile::helium {

constexpr size_t kLanes = 16;  // bytes of a vector

// Rows of weights of one layer: row c is the filter of output channel c.
struct Filters {
  std::span<const int8_t> weights;
  std::span<const int32_t> bias;  // may be empty
  size_t filter_size;
  int32_t input_zero_point;
};

// The bias of `channel` with the input's zero point in it; 0 for a channel behind the last.
int32_t FoldedBias(const Filters& filters, size_t channel);

// Appends all elements of a filter, whose size is a multiple of four.
void AppendFilter(const Filters& filters, size_t channel, std::vector<int32_t>& packed);

// Appends the biases of `count` channels from `first` on, then for each sixteen elements of a
// filter those of each channel; zeros fill up elements and channels.
void AppendGroup(const Filters& filters, size_t first, size_t count, std::vector<int32_t>& packed);

}  // namespace kinglet::compile::helium
