// Augmentation of features while training: each epoch sees each sample changed anew. All of it
// stays on the features' int8 grid, so that the int8 phase trains on what the device can see.
#pragma once

#include <cstdint>
#include <span>

#include "src/base/random.h"
#include "src/train/architecture.h"

namespace kinglet::train {

// For spectrograms h is time and w frequency.
struct Augmentation {
  int32_t shift_h_max = 0;  // moved by up to so many rows either way; edge rows are repeated
  int32_t shift_w_max = 0;  // the same for columns
  // Rows stretched or squeezed about the middle by up to this fraction: speech faster or slower.
  float stretch_h_max = 0;
  // The same for columns. On a mel axis it is the length of the vocal tract, hence another speaker
  // (vocal tract length perturbation, Jaitly and Hinton 2013).
  float stretch_w_max = 0;
  // A slow wave over the columns is added, of up to so many steps of the grid: another microphone,
  // another voice. Places at the lowest value stay there: silence has no colour.
  int32_t colour_max = 0;
  bool flip_w = false;  // mirrored with probability 1/2
  int32_t mask_h_max =
      0;  // SpecAugment (Park et al. 2019): a band of up to so many rows is set to the mean
  int32_t mask_w_max = 0;  // the same for columns
  int32_t cutout_max =
      0;  // a square of up to this side is set to the mean (DeVries and Taylor 2017)
};

// Writes the changed copy of `in` to `out` (both of shape.size() values). `fill` is the value of
// masked places.
void Augment(const Augmentation& augmentation, const Shape& shape, std::span<const int8_t> in,
             int8_t fill, Random& random, std::span<int8_t> out);

}  // namespace kinglet::train
