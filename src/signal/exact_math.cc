#include "src/signal/exact_math.h"

#include "src/base/result.h"

namespace kinglet::signal {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kLn2 = 0.69314718055994530942;

// Taylor series, |x| <= pi / 4: the last term is below 1e-18.
double CosSeries(double x) {
  double term = 1;
  double sum = 1;
  for (int i = 2; i <= 18; i += 2) {
    term *= -(x * x) / (i * (i - 1));
    sum += term;
  }
  return sum;
}

double SinSeries(double x) {
  double term = x;
  double sum = x;
  for (int i = 3; i <= 19; i += 2) {
    term *= -(x * x) / (i * (i - 1));
    sum += term;
  }
  return sum;
}

}  // namespace

double CosOfTurn(int64_t numerator, int64_t denominator) {
  KINGLET_ASSERT(denominator > 0 && denominator < (int64_t{1} << 40));
  // Symmetries in whole numbers, so that exact zeros and ones stay exact.
  int64_t n = numerator % denominator;
  if (n < 0) n += denominator;
  if (2 * n > denominator) n = denominator - n;  // cos(-x) = cos(x); now in the first half turn
  const bool negative = 4 * n > denominator;     // cos(pi - x) = -cos(x)
  // Angle in eighths: 2 pi n / d, now n/d in [0, 1/4].
  const int64_t twice = negative ? denominator - 2 * n : 2 * n;  // 2n / d in [0, 1/2]
  const double magnitude =
      4 * twice <= denominator
          ? CosSeries(kPi * static_cast<double>(twice) / static_cast<double>(denominator))
          : SinSeries(kPi * static_cast<double>(denominator - 2 * twice) /
                      static_cast<double>(2 * denominator));
  return negative ? -magnitude : magnitude;
}

double Ln(double x) {
  KINGLET_ASSERT(x > 0);
  int exponent = 0;
  for (; x >= 1.5; x /= 2) ++exponent;
  for (; x < 0.75; x *= 2) --exponent;
  // ln x = 2 artanh((x - 1) / (x + 1)); |t| <= 1/5.
  const double t = (x - 1) / (x + 1);
  double power = t;
  double sum = 0;
  for (int i = 1; i <= 23; i += 2) {
    sum += power / i;
    power *= t * t;
  }
  return 2 * sum + exponent * kLn2;
}

double Exp(double x) {
  KINGLET_ASSERT(x > -700 && x < 700);
  const auto exponent = static_cast<int>(x / kLn2 + (x < 0 ? -0.5 : 0.5));
  const double rest = x - exponent * kLn2;
  double term = 1;
  double sum = 1;
  for (int i = 1; i <= 18; ++i) {
    term *= rest / i;
    sum += term;
  }
  for (int i = 0; i < exponent; ++i) sum *= 2;
  for (int i = 0; i > exponent; --i) sum /= 2;
  return sum;
}

}  // namespace kinglet::signal
