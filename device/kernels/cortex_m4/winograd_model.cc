#include "device/kernels/cortex_m4/simd_model.h"
#include "device/kernels/cortex_m4/winograd.h"

#if !defined(__ARM_FEATURE_DSP)

namespace {

using namespace kinglet::kernels;  // NOLINT(google-build-using-namespace): the model of a kernel

constexpr int32_t kPositions = 16;
constexpr int32_t kLanes = 8;  // two tiles, four channels

int32_t Add16(int32_t a, int32_t b) { return Pair(Low(a) + Low(b), High(a) + High(b)); }
int32_t Sub16(int32_t a, int32_t b) { return Pair(Low(a) - Low(b), High(a) - High(b)); }

// B^T x for one row or column.
void Transform(const int32_t* x, int32_t step, int32_t* out) {
  out[0] = Sub16(x[0], x[2 * step]);
  out[1] = Add16(x[step], x[2 * step]);
  out[2] = Sub16(x[2 * step], x[step]);
  out[3] = Sub16(x[step], x[3 * step]);
}

// From four times a sum to the int8 output. rounding: (2 * zero point + 1) << shift.
int8_t Scale(int32_t sum, const int32_t* scale, int32_t rounding) {
  int32_t scaled = Smmulr(WrappingAdd(scale[0], sum >> 1), scale[1]);
  scaled += scaled >> 31;
  return static_cast<int8_t>(Clamp(WrappingAdd(scaled, rounding) >> scale[2] >> 1, -128, 127));
}

}  // namespace

void KingletWinogradTransform(const KingletWinogradInput* job) {
  const int32_t position_step = job->quads * 4;  // words: two pairs of two tiles
  for (int32_t q = 0; q < job->quads; ++q) {
    for (int32_t half = 0; half < 2; ++half) {  // channels 0 and 2, then 1 and 3
      int32_t d[16], by_row[16], column[4];
      for (int32_t i = 0; i < 16; ++i) {
        const int8_t* x =
            job->patch + (i / 4) * job->row_bytes + (i % 4) * job->pixel_bytes + 4 * q + half;
        d[i] = Pair(x[0], x[2]);
      }
      for (int32_t row = 0; row < 4; ++row) Transform(d + 4 * row, 1, by_row + 4 * row);
      for (int32_t j = 0; j < 4; ++j) {
        Transform(by_row + j, 4, column);
        for (int32_t i = 0; i < 4; ++i) {
          job->transform[(4 * i + j) * position_step + 2 * (2 * q + half)] = column[i];
        }
      }
    }
  }
}

void KingletWinogradProducts(const KingletWinogradTiles* job) {
  const int32_t* packed = job->packed;
  int8_t* output = job->output;
  for (int32_t group = 0; group < job->groups; ++group, output += 4) {
    const int32_t* v = job->transform;
    for (int32_t position = 0; position < kPositions; ++position) {
      int32_t* sums = job->sums + position * kLanes;
      for (int32_t lane = 0; lane < kLanes; ++lane) sums[lane] = 0;
      for (int32_t pair = 0; pair < job->pairs; ++pair, v += 2, packed += 4) {
        for (int32_t lane = 0; lane < kLanes; ++lane) {
          sums[lane] = Smlad(packed[lane % 4], v[lane / 4], sums[lane]);
        }
      }
    }
    for (int32_t c = 0; c < 4; ++c, packed += 3) {
      const int32_t rounding = WrappingShiftLeft(job->rounding, packed[2]);
      for (int32_t tile = 0; tile < 2; ++tile) {
        int32_t s[2][4];
        for (int32_t j = 0; j < 4; ++j) {
          const int32_t* m = job->sums + j * kLanes + 4 * tile + c;
          const int32_t m1 = m[4 * kLanes], m2 = m[8 * kLanes], m3 = m[12 * kLanes];
          s[0][j] = m[0] + m1 + m2;
          s[1][j] = m1 - m2 - m3;
        }
        for (int32_t y = 0; y < 2; ++y) {
          int8_t* pixel = output + y * job->row_step + 2 * tile * job->pixel_step + c;
          const int32_t left = s[y][0] + s[y][1] + s[y][2];
          const int32_t right = s[y][1] - s[y][2] - s[y][3];
          pixel[0] = Scale(left, packed, rounding);
          pixel[job->pixel_step] = Scale(right, packed, rounding);
        }
      }
    }
  }
}

#endif
