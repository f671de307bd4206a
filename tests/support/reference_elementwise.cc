// The slow reference of operators that take elements or rows for themselves.
#include <algorithm>
#include <cmath>

#include "tests/support/exact.h"
#include "tests/support/reference_tensor.h"

namespace kinglet::testing {
namespace {

using exact::MakeMultiplier;
using exact::Multiplier;
using exact::Rescale;

class Elementwise {
 public:
  explicit Elementwise(ReferenceCall& call) : call_(call), out_(call.out[0]) {}

  bool operator()(const ir::Add& a) {
    const double s1 = in(0).scale(), s2 = in(1).scale(), so = out_.scale();
    const double twice = 2 * std::max(s1, s2);
    Sum({s1 / twice, s2 / twice, twice / ((1 << LeftShift()) * so)}, 1, a.activation);
    return true;
  }

  // The reference divides in float here.
  bool operator()(const ir::Sub& a) {
    const float s1 = in(0).scale(), s2 = in(1).scale(), so = out_.scale();
    const float twice = 2 * std::max(s1, s2);
    const float unit = static_cast<float>(1 << LeftShift()) * so;
    Sum({s1 / twice, s2 / twice, twice / unit}, -1, a.activation);
    return true;
  }

  bool operator()(const ir::Mul& a) {
    const double s1 = in(0).scale(), s2 = in(1).scale(), so = out_.scale();
    const Multiplier m = MakeMultiplier(s1 * s2 / so);
    Pairs(a.activation, [&](int64_t x, int64_t y) {
      return out_.zero_point() + Rescale((x - in(0).zero_point()) * (y - in(1).zero_point()), m);
    });
    return true;
  }

  bool operator()(const ir::Extremum& a) {
    Pairs(ir::Activation::kNone, [&](int64_t x, int64_t y) {
      return a.kind == ir::Extremum::Kind::kMinimum ? std::min(x, y) : std::max(x, y);
    });
    return true;
  }

  bool operator()(const ir::Prelu&) {
    const double si = in(0).scale(), ss = in(1).scale(), so = out_.scale();
    const Multiplier positive = MakeMultiplier(si / so), negative = MakeMultiplier(si * ss / so);
    Pairs(ir::Activation::kNone, [&](int64_t x, int64_t slope) {
      const int64_t value = x - in(0).zero_point();
      return out_.zero_point() + (value >= 0
                                      ? Rescale(value, positive)
                                      : Rescale(value * (slope - in(1).zero_point()), negative));
    });
    return true;
  }

  bool operator()(const ir::Clip& a) {
    const double si = in(0).scale(), so = out_.scale();
    const Multiplier m = MakeMultiplier(si / so);
    Each(a.range,
         [&](int64_t x) { return out_.zero_point() + Rescale(x - in(0).zero_point(), m); });
    return true;
  }

  bool operator()(const ir::LeakyRelu& a) {
    const float si = in(0).scale(), so = out_.scale();
    const Multiplier positive = MakeMultiplier(static_cast<double>(si / so));
    const Multiplier negative = MakeMultiplier(static_cast<double>(si * a.alpha / so));
    Each(ir::Activation::kNone, [&](int64_t x) {
      const int64_t value = x - in(0).zero_point();
      return out_.zero_point() + Rescale(value, value >= 0 ? positive : negative);
    });
    return true;
  }

  bool operator()(const ir::HardSwish&) {
    const float fine = (1.0F / 128.0F) * in(0).scale();
    const Multiplier to_output = MakeMultiplier(static_cast<double>(fine / out_.scale()));
    const Multiplier to_relu = MakeMultiplier(static_cast<double>(fine / (3.0F / 32768.0F)));
    Each(ir::Activation::kNone, [&](int64_t x) {
      const int64_t high = 128 * (x - in(0).zero_point());
      const int64_t at_output = exact::HighMul(high, Short(to_output), 16);
      int64_t relu = high;
      const auto shift = [&](int bits) {
        relu = exact::Clamp(relu * (int64_t{1} << bits), INT16_MIN, INT16_MAX);
      };
      if (to_relu.shift > 0) shift(to_relu.shift - 1);
      relu = exact::HighMul(relu, Short(to_relu), 16);
      if (to_relu.shift > 0) shift(1);
      if (to_relu.shift < 0) relu = exact::RoundShift(relu, -to_relu.shift);
      const int64_t factor = (relu + 32768) / 2;
      const int64_t product = factor * at_output / 32768;  // C++ rounds this towards zero
      return exact::RoundShift(product, -to_output.shift) + out_.zero_point();
    });
    return true;
  }

  bool operator()(const ir::Logistic&) {
    Saturating([](int64_t x) { return exact::RoundShift(exact::Logistic(x, 4), 23) - 128; });
    return true;
  }

  bool operator()(const ir::Tanh&) {
    Saturating([](int64_t x) { return exact::RoundShift(exact::Tanh(x, 4), 24); });
    return true;
  }

  bool operator()(const ir::Quantize&) {
    if (in(0).tensor->type == ir::DataType::kFloat32) return FromFloats();
    const double si = in(0).scale(), so = out_.scale();
    const Multiplier m = MakeMultiplier(si / so);
    Each(ir::Activation::kNone, [&](int64_t x) {
      return exact::Wrap32(out_.zero_point() + Rescale(x - in(0).zero_point(), m));
    });
    return true;
  }

  bool operator()(const ir::Dequantize&) {
    for (size_t i = 0; i < out_.values.size(); ++i) {
      const auto steps = static_cast<float>(in(0).values[i] - in(0).zero_point());
      out_.values[i] = FloatBits(in(0).scale() * steps);
    }
    return true;
  }

  template <typename Other>
  bool operator()(const Other&) {
    return false;
  }

 private:
  struct SumScales {
    double first, second, output;
  };

  const Numbers& in(size_t i) const { return call_.in[i]; }
  int LeftShift() const { return out_.tensor->type == ir::DataType::kInt16 ? 15 : 20; }

  static int64_t Short(const Multiplier& m) {
    return std::min<int64_t>((m.fixed + 0x8000) / 0x10000, INT16_MAX);
  }

  // What is no number, or too great for an int32, is undefined in the reference; here it saturates.
  bool FromFloats() {
    const Limits limits = TypeLimits(out_.tensor->type);
    for (size_t i = 0; i < out_.values.size(); ++i) {
      const float steps = std::round(in(0).Real(i) / out_.scale());
      const float near = std::isnan(steps) ? -1e6F : std::clamp(steps, -1e6F, 1e6F);
      out_.values[i] =
          exact::Clamp(static_cast<int64_t>(near) + out_.zero_point(), limits.low, limits.high);
    }
    return true;
  }

  template <typename Function>
  void Pairs(ir::Activation activation, const Function& f) {
    const Limits limits = ActivationLimits(*out_.tensor, activation);
    ForEachIndex(out_.shape(), [&](const std::vector<int32_t>& index) {
      const int64_t value = f(Stretched(in(0), index), Stretched(in(1), index));
      // A lower limit above the upper one gives the upper.
      out_.At(index) = std::min(limits.high, std::max(limits.low, value));
    });
  }

  template <typename Function>
  void Each(ir::Activation activation, const Function& f) {
    const Limits limits = ActivationLimits(*out_.tensor, activation);
    for (size_t i = 0; i < out_.values.size(); ++i) {
      out_.values[i] = std::min(limits.high, std::max(limits.low, f(in(0).values[i])));
    }
  }

  void Sum(const SumScales& scales, int64_t sign, ir::Activation activation) {
    const Multiplier m1 = MakeMultiplier(scales.first), m2 = MakeMultiplier(scales.second);
    const Multiplier mo = MakeMultiplier(scales.output);
    const int64_t unit = int64_t{1} << LeftShift();
    Pairs(activation, [&](int64_t x, int64_t y) {
      const int64_t a = Rescale((x - in(0).zero_point()) * unit, m1);
      const int64_t b = Rescale((y - in(1).zero_point()) * unit, m2);
      return Rescale(a + sign * b, mo) + out_.zero_point();
    });
  }

  // Values so far from zero that Q4.27 cannot hold them become the least and greatest.
  template <typename Function>
  void Saturating(const Function& f) {
    const Multiplier m = MakeMultiplier(static_cast<double>(in(0).scale()) * (1 << 27));
    const auto radius = static_cast<int64_t>(std::floor(std::ldexp(15.0L, 27 - m.shift)));
    Each(ir::Activation::kNone, [&](int64_t x) {
      const int64_t value = x - in(0).zero_point();
      if (value <= -radius) return int64_t{INT8_MIN};
      if (value >= radius) return int64_t{INT8_MAX};
      return f(Rescale(value, m));
    });
  }

  ReferenceCall& call_;
  Numbers& out_;
};

}  // namespace

bool ReferenceElementwise(ReferenceCall& call) {
  return std::visit(Elementwise(call), call.op.attributes);
}

}  // namespace kinglet::testing
