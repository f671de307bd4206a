#include "src/train/augment.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <vector>

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

// Where places of a stretched and shifted axis come from: between `from` and the next one,
// `next_256`/256 of the way.
struct Source {
  int32_t from = 0, next = 0, next_256 = 0;
};

float Uniform(float limit, Random& random) {
  constexpr uint32_t kSteps = 1U << 16;
  return limit * (static_cast<float>(random.Below(2 * kSteps + 1)) / kSteps - 1.0F);
}

std::vector<Source> Sources(int32_t size, int32_t shift_max, float stretch_max, Random& random) {
  const auto shift = static_cast<float>(Offset(shift_max, random));
  const float scale = stretch_max > 0 ? 1.0F + Uniform(stretch_max, random) : 1.0F;
  const float middle = static_cast<float>(size - 1) / 2;
  std::vector<Source> sources(static_cast<size_t>(size));
  for (int32_t i = 0; i < size; ++i) {
    const float at = std::clamp(middle + (static_cast<float>(i) - shift - middle) * scale, 0.0F,
                                static_cast<float>(size - 1));
    const auto from = static_cast<int32_t>(at);
    sources[static_cast<size_t>(i)] = {
        from, std::min(from + 1, size - 1),
        static_cast<int32_t>((at - static_cast<float>(from)) * 256.0F)};
  }
  return sources;
}

int32_t Between(int32_t a, int32_t b, int32_t b_256) { return a + (((b - a) * b_256 + 128) >> 8); }

// Half a wave and a whole wave over the columns, each with a random height.
std::vector<int32_t> Colour(int32_t columns, int32_t limit, Random& random) {
  const float half = Uniform(static_cast<float>(limit), random);
  const float whole = Uniform(static_cast<float>(limit) / 2, random);
  std::vector<int32_t> colour(static_cast<size_t>(columns));
  for (int32_t x = 0; x < columns; ++x) {
    const float turn = std::numbers::pi_v<float> * (static_cast<float>(x) + 0.5F) / columns;
    colour[static_cast<size_t>(x)] =
        static_cast<int32_t>(std::lround(half * std::cos(turn) + whole * std::cos(2 * turn)));
  }
  return colour;
}

}  // namespace

void Augment(const Augmentation& augmentation, const Shape& shape, std::span<const int8_t> in,
             int8_t fill, Random& random, std::span<int8_t> out) {
  const auto rows = Sources(shape.h, augmentation.shift_h_max, augmentation.stretch_h_max, random);
  auto columns = Sources(shape.w, augmentation.shift_w_max, augmentation.stretch_w_max, random);
  if (augmentation.flip_w && random.Below(2) == 1) std::reverse(columns.begin(), columns.end());
  std::vector<int32_t> colour;
  if (augmentation.colour_max > 0) colour = Colour(shape.w, augmentation.colour_max, random);
  const auto at = [&](int32_t y, int32_t x, int32_t c) {
    return int32_t{in[(static_cast<size_t>(y) * shape.w + x) * shape.c + c]};
  };
  int8_t* to = out.data();
  for (const Source& y : rows) {
    for (int32_t x = 0; x < shape.w; ++x) {
      const Source& from = columns[static_cast<size_t>(x)];
      for (int32_t c = 0; c < shape.c; ++c) {
        int32_t value = Between(
            Between(at(y.from, from.from, c), at(y.from, from.next, c), from.next_256),
            Between(at(y.next, from.from, c), at(y.next, from.next, c), from.next_256), y.next_256);
        if (!colour.empty() && value > INT8_MIN) value += colour[static_cast<size_t>(x)];
        *to++ = static_cast<int8_t>(std::clamp(value, INT8_MIN, INT8_MAX));
      }
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
