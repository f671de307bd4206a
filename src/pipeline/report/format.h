// Numbers as the page shows them. Never depends on the locale.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kinglet::report {

std::string Fixed(double value, int decimals);   // "0.25"; an en dash when it is not finite
std::string Percent(double rate, int decimals);  // Percent(0.123, 1) is "12.3 %"
double Ratio(uint64_t part, uint64_t whole);     // 0 when there is no whole
// A value of a requirement with its unit, see Requirement::unit.
std::string Measure(double value, std::string_view unit);
// A space behind a digit becomes a no-break space, so that "at most 64 KiB" never ends a line
// with 64.
std::string GlueUnits(std::string_view text);
// "1 sample", "1,200 samples".
std::string Counted(uint64_t count, std::string_view noun);
// "+3.1 %" of `measured` over `predicted`.
std::string Deviation(uint64_t measured, uint64_t predicted);
// "a, b and c".
std::string JoinWords(const std::vector<std::string>& words);

}  // namespace kinglet::report
