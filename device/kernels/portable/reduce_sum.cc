#include "device/kernels/reduce_sum.h"

#include "device/kernels/requantize.h"

namespace kinglet::kernels {
namespace {

// Calls visit(element) for those along four dimensions from `first` on, in order.
template <typename Element, typename Visit>
void Walk(const int32_t* sizes, const int32_t* steps, const Element* first, const Visit& visit) {
  static_assert(kReduceRank == 4);
  for (int32_t a = 0; a < sizes[0]; ++a) {
    for (int32_t b = 0; b < sizes[1]; ++b) {
      for (int32_t c = 0; c < sizes[2]; ++c) {
        const Element* element = first + a * steps[0] + b * steps[1] + c * steps[2];
        for (int32_t d = 0; d < sizes[3]; ++d) visit(element + d * steps[3]);
      }
    }
  }
}

template <typename Element>
void Reduce(const ReduceSumParams& p, const Element* input, Element* output, int32_t min,
            int32_t max) {
  Walk(p.kept_sizes, p.kept_steps, input, [&](const Element* first) {
    int32_t sum = 0;
    Walk(p.summed_sizes, p.summed_steps, first, [&](const Element* x) { sum += *x; });
    const int32_t scaled =
        MultiplyByQuantizedMultiplier(sum - p.zero_points, p.multiplier, p.shift);
    *output++ = static_cast<Element>(Clamp(WrappingAdd(scaled, p.output_zero_point), min, max));
  });
}

}  // namespace

void ReduceSum(const ReduceSumParams& params, const int8_t* input, int8_t* output) {
  Reduce(params, input, output, INT8_MIN, INT8_MAX);
}

void ReduceSumInt16(const ReduceSumParams& params, const int16_t* input, int16_t* output) {
  Reduce(params, input, output, INT16_MIN, INT16_MAX);
}

}  // namespace kinglet::kernels
