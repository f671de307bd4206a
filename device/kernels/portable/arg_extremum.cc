#include "device/kernels/arg_extremum.h"

namespace kinglet::kernels {
namespace {

template <typename Index>
void Find(const ArgExtremumParams& p, const int8_t* input, Index* output) {
  // Where the least is asked for, the greatest complement: ~x falls as x rises.
  const int32_t flip = p.greatest != 0 ? 0 : -1;
  for (int32_t o = 0; o < p.outer; ++o) {
    for (int32_t i = 0; i < p.inner; ++i) {
      const int8_t* element = input + i;
      int32_t best = *element ^ flip, found = 0;
      for (int32_t a = 1; a < p.axis_size; ++a) {
        element += p.inner;
        const int32_t value = *element ^ flip;
        if (value <= best) continue;
        best = value;
        found = a;
      }
      *output++ = found;
    }
    input += p.axis_size * p.inner;
  }
}

}  // namespace

void ArgExtremum(const ArgExtremumParams& params, const int8_t* input, int32_t* output) {
  Find(params, input, output);
}

void ArgExtremumInt64(const ArgExtremumParams& params, const int8_t* input, int64_t* output) {
  Find(params, input, output);
}

}  // namespace kinglet::kernels
