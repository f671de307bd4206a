#include "device/dsp/image.h"

#include "device/dsp/fixed.h"

namespace kinglet::dsp {
namespace {

void NormalizeContrast(const ImageConfig& config, const uint8_t* image, int8_t* features) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < config.pixel_bytes; ++i) sum += image[i];
  const auto mean = static_cast<int32_t>((sum + config.pixel_bytes / 2) / config.pixel_bytes);
  uint32_t deviation_sum = 0;
  for (uint32_t i = 0; i < config.pixel_bytes; ++i) {
    const int32_t deviation = image[i] - mean;
    deviation_sum += static_cast<uint32_t>(deviation < 0 ? -deviation : deviation);
  }
  // gain = 32 * pixels / deviation_sum in Q8, from at most 3 * 2^20 pixels: the quotient is taken
  // in two 32-bit steps. A nearly flat picture is not blown up: its deviation counts as at least
  // two grey levels.
  const uint32_t deviation_min = 2 * config.pixel_bytes;
  if (deviation_sum < deviation_min) deviation_sum = deviation_min;
  const uint32_t deviation_q8 = deviation_sum / config.pixel_bytes * 256 +
                                deviation_sum % config.pixel_bytes * 256 / config.pixel_bytes;
  const auto gain_q8 = static_cast<int32_t>(uint32_t{32} * 256 * 256 / deviation_q8);
  for (uint32_t i = 0; i < config.pixel_bytes; ++i) {
    features[i] = SaturateInt8(((image[i] - mean) * gain_q8 + 128) >> 8);
  }
}

}  // namespace

void ExtractImage(const ImageConfig& config, const uint8_t* image, int8_t* features) {
  if (config.normalize == ImageNormalize::kContrast) {
    NormalizeContrast(config, image, features);
    return;
  }
  for (uint32_t i = 0; i < config.pixel_bytes; ++i) {
    features[i] = static_cast<int8_t>(image[i] - 128);
  }
}

}  // namespace kinglet::dsp
