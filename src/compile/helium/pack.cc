#include "src/compile/helium/pack.h"

#include "device/kernels/requantize.h"

namespace kinglet::compile::helium {
namespace {

// Elements element..element + 3 of a filter as a little-endian word.
int32_t Word(const Filters& f, size_t channel, size_t element) {
  uint32_t word = 0;
  for (size_t k = 0; k < 4; ++k) {
    if (element + k >= f.filter_size) break;
    const size_t i = channel * f.filter_size + element + k;
    if (i >= f.weights.size()) break;
    word |= uint32_t{static_cast<uint8_t>(f.weights[i])} << (8 * k);
  }
  return static_cast<int32_t>(word);
}

}  // namespace

int32_t FoldedBias(const Filters& filters, size_t channel) {
  if (channel * filters.filter_size >= filters.weights.size()) return 0;
  int32_t sum = 0;  // of at most kFilterElementsMax weights
  for (const int8_t w :
       filters.weights.subspan(channel * filters.filter_size, filters.filter_size)) {
    sum += w;
  }
  const int32_t bias = filters.bias.empty() ? 0 : filters.bias[channel];
  return kernels::WrappingSubtract(bias, filters.input_zero_point * sum);
}

void AppendFilter(const Filters& filters, size_t channel, std::vector<int32_t>& packed) {
  for (size_t i = 0; i < filters.filter_size; i += 4) packed.push_back(Word(filters, channel, i));
}

void AppendGroup(const Filters& filters, size_t first, size_t count, std::vector<int32_t>& packed) {
  for (size_t c = first; c < first + count; ++c) packed.push_back(FoldedBias(filters, c));
  for (size_t block = 0; block < filters.filter_size; block += kLanes) {
    for (size_t c = first; c < first + count; ++c) {
      for (size_t i = block; i < block + kLanes; i += 4) packed.push_back(Word(filters, c, i));
    }
  }
}

}  // namespace kinglet::compile::helium
