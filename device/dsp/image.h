// Picture front end: uint8 pixels to int8 features of the same shape. Integers only.
#pragma once

#include <stdint.h>

namespace kinglet::dsp {

enum class ImageNormalize : uint8_t {
  kNone,      // q = pixel - 128
  kContrast,  // deviation from the picture's mean, 1/32 of its mean absolute deviation per LSB
};

struct ImageConfig {
  uint32_t pixel_bytes;  // width x height x channels
  ImageNormalize normalize;
};

// `features` gets pixel_bytes values; it may be the same memory as `image`.
void ExtractImage(const ImageConfig& config, const uint8_t* image, int8_t* features);

}  // namespace kinglet::dsp
