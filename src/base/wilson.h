// How far a measured rate may be from the true one.
#pragma once

#include <cstdint>

namespace kinglet {

struct Interval {
  double low = 0, high = 1;
};

// The 95 % score interval of a rate of which `successes` of `trials` were seen (E. B. Wilson,
// Probable inference, the law of succession, and statistical inference, JASA 22, 1927). Holds for
// few trials and for rates at 0 and 1; [0, 1] without any trial.
Interval WilsonInterval(uint64_t successes, uint64_t trials);

}  // namespace kinglet
