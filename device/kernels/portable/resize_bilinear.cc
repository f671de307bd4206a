#include "device/kernels/resize_bilinear.h"

#include "device/kernels/requantize.h"

namespace kinglet::kernels {
namespace {

constexpr int32_t kOne = 1 << 10;

// The two neighbours of a place along one axis, and how much each counts.
struct Neighbours {
  int32_t lower, upper;
  int32_t lower_weight, upper_weight;  // kOne in all
};

// At the edges both are the same pixel, and the weights may lie outside of 0 to kOne. The reference
// does not limit the lower neighbour and reads behind an input that is enlarged much; here it stays
// inside.
Neighbours Around(int32_t place, int32_t size) {
  Neighbours n;
  n.lower = Clamp(place / kOne, 0, size - 1);
  n.upper = Min((place + kOne - 1) / kOne, size - 1);
  n.upper_weight = place - kOne * n.lower;
  n.lower_weight = kOne - n.upper_weight;
  return n;
}

// x / 2^20, rounded to nearest with halves away from zero.
int32_t Round(int64_t x) {
  constexpr int64_t kHalf = 1 << 19;
  return static_cast<int32_t>((x > 0 ? x + kHalf : x - kHalf) / (1 << 20));
}

template <typename Element>
void Resize(const ResizeBilinearParams& p, const Element* input, Element* output) {
  for (int32_t b = 0; b < p.batches; ++b) {
    for (int32_t y = 0; y < p.output_h; ++y) {
      const Neighbours v = Around(p.first_y + y * p.step_y, p.input_h);
      const Element* const above = input + v.lower * p.input_w * p.channels;
      const Element* const below = input + v.upper * p.input_w * p.channels;
      for (int32_t x = 0; x < p.output_w; ++x) {
        const Neighbours h = Around(p.first_x + x * p.step_x, p.input_w);
        const int32_t left = h.lower * p.channels, right = h.upper * p.channels;
        for (int32_t c = 0; c < p.channels; ++c) {
          const int64_t above_sum = int64_t{above[left + c]} * h.lower_weight +
                                    int64_t{above[right + c]} * h.upper_weight;
          const int64_t below_sum = int64_t{below[left + c]} * h.lower_weight +
                                    int64_t{below[right + c]} * h.upper_weight;
          *output++ =
              static_cast<Element>(Round(above_sum * v.lower_weight + below_sum * v.upper_weight));
        }
      }
    }
    input += p.input_h * p.input_w * p.channels;
  }
}

}  // namespace

void ResizeBilinear(const ResizeBilinearParams& params, const int8_t* input, int8_t* output) {
  Resize(params, input, output);
}

void ResizeBilinearInt16(const ResizeBilinearParams& params, const int16_t* input,
                         int16_t* output) {
  Resize(params, input, output);
}

}  // namespace kinglet::kernels
