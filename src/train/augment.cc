#include "src/train/augment.h"

#include <algorithm>
#include <cstring>

namespace kinglet::train {
namespace {

struct Box {
  int32_t top = 0, left = 0, h = 0, w = 0;
};

// Uniform in -limit..limit.
int32_t Offset(int32_t limit, Random& random) {
  return limit > 0
             ? static_cast<int32_t>(random.Below(2 * static_cast<uint32_t>(limit) + 1)) - limit
             : 0;
}

// A stretch of 0..limit places within `size`.
void Stretch(int32_t limit, int32_t size, Random& random, int32_t& start, int32_t& length) {
  length = static_cast<int32_t>(random.Below(static_cast<uint32_t>(std::min(limit, size)) + 1));
  start = static_cast<int32_t>(random.Below(static_cast<uint32_t>(size - length) + 1));
}

void Fill(const Shape& shape, Box box, int8_t fill, std::span<int8_t> out) {
  const auto bytes = static_cast<size_t>(box.w) * static_cast<size_t>(shape.c);
  for (int32_t y = box.top; y < box.top + box.h; ++y) {
    std::memset(&out[(static_cast<size_t>(y) * shape.w + box.left) * shape.c], fill, bytes);
  }
}

}  // namespace

void Augment(const Augmentation& augmentation, const Shape& shape, std::span<const int8_t> in,
             int8_t fill, Random& random, std::span<int8_t> out) {
  const int32_t down = Offset(augmentation.shift_h_max, random);
  const int32_t right = Offset(augmentation.shift_w_max, random);
  const bool flip = augmentation.flip_w && random.Below(2) == 1;
  const auto pixel = static_cast<size_t>(shape.c);
  for (int32_t y = 0; y < shape.h; ++y) {
    const int8_t* row =
        &in[static_cast<size_t>(std::clamp(y - down, 0, shape.h - 1)) * shape.w * pixel];
    int8_t* to = &out[static_cast<size_t>(y) * shape.w * pixel];
    for (int32_t x = 0; x < shape.w; ++x, to += pixel) {
      const int32_t from = std::clamp(x - right, 0, shape.w - 1);
      std::memcpy(to, row + static_cast<size_t>(flip ? shape.w - 1 - from : from) * pixel, pixel);
    }
  }
  if (augmentation.mask_h_max > 0) {
    Box band{.w = shape.w};
    Stretch(augmentation.mask_h_max, shape.h, random, band.top, band.h);
    Fill(shape, band, fill, out);
  }
  if (augmentation.mask_w_max > 0) {
    Box band{.h = shape.h};
    Stretch(augmentation.mask_w_max, shape.w, random, band.left, band.w);
    Fill(shape, band, fill, out);
  }
  if (augmentation.cutout_max > 0) {
    Box box;
    Stretch(augmentation.cutout_max, shape.h, random, box.top, box.h);
    Stretch(augmentation.cutout_max, shape.w, random, box.left, box.w);
    Fill(shape, box, fill, out);
  }
}

}  // namespace kinglet::train
