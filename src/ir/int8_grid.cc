#include "src/ir/int8_grid.h"

#include <algorithm>
#include <cmath>

namespace kinglet::ir {

Quantization Int8Grid(float low, float high) {
  low = std::min(low, 0.0F);
  high = std::max(high, 0.0F);
  const float scale = std::max((high - low) / 255, 1e-8F);
  const auto zero_point = static_cast<int32_t>(std::lround(-128 - low / scale));
  return {{scale}, {std::clamp(zero_point, -128, 127)}, 0};
}

int8_t ToInt8(float real, const Quantization& grid) {
  // Far beyond int8 the exact value no longer matters.
  const float steps = std::clamp(std::round(real / grid.scales[0]), -1e6F, 1e6F);
  return static_cast<int8_t>(
      std::clamp(static_cast<int32_t>(steps) + grid.zero_points[0], -128, 127));
}

}  // namespace kinglet::ir
