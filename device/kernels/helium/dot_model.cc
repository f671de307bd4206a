#include "device/kernels/helium/dot.h"
#include "device/kernels/helium/lanes.h"

#if !defined(__ARM_FEATURE_MVE)

namespace {

using kinglet::kernels::kLanes;
using kinglet::kernels::Lane;
using kinglet::kernels::ScaleLane;
using kinglet::kernels::WrappingAdd;

constexpr int32_t kWords = kLanes / 4;

// VMLADAVA: sixteen weights are four words.
int32_t AddProducts(const int8_t* input, const int32_t* weights, int32_t sum) {
  for (int32_t i = 0; i < kLanes; ++i) {
    sum = WrappingAdd(sum, input[i] * Lane(weights[i / 4], i % 4));
  }
  return sum;
}

void Gather(KingletGather& gather, const int8_t* window, int32_t step) {
  gather.window = const_cast<int8_t*>(window);
  KingletGatherRows(&gather);
  gather.input += step;
}

template <bool kSigned>
void RunPair(const KingletPixelPairs& job, int32_t pair) {
  if (job.gather != nullptr) {
    Gather(*job.gather, job.input0, job.gather_step);
    Gather(*job.gather, job.input1, job.gather_step);
  }
  const int32_t* packed = job.packed;
  const int8_t* const inputs[2] = {job.input0 + pair * job.input_step,
                                   job.input1 + pair * job.input_step};
  int8_t* const outputs[2] = {job.output0 + pair * job.output_step,
                              job.output1 + pair * job.output_step};
  for (int32_t group = 0; group < job.groups; ++group) {
    int32_t sums[2][4];
    for (int32_t pixel = 0; pixel < 2; ++pixel) {
      for (int32_t c = 0; c < 4; ++c) sums[pixel][c] = packed[c];
    }
    packed += 4;
    for (int32_t b = 0; b < job.blocks; ++b) {
      for (int32_t c = 0; c < 4; ++c, packed += kWords) {
        for (int32_t pixel = 0; pixel < 2; ++pixel) {
          sums[pixel][c] = AddProducts(inputs[pixel] + kLanes * b, packed, sums[pixel][c]);
        }
      }
    }
    for (int32_t pixel = 0; pixel < 2; ++pixel) {
      for (int32_t c = 0; c < 4; ++c) {
        outputs[pixel][c - 4 * group] =
            ScaleLane<kSigned>(sums[pixel][c], packed[c], packed[4 + c], job.clamp);
      }
    }
    packed += 8;
  }
}

}  // namespace

void KingletPixelPairsSigned(const KingletPixelPairs* job) {
  for (int32_t pair = 0; pair < job->pairs; ++pair) RunPair<true>(*job, pair);
}
void KingletPixelPairsRectified(const KingletPixelPairs* job) {
  for (int32_t pair = 0; pair < job->pairs; ++pair) RunPair<false>(*job, pair);
}

void KingletGatherRows(const KingletGather* job) {
  for (int32_t row = 0; row < job->rows; ++row) {
    for (int32_t i = 0; i < job->row_bytes; ++i) {
      job->window[row * job->window_step + i] = job->input[row * job->input_step + i];
    }
  }
}

void KingletFillBlocks(int8_t* window, int32_t value, int32_t blocks) {
  for (int32_t i = 0; i < kLanes * blocks; ++i) window[i] = static_cast<int8_t>(value);
}

void KingletDenseByEight(const KingletDenseVectors* job) {
  const int32_t* packed = job->packed;
  int8_t* output = job->output;
  for (int32_t group = 0; group < job->groups; ++group) {
    int32_t sums[8];
    for (int32_t& sum : sums) sum = *packed++;
    for (int32_t b = 0; b < job->blocks; ++b) {
      for (int32_t& sum : sums) {
        sum = AddProducts(job->input + kLanes * b, packed, sum);
        packed += kWords;
      }
    }
    for (const int32_t sum : sums) {
      *output++ = ScaleLane<true>(sum, job->multiplier, job->shift, job->clamp);
    }
  }
}

#endif
