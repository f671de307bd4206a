#include "device/kernels/lanes/fully_connected.h"

#include "device/kernels/lanes/dense.h"

namespace kinglet::kernels {
namespace {

void MakeBlocks(const int8_t* input, const int8_t* lengths, int32_t count, int32_t* blocks) {
  for (int32_t b = 0; b < count; ++b) {
    const int32_t length{lengths[b]};
    int32_t sum = 0;
    for (int32_t i = 0; i < length; ++i) sum += *input++;
    *blocks++ = kLanesInputBytes * (kLanesInputsOfBlock - length);
    *blocks++ = static_cast<int32_t>(0x00800080 * static_cast<uint32_t>(sum) - 0x8000);
  }
  *blocks = kLanesEndOfInputs;
}

}  // namespace

void LanesFullyConnected(const LanesFullyConnectedParams& params, const int8_t* input,
                         const int32_t* weights, const int32_t* biases, const int32_t* scales,
                         const int8_t* blocks, int32_t* scratch, int8_t* output) {
  const LanesFullyConnectedParams& p = params;
  const int32_t groups = p.output_size / 4, rest = p.output_size % 4;
  for (int32_t b = 0; b < p.batches; ++b, input += p.input_size, output += p.output_size) {
    MakeBlocks(input, blocks, p.blocks, scratch);
    KingletLanesDense job{
        input,
        scratch,
        weights,
        biases,
        scales,
        output,
        groups,
        4 * p.scale_words,
        {0, 1, 2, 3},
        -0x8000 * p.blocks,
        MakeLanesRange(p.piece_bits, p.activation_min, p.activation_max, p.output_zero_point)};
    if (groups > 0) KingletLanesDenseRun(&job);
    if (rest == 0) continue;
    job.weights += groups * p.input_size;
    job.biases += groups * 4;
    job.scales += groups * 4 * p.scale_words;
    job.output += groups * 4;
    job.groups = 1;
    for (int32_t i = rest; i < 4; ++i) job.offsets[i] = 0;
    KingletLanesDenseRun(&job);
  }
}

}  // namespace kinglet::kernels
