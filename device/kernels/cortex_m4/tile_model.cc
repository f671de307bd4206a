#include "device/kernels/cortex_m4/simd_model.h"
#include "device/kernels/cortex_m4/tile.h"

#if !defined(__ARM_FEATURE_DSP)

namespace {

using namespace kinglet::kernels;  // NOLINT(google-build-using-namespace): the model of a kernel

void Encode(const int8_t* x, int32_t* a, int32_t* b) {
  *a = Pair(x[1], x[3]);
  *b = Pair(256 * x[0] + 127 - x[1], 256 * x[2] + 127 - x[3]);
}

int32_t Products(int32_t weights, int32_t a, int32_t b, int32_t sum) {
  return Smlad(Sxtb16(weights), b, Smlad(weights, a, sum));
}

// From 256 times a sum (and a constant that is part of the bias) to the int8 output.
template <bool kRectified>
int8_t Scale(int32_t sum, int32_t twice_bias, int32_t multiplier, int32_t shift, int32_t rounding) {
  const int32_t twice_sum = WrappingAdd(twice_bias, sum >> 7);
  if (!kRectified) rounding = WrappingAdd(rounding, twice_sum >> 31);
  const int32_t scaled = WrappingAdd(Smmulr(twice_sum, multiplier), rounding);
  return static_cast<int8_t>(Clamp(scaled >> shift >> 1, -128, 127));
}

template <bool kRectified>
void Run(const KingletConvTile& job) {
  const int32_t* packed = job.packed;
  for (int32_t pair = 0; pair < job.pairs; ++pair) {
    int32_t sums[4][2] = {};
    for (int32_t q = 0; q < job.quads; ++q, packed += 2) {
      const int32_t* x = job.tile + 8 * q;
      for (int32_t pixel = 0; pixel < 4; ++pixel) {
        for (int32_t c = 0; c < 2; ++c) {
          sums[pixel][c] = Products(packed[c], x[pixel], x[4 + pixel], sums[pixel][c]);
        }
      }
    }
    for (int32_t c = 0; c < 2; ++c, packed += 3) {
      const int32_t rounding = WrappingShiftLeft(job.rounding, packed[2]);
      for (int32_t pixel = 0; pixel < 4; ++pixel) {
        job.output[pixel * job.output_step + 2 * pair + c] =
            Scale<kRectified>(sums[pixel][c], packed[0], packed[1], packed[2], rounding);
      }
    }
  }
}

int8_t ScaleDense(const KingletDense& job, int32_t sum, int32_t twice_bias, int32_t multiplier,
                  int32_t shift, int32_t rounding) {
  return job.rectified != 0 ? Scale<true>(sum, twice_bias, multiplier, shift, rounding)
                            : Scale<false>(sum, twice_bias, multiplier, shift, rounding);
}

// scale(sum, packed): takes the channel's words behind the weights.
template <typename ScaleSum>
void RunDense(const KingletDense& job, const ScaleSum& scale) {
  const int32_t* packed = job.packed;
  int8_t* output = job.output;
  for (int32_t group = 0; group < job.groups; ++group) {
    int32_t sums[4] = {};
    for (int32_t q = 0; q < job.quads; ++q, packed += 4) {
      int32_t a, b;
      Encode(job.input + 4 * q, &a, &b);
      for (int32_t c = 0; c < 4; ++c) sums[c] = Products(packed[c], a, b, sums[c]);
    }
    for (int32_t c = 0; c < 4; ++c) *output++ = scale(sums[c], packed);
  }
}

}  // namespace

void KingletConvTileSigned(const KingletConvTile* job) { Run<false>(*job); }
void KingletConvTileRectified(const KingletConvTile* job) { Run<true>(*job); }

void KingletEncodeRun(const int8_t* input, int32_t quads, int32_t* tile) {
  for (int32_t q = 0; q < quads; ++q) Encode(input + 4 * q, tile + 8 * q, tile + 8 * q + 4);
}

void KingletEncodePixels(const int8_t* input, int32_t step_bytes, int32_t quads, int32_t* tile) {
  for (int32_t pixel = 0; pixel < 4; ++pixel) {
    KingletEncodeRun(input + pixel * step_bytes, quads, tile + pixel);
  }
}

void KingletDenseGroups(const KingletDense* job) {
  const int32_t rounding = WrappingShiftLeft(job->rounding, job->shift);
  RunDense(*job, [=](int32_t sum, const int32_t*& packed) {
    return ScaleDense(*job, sum, *packed++, job->multiplier, job->shift, rounding);
  });
}

void KingletDenseChannels(const KingletDense* job) {
  RunDense(*job, [=](int32_t sum, const int32_t*& packed) {
    const int32_t bias = packed[0], multiplier = packed[1], shift = packed[2];
    packed += 3;
    const int32_t rounding = WrappingShiftLeft(job->rounding, shift);
    return ScaleDense(*job, sum, bias, multiplier, shift, rounding);
  });
}

#endif
