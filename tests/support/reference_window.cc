// The slow reference of convolutions, pools, fully connected layers and softmax.
#include <algorithm>
#include <cmath>

#include "tests/support/exact.h"
#include "tests/support/reference_tensor.h"

namespace kinglet::testing {
namespace {

using exact::MakeMultiplier;
using exact::Multiplier;
using exact::Rescale;

class Window {
 public:
  explicit Window(ReferenceCall& call) : call_(call), out_(call.out[0]) {}

  bool operator()(const ir::Conv2d& a) {
    const Numbers& weights = call_.in[1];
    const int32_t filter_c = weights.shape()[3];
    const int32_t group_c = weights.shape()[0] / (in().shape()[3] / filter_c);
    Convolve(a.activation, [&](const std::vector<int32_t>& at) {
      const int32_t c = at[3], first = c / group_c * filter_c;
      int64_t sum = 0;
      Taps(a, weights.shape()[1], weights.shape()[2], a.dilation_h, a.dilation_w, at,
           [&](int32_t fy, int32_t fx, int32_t y, int32_t x) {
             for (int32_t k = 0; k < filter_c; ++k) {
               sum += Centred({at[0], y, x, first + k}) * weights.At({c, fy, fx, k});
             }
           });
      return sum;
    });
    return true;
  }

  bool operator()(const ir::DepthwiseConv2d& a) {
    const Numbers& weights = call_.in[1];
    Convolve(a.activation, [&](const std::vector<int32_t>& at) {
      const int32_t c = at[3];
      int64_t sum = 0;
      Taps(a, weights.shape()[1], weights.shape()[2], a.dilation_h, a.dilation_w, at,
           [&](int32_t fy, int32_t fx, int32_t y, int32_t x) {
             sum += Centred({at[0], y, x, c / a.depth_multiplier}) * weights.At({0, fy, fx, c});
           });
      return sum;
    });
    return true;
  }

  // Scatters, as the definition does: every input pixel adds its multiple of the filter.
  bool operator()(const ir::TransposeConv2d& a) {
    const Numbers& weights = call_.in[1];
    std::vector<int64_t> sums(out_.values.size(), 0);
    Numbers totals{out_.tensor, sums};
    ForEachIndex(in().shape(), [&](const std::vector<int32_t>& from) {
      ForEachIndex(weights.shape(), [&](const std::vector<int32_t>& tap) {
        const int32_t y = from[1] * a.stride_h - a.padding.top + tap[1];
        const int32_t x = from[2] * a.stride_w - a.padding.left + tap[2];
        const bool inside = y >= 0 && y < out_.shape()[1] && x >= 0 && x < out_.shape()[2];
        if (tap[3] != from[3] || !inside) return;
        totals.At({from[0], y, x, tap[0]}) += Centred(from) * weights.At(tap);
      });
    });
    Convolve(a.activation, [&](const std::vector<int32_t>& at) { return totals.At(at); });
    return true;
  }

  bool operator()(const ir::FullyConnected& a) {
    const Numbers& weights = call_.in[1];
    const auto outputs = static_cast<size_t>(weights.shape()[0]);
    const auto inputs = static_cast<size_t>(weights.shape()[1]);
    const Limits limits = ActivationLimits(*out_.tensor, a.activation);
    for (size_t i = 0; i < out_.values.size(); ++i) {
      const size_t row = i / outputs, c = i % outputs;
      int64_t sum = 0;
      for (size_t k = 0; k < inputs; ++k) {
        sum += (in().values[row * inputs + k] - in().zero_point()) * weights.values[c * inputs + k];
      }
      const std::vector<float>& scales = weights.tensor->quantization.scales;
      // One scale for the layer is multiplied in float.
      const double scale = scales.size() == 1
                               ? static_cast<double>(in().scale() * scales[0])
                               : static_cast<double>(in().scale()) * static_cast<double>(scales[c]);
      out_.values[i] = Output(sum, c, scale / static_cast<double>(out_.scale()), limits);
    }
    return true;
  }

  bool operator()(const ir::Pool2d& a) {
    const Limits limits = ActivationLimits(*out_.tensor, a.activation);
    ForEachIndex(out_.shape(), [&](const std::vector<int32_t>& at) {
      int64_t sum = 0, count = 0, greatest = TypeLimits(out_.tensor->type).low;
      Taps(a, a.filter_h, a.filter_w, 1, 1, at, [&](int32_t, int32_t, int32_t y, int32_t x) {
        const int64_t value = in().At({at[0], y, x, at[3]});
        sum += value;
        greatest = std::max(greatest, value);
        ++count;
      });
      const int64_t mean = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
      const int64_t value = a.kind == ir::Pool2d::Kind::kAverage ? mean : greatest;
      out_.At(at) = std::min(limits.high, std::max(limits.low, value));
    });
    return true;
  }

  bool operator()(const ir::Softmax& a) {
    const std::vector<int32_t>& shape = in().shape();
    const auto depth = static_cast<size_t>(shape.empty() ? 1 : shape.back());
    if (out_.tensor->type == ir::DataType::kInt16) {
      for (size_t first = 0; first < in().values.size(); first += depth) {
        SoftmaxRowInt16(first, depth, a.beta);
      }
      return true;
    }
    const double scale = static_cast<double>(a.beta) * static_cast<double>(in().scale());
    const Multiplier m = MakeMultiplier(std::min(scale * 0x1p26, 0x1p31 - 1));
    const auto least = -static_cast<int64_t>(std::floor(std::ldexp(31.0L, 26 - m.shift)));
    for (size_t first = 0; first < in().values.size(); first += depth)
      SoftmaxRow(first, depth, m, least);
    return true;
  }

  template <typename Other>
  bool operator()(const Other&) {
    return false;
  }

 private:
  const Numbers& in() const { return call_.in[0]; }
  int64_t Centred(const std::vector<int32_t>& at) const { return in().At(at) - in().zero_point(); }

  // Calls tap(filter y, filter x, input y, input x) for what lies inside the input.
  template <typename Attributes, typename Tap>
  void Taps(const Attributes& a, int32_t filter_h, int32_t filter_w, int32_t dilation_h,
            int32_t dilation_w, const std::vector<int32_t>& at, const Tap& tap) const {
    for (int32_t fy = 0; fy < filter_h; ++fy) {
      for (int32_t fx = 0; fx < filter_w; ++fx) {
        const int32_t y = at[1] * a.stride_h - a.padding.top + fy * dilation_h;
        const int32_t x = at[2] * a.stride_w - a.padding.left + fx * dilation_w;
        if (y >= 0 && y < in().shape()[1] && x >= 0 && x < in().shape()[2]) tap(fy, fx, y, x);
      }
    }
  }

  template <typename Sum>
  void Convolve(ir::Activation activation, const Sum& sum) {
    const Limits limits = ActivationLimits(*out_.tensor, activation);
    const std::vector<float>& scales = call_.in[1].tensor->quantization.scales;
    ForEachIndex(out_.shape(), [&](const std::vector<int32_t>& at) {
      const auto c = static_cast<size_t>(at[3]);
      const double scale = static_cast<double>(in().scale()) *
                           static_cast<double>(scales[scales.size() == 1 ? 0 : c]);
      out_.At(at) = Output(sum(at), c, scale / static_cast<double>(out_.scale()), limits);
    });
  }

  int64_t Output(int64_t sum, size_t channel, double scale, const Limits& limits) const {
    const bool biased = call_.in.size() > 2 && call_.in[2].present();
    if (biased) sum += call_.in[2].values[channel];
    if (out_.tensor->type == ir::DataType::kInt16 &&
        !(biased && call_.in[2].tensor->type == ir::DataType::kInt32)) {
      return exact::Clamp(exact::RescaleWide(sum, MakeMultiplier(scale)), limits.low, limits.high);
    }
    const int64_t value =
        exact::Wrap32(Rescale(exact::Wrap32(sum), MakeMultiplier(scale)) + out_.zero_point());
    return std::min(limits.high, std::max(limits.low, value));
  }

  void SoftmaxRow(size_t first, size_t depth, const Multiplier& m, int64_t least) {
    const auto begin = in().values.begin() + static_cast<std::ptrdiff_t>(first);
    const int64_t greatest = *std::max_element(begin, begin + static_cast<std::ptrdiff_t>(depth));
    const auto exponential = [&](int64_t value) {
      const int64_t difference = value - greatest;
      const int64_t left = exact::Wrap32(difference * (int64_t{1} << m.shift));
      return exact::ExpOfNegative(exact::HighMul(left, m.fixed), 5);
    };
    int64_t sum = 0;  // Q12.19
    for (size_t i = first; i < first + depth; ++i) {
      const int64_t value = in().values[i];
      if (value - greatest >= least) sum += exact::RoundShift(exponential(value), 12);
    }
    int unit_bits = 0;
    while ((sum >> (unit_bits + 20)) != 0) ++unit_bits;
    const int64_t fraction = sum * (int64_t{1} << (12 - unit_bits)) - (int64_t{1} << 31);
    const int64_t scale = exact::ReciprocalOfOnePlus(fraction);
    for (size_t i = first; i < first + depth; ++i) {
      const int64_t value = in().values[i];
      const int64_t probability =
          value - greatest < least
              ? 0
              : exact::RoundShift(exact::HighMul(scale, exponential(value)), unit_bits + 23);
      out_.values[i] = std::min<int64_t>(probability - 128, 127);
    }
  }

  // The function's value in Q0.15 where a table of 512 steps from `low` to `high` has its entry
  // `i`: moved by half of what a straight line to the next entry is wrong by in the middle.
  static int64_t TableEntry(double (*function)(double), double low, double high, int64_t i) {
    const double step = (high - low) / 512, one = 65536 / (2.0 / 65535 * 65535);
    const auto rounded = [&](double x) { return std::round(function(x) * one); };
    const double x = low + static_cast<double>(i) * step;
    if (i == 512) return static_cast<int64_t>(exact::Clamp(std::llround(rounded(high)), 0, 32767));
    const double line = (function(low + static_cast<double>(i + 1) * step) * one + rounded(x)) / 2;
    const double error = std::round(line) - rounded(x + step / 2);
    return exact::Clamp(std::llround(rounded(x) - std::round(error / 2)), -32768, 32767);
  }

  // `argument`, -32768 to 32767, goes from `low` to `high`.
  static int64_t FromTable(double (*function)(double), double low, double high, int64_t argument) {
    const int64_t at = exact::Clamp(argument, -32768, 32767) + 32768;
    const int64_t here = TableEntry(function, low, high, at / 128);
    const int64_t next = TableEntry(function, low, high, at / 128 + 1);
    const double more = static_cast<double>((next - here) * (at % 128)) / 128;
    return here + static_cast<int64_t>(std::floor(more + 0.5));
  }

  void SoftmaxRowInt16(size_t first, size_t depth, float beta) {
    const auto begin = in().values.begin() + static_cast<std::ptrdiff_t>(first);
    const int64_t greatest = *std::max_element(begin, begin + static_cast<std::ptrdiff_t>(depth));
    const Multiplier m = MakeMultiplier(static_cast<double>(in().scale()) *
                                        static_cast<double>(beta) / (10.0 / 65535.0));
    std::vector<int64_t> powers;
    int64_t sum = 0;
    for (size_t i = first; i < first + depth; ++i) {
      const int64_t steps = Rescale(in().values[i] - greatest, m);
      powers.push_back(FromTable([](double x) { return std::exp(x); }, -10, 0, steps + 32767));
      sum += powers.back();
    }
    // sum = 2^bits * (1 + x), and x in 16 bits.
    int bits = 0;
    while ((sum >> (bits + 1)) != 0) ++bits;
    const auto one_plus_x =
        static_cast<int64_t>(std::floor(std::ldexp(static_cast<double>(sum), 16 - bits) + 0.5));
    const int64_t reciprocal =
        FromTable([](double x) { return 1 / (1 + x); }, 0, 1, one_plus_x - 65536 - 32768);
    for (size_t i = 0; i < depth; ++i) {
      const auto product = static_cast<long double>(powers[i] * reciprocal);
      const auto probability = static_cast<int64_t>(std::floor(std::ldexp(product, -bits) + 0.5L));
      out_.values[first + i] = exact::Clamp(probability, 0, 32767);
    }
  }

  ReferenceCall& call_;
  Numbers& out_;
};

}  // namespace

bool ReferenceWindow(ReferenceCall& call) { return std::visit(Window(call), call.op.attributes); }

}  // namespace kinglet::testing
