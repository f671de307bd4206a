// The features of the MLPerf Tiny keyword model, written from the published description of its
// training: Kinglet's own are integer arithmetic of another shape.
#pragma once

#include <cstdint>
#include <vector>

namespace kinglet::testing {

inline constexpr int kKeywordFrames = 49, kKeywordCoefficients = 10;

// 49 x 10 MFCC of a second of 16 kHz sound: divided by its largest sample; frames of 30 ms every
// 20 ms under a periodic Hann window; magnitudes of a DFT of 512; 40 triangles on the mel scale of
// 2595 log10(1 + f/700) from 20 to 4000 Hz; log(x + 1e-6); the first 10 coefficients of an
// orthogonal DCT-II, of which the first is not halved.
std::vector<float> KeywordFeatures(std::vector<int16_t> samples);

}  // namespace kinglet::testing
