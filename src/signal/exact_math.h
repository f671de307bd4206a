// Elementary functions from IEEE add, multiply and divide alone, in a fixed order: the same bits on
// every machine, which libm does not promise. Errors are below 1e-14 relative to the result (sines:
// to 1), far below what tables of 16 bits keep.
#pragma once

#include <cstdint>

namespace kinglet::signal {

// cos(2 pi numerator / denominator), denominator > 0.
double CosOfTurn(int64_t numerator, int64_t denominator);
// Natural logarithm, x > 0 and normal.
double Ln(double x);
// e^x, |x| < 700.
double Exp(double x);

}  // namespace kinglet::signal
