// Fourier transform of real samples, in place, 32-bit fixed point with 16-bit twiddle factors.
#pragma once

#include <stdint.h>

namespace kinglet::dsp {

constexpr int32_t kFftLog2Min = 6;   // 64 samples
constexpr int32_t kFftLog2Max = 10;  // 1,024 samples
// |sample| must stay below this, so that no intermediate value leaves 32 bits.
constexpr int32_t kFftInputLimit = int32_t{1} << 30;

// X[k] / N of N = 2^log2_size real samples in data[0..N-1]; each stage halves, so nothing
// overflows. After it data[2k], data[2k + 1] are the real and imaginary part of bin k, 0 < k < N/2;
// data[0] is bin 0 and data[1] is bin N/2. `cosine`: cos(2 pi i / N) in Q15 (at most 32,767) for i
// = 0..N/4. A complex transform of N/2 points and a split, as in Sorensen et al., "Real-valued fast
// Fourier transform algorithms", 1987.
void RealFft(int32_t* data, int32_t log2_size, const int16_t* cosine);

}  // namespace kinglet::dsp
