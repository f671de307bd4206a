#include "device/dsp/fft.h"

#include "device/dsp/fixed.h"

namespace kinglet::dsp {
namespace {

void Swap(int32_t& a, int32_t& b) {
  const int32_t old = a;
  a = b;
  b = old;
}

void ReverseBits(int32_t* data, uint32_t points) {
  uint32_t reversed = 0;
  for (uint32_t i = 1; i < points; ++i) {
    uint32_t bit = points >> 1;
    for (; (reversed & bit) != 0; bit >>= 1) reversed ^= bit;
    reversed |= bit;
    if (i < reversed) {
      Swap(data[2 * i], data[2 * reversed]);
      Swap(data[2 * i + 1], data[2 * reversed + 1]);
    }
  }
}

// (a + b) / 2 and (a - b) / 2, with b already halved.
void Butterfly(int32_t* a, int32_t* b, int32_t half_re, int32_t half_im) {
  const int32_t re = a[0] >> 1;
  const int32_t im = a[1] >> 1;
  a[0] = re + half_re;
  a[1] = im + half_im;
  b[0] = re - half_re;
  b[1] = im - half_im;
}

// One stage of butterflies between points `half` apart. Twiddle k + half/2 is -i times twiddle k,
// so the two share their factors and only a quarter wave is needed; k = 0 needs no multiplication.
void Stage(int32_t* data, uint32_t points, uint32_t half, uint32_t step, uint32_t quarter,
           const int16_t* cosine) {
  const uint32_t next = 4 * half;  // words from one group to the next
  int32_t* const end = data + 2 * points;
  for (int32_t* a = data; a < end; a += next) {
    int32_t* b = a + 2 * half;
    Butterfly(a, b, b[0] >> 1, b[1] >> 1);
  }
  for (int32_t* a = data + half; a < end; a += next) {
    int32_t* b = a + 2 * half;
    Butterfly(a, b, b[1] >> 1, -(b[0] >> 1));
  }
  for (uint32_t k = 1; k < half / 2; ++k) {
    const int32_t c = cosine[k * step];
    const int32_t s = cosine[quarter - k * step];
    for (int32_t* a = data + 2 * k; a < end; a += next) {
      int32_t* b = a + 2 * half;
      Butterfly(a, b, MulShift16(b[0], c) + MulShift16(b[1], s),
                MulShift16(b[1], c) - MulShift16(b[0], s));
      int32_t* a2 = a + half;
      int32_t* b2 = a2 + 2 * half;
      Butterfly(a2, b2, MulShift16(b2[1], c) - MulShift16(b2[0], s),
                -(MulShift16(b2[0], c) + MulShift16(b2[1], s)));
    }
  }
}

// From the transform Z of even + i odd samples to the bins of the real samples, halved:
// X[k] = E + W^k O and X[N/2 - k] = conj(E - W^k O).
void Split(int32_t* data, uint32_t points, const int16_t* cosine) {
  const int32_t zero_re = data[0] >> 1;
  const int32_t zero_im = data[1] >> 1;
  data[0] = zero_re + zero_im;
  data[1] = zero_re - zero_im;
  const uint32_t quarter = points / 2;
  for (uint32_t k = 1; k < quarter; ++k) {
    int32_t* low = data + 2 * k;
    int32_t* high = data + 2 * (points - k);
    const int32_t even_re = (low[0] >> 1) + (high[0] >> 1);
    const int32_t even_im = (low[1] >> 1) - (high[1] >> 1);
    const int32_t odd_re = (low[1] >> 1) + (high[1] >> 1);
    const int32_t odd_im = (high[0] >> 1) - (low[0] >> 1);
    const int32_t c = cosine[k];
    const int32_t s = cosine[quarter - k];
    const int32_t turned_re = MulShift16(odd_re, c) + MulShift16(odd_im, s);
    const int32_t turned_im = MulShift16(odd_im, c) - MulShift16(odd_re, s);
    low[0] = (even_re >> 1) + turned_re;
    low[1] = (even_im >> 1) + turned_im;
    high[0] = (even_re >> 1) - turned_re;
    high[1] = turned_im - (even_im >> 1);
  }
  int32_t* middle = data + 2 * quarter;
  middle[0] >>= 1;
  middle[1] = -(middle[1] >> 1);
}

}  // namespace

void RealFft(int32_t* data, int32_t log2_size, const int16_t* cosine) {
  const uint32_t points = uint32_t{1} << (log2_size - 1);
  const uint32_t quarter = points / 2;
  ReverseBits(data, points);
  for (int32_t* a = data; a < data + 2 * points; a += 4) {
    Butterfly(a, a + 2, a[2] >> 1, a[3] >> 1);
  }
  for (uint32_t half = 2, step = quarter; half < points; half *= 2, step /= 2) {
    Stage(data, points, half, step, quarter, cosine);
  }
  Split(data, points, cosine);
}

}  // namespace kinglet::dsp
