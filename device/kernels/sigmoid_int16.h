// The logistic function and tanh of int16 values, bit for bit as TensorFlow Lite's reference
// kernels compute them: straight lines between 256 points of the logistic function, of which tanh
// is made by tanh(x) = 2 * logistic(2 * x) - 1.
#pragma once

#include <stdint.h>

#include "device/kernels/requantize.h"

namespace kinglet::kernels {

// Steps of the table in a unit of the argument.
inline constexpr int32_t kSigmoidStepsPerUnit = 24;

// 2^16 / (1 + exp(-i / kSigmoidStepsPerUnit)), mostly rounded up: the reference's values, which no
// formula gives.
inline constexpr uint16_t kSigmoidTable[256] = {
    32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794,
    41432, 42064, 42688, 43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443,
    48964, 49475, 49975, 50464, 50942, 51409, 51865, 52311, 52745, 53169, 53581, 53983, 54374,
    54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433, 57724, 58007, 58280, 58544,
    58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110, 61279,
    61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990,
    63090, 63186, 63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968, 64030,
    64090, 64148, 64204, 64257, 64308, 64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652,
    64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900, 64926, 64950, 64974, 64997, 65019,
    65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208, 65221, 65234,
    65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360,
    65367, 65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433,
    65438, 65442, 65445, 65449, 65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476,
    65479, 65481, 65483, 65485, 65488, 65489, 65491, 65493, 65495, 65497, 65498, 65500, 65501,
    65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513, 65514, 65515, 65516,
    65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524,
    65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529,
    65529, 65530, 65530, 65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532,
    65532, 65532, 65532, 65533, 65533, 65533, 65533, 65533, 65533, 65533, 65533, 65534, 65534,
    65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65535};

inline constexpr uint32_t kSigmoidLast = 255;

// The table at `magnitude` / 2^kFractionBits steps, times 2^kFractionBits; `saturated` at its end.
template <uint32_t kFractionBits>
inline uint32_t SigmoidOfMagnitude(uint32_t magnitude, uint32_t saturated) {
  const uint32_t step = magnitude >> kFractionBits;
  const uint32_t from = step < kSigmoidLast ? step : kSigmoidLast - 1;
  const uint32_t low = kSigmoidTable[from], high = kSigmoidTable[from + 1];
  const uint32_t fraction = magnitude & ((uint32_t{1} << kFractionBits) - 1);
  const uint32_t line = (low << kFractionBits) + fraction * (high - low);
  return step < kSigmoidLast ? line : saturated;
}

inline uint32_t Magnitude(int32_t x) {
  return x < 0 ? uint32_t{0} - static_cast<uint32_t>(x) : static_cast<uint32_t>(x);
}

// 1 / (1 + exp(-x)) in Q0.15; x in steps of 2^-9 / kSigmoidStepsPerUnit.
inline int16_t LogisticInt16(int32_t x) {
  constexpr uint32_t kHalf = 1 << 9;
  const uint32_t sigmoid = SigmoidOfMagnitude<9>(Magnitude(x), uint32_t{INT16_MAX} << 10);
  const uint32_t rounded = x < 0 ? (uint32_t{1} << 25) - sigmoid + kHalf - 1 : sigmoid + kHalf;
  return static_cast<int16_t>(rounded >> 10);
}

// tanh(x) in Q0.15; x in steps of 2^-9 / kSigmoidStepsPerUnit, which are 2^-8 of 2 * x.
inline int16_t TanhInt16(int32_t x) {
  constexpr int32_t kOne = 1 << 23, kHalf = 1 << 7;
  const int32_t sigmoid =
      static_cast<int32_t>(SigmoidOfMagnitude<8>(Magnitude(x), uint32_t{UINT16_MAX} << 8));
  const int32_t rounded = x < 0 ? kOne - sigmoid + kHalf - 1 : sigmoid - kOne + kHalf;
  return static_cast<int16_t>(rounded >> 8);
}

}  // namespace kinglet::kernels
