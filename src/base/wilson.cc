#include "src/base/wilson.h"

#include <algorithm>
#include <cmath>

#include "src/base/result.h"

namespace kinglet {

Interval WilsonInterval(uint64_t successes, uint64_t trials) {
  KINGLET_ASSERT(successes <= trials);
  if (trials == 0) return {};
  constexpr double kZ = 1.959963984540054;  // 97.5 % quantile of the normal distribution
  const double n = static_cast<double>(trials);
  const double rate = static_cast<double>(successes) / n;
  const double scale = 1 / (1 + kZ * kZ / n);
  const double centre = scale * (rate + kZ * kZ / (2 * n));
  const double half = scale * kZ * std::sqrt(rate * (1 - rate) / n + kZ * kZ / (4 * n * n));
  // The ends of the scale are exact; rounding must not move them.
  return {successes == 0 ? 0 : std::max(0.0, centre - half),
          successes == trials ? 1 : std::min(1.0, centre + half)};
}

}  // namespace kinglet
