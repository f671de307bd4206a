// The slow reference of operators with memory, after TensorFlow Lite Micro's reference kernels.
#include <algorithm>
#include <cmath>

#include "device/kernels/sigmoid_int16.h"  // for the reference's table alone
#include "tests/support/exact.h"
#include "tests/support/reference_tensor.h"

namespace kinglet::testing {
namespace {

int64_t Clamp16(int64_t x) { return exact::Clamp(x, -32768, 32767); }

// On a straight line between two points of the table, `x` counted in `parts` of a step; times
// `parts`.
int64_t OnTable(int64_t x, int64_t parts, int64_t beyond) {
  const int64_t step = x / parts, rest = x % parts;
  if (step >= 255) return beyond * parts;
  const int64_t low = kernels::kSigmoidTable[step], high = kernels::kSigmoidTable[step + 1];
  return low * parts + rest * (high - low);
}

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// x: Q3.12 times 3. Results in Q0.15.
int64_t Sigmoid(int64_t x) {
  const int64_t of_magnitude = OnTable(std::abs(x), 512, 65534);
  if (x >= 0) return FloorDivide(of_magnitude + 512, 1024);
  return FloorDivide(65536 * 512 - of_magnitude + 511, 1024);
}
int64_t HyperbolicTangent(int64_t x) {
  const int64_t doubled = OnTable(std::abs(x), 256, 65535);
  if (x >= 0) return FloorDivide(doubled - 32768 * 256 + 128, 256);
  return FloorDivide(32768 * 256 - doubled + 127, 256);
}

double Product(const Numbers& a, const Numbers& b) {
  const float product = a.scale() * b.scale();  // in float, as the reference
  return static_cast<double>(product);
}

class Lstm {
 public:
  Lstm(ReferenceCall& call, const ir::UnidirectionalSequenceLstm& a)
      : a_(a), in_(call.in), out_(call.out), hidden_(call.out[1]), cell_(call.out[2]) {
    hidden_.values = call.in[13].values;
    cell_.values = call.in[14].values;
    size_ = out_[0].shape()[2];
    const double cell_scale = cell_.scale(), gate_scale = 0x1p-15;
    keep_ = exact::MakeMultiplier(gate_scale * cell_scale / cell_scale);
    update_ = exact::MakeMultiplier(gate_scale * gate_scale / cell_scale);
    output_ = exact::MakeMultiplier(gate_scale * gate_scale / static_cast<double>(hidden_.scale()));
    clip_ = static_cast<int64_t>(std::min(static_cast<double>(a.cell_clip) / cell_scale, 32767.0));
    exponent_ = static_cast<int>(std::round(std::log2(cell_scale)));
  }

  void Run() {
    const int32_t first = in_[0].shape()[0], second = in_[0].shape()[1];
    for (int32_t i = 0; i < first; ++i) {
      for (int32_t j = 0; j < second; ++j) Step(i, j, a_.time_major ? j : i);
    }
  }

 private:
  size_t StateAt(int32_t batch, int32_t s) const { return static_cast<size_t>(batch * size_ + s); }

  // Of row `s` of input `weights` with `x`, whose elements `at` gives.
  template <typename At>
  int64_t Part(const Numbers& x, const Numbers& weights, int32_t s, const Numbers* bias,
               const At& at) const {
    int64_t sum = 0;
    for (int32_t k = 0; k < weights.shape()[1]; ++k) {
      sum += (at(k) - x.zero_point()) * weights.At({s, k});
    }
    if (bias != nullptr) sum += bias->values[static_cast<size_t>(s)];
    const exact::Multiplier m = exact::MakeMultiplier(Product(x, weights) / 0x1p-12);
    if (x.tensor->type == ir::DataType::kInt16) return Clamp16(exact::RescaleWide(sum, m));
    return Clamp16(exact::Rescale(exact::Wrap32(sum), m));
  }

  int64_t GateInput(int32_t i, int32_t j, int32_t batch, size_t gate, int32_t s) const {
    const int64_t of_input = Part(in_[0], in_[1 + gate], s, &in_[9 + gate], [&](int32_t k) {
      return in_[0].At({i, j, k});
    });
    const int64_t of_hidden = Part(hidden_, in_[5 + gate], s, nullptr,
                                   [&](int32_t k) { return hidden_.values[StateAt(batch, k)]; });
    return 3 * Clamp16(of_input + of_hidden);
  }

  void Step(int32_t i, int32_t j, int32_t batch) {
    std::vector<int64_t> next;
    for (int32_t s = 0; s < size_; ++s) {
      const int64_t input = Sigmoid(GateInput(i, j, batch, 0, s));
      const int64_t forget = Sigmoid(GateInput(i, j, batch, 1, s));
      const int64_t candidate = HyperbolicTangent(GateInput(i, j, batch, 2, s));
      const int64_t output = Sigmoid(GateInput(i, j, batch, 3, s));
      int64_t& cell = cell_.values[StateAt(batch, s)];
      const int64_t kept = Clamp16(exact::Rescale(forget * cell, keep_));
      const int64_t added = Clamp16(exact::Rescale(input * candidate, update_));
      cell = Clamp16(kept + added);
      if (a_.cell_clip > 0) cell = exact::Clamp(cell, -clip_, clip_);
      const int64_t hidden = exact::Rescale(HyperbolicTangent(TanhInput(cell)) * output, output_);
      const Limits limits = TypeLimits(hidden_.tensor->type);
      next.push_back(
          exact::Clamp(exact::Wrap32(hidden + hidden_.zero_point()), limits.low, limits.high));
    }
    for (int32_t s = 0; s < size_; ++s) {
      hidden_.values[StateAt(batch, s)] = out_[0].At({i, j, s}) = next[static_cast<size_t>(s)];
    }
  }

  // cell * 2^exponent_ as Q3.12 times 3, rounded with halves upwards.
  int64_t TanhInput(int64_t cell) const {
    const int shift = exponent_ + 12;
    if (shift >= 0) return 3 * cell * (int64_t{1} << shift);
    const int64_t unit = int64_t{1} << -shift;
    return FloorDivide(3 * cell + unit / 2, unit);
  }

  const ir::UnidirectionalSequenceLstm& a_;
  const std::vector<Numbers>& in_;
  std::vector<Numbers>& out_;
  Numbers &hidden_, &cell_;
  int32_t size_ = 0;
  exact::Multiplier keep_, update_, output_;
  int64_t clip_ = 0;
  int exponent_ = 0;
};

void Svdf(ReferenceCall& call, const ir::Svdf& a) {
  const Numbers &input = call.in[0], &features = call.in[1], &times = call.in[2],
                &bias = call.in[3];
  Numbers &output = call.out[0], &state = call.out[1];
  state.values = call.in[4].values;
  const float to_state = input.scale() * features.scale() / state.scale();
  const float to_output = state.scale() * times.scale() / output.scale();
  const exact::Multiplier feature = exact::MakeMultiplier(static_cast<double>(to_state));
  const exact::Multiplier result = exact::MakeMultiplier(static_cast<double>(to_output));
  const int32_t filters = features.shape()[0], memory = times.shape()[1];
  const Limits limits = TypeLimits(state.tensor->type);
  // All memories move on as one, then their newest elements are made.
  std::rotate(state.values.begin(), state.values.begin() + 1, state.values.end());
  for (int32_t b = 0; b < input.shape()[0]; ++b) {
    for (int32_t f = 0; f < filters; ++f) {
      int64_t sum = 0;
      for (int32_t i = 0; i < input.shape()[1]; ++i) {
        sum += features.At({f, i}) * (input.At({b, i}) - input.zero_point());
      }
      const int64_t value = exact::Wrap32(exact::Rescale(sum, feature) + state.zero_point());
      state.At({b, f * memory + memory - 1}) = exact::Clamp(value, limits.low, limits.high);
    }
    for (int32_t u = 0; u < output.shape()[1]; ++u) {
      int64_t sum = bias.present() ? bias.values[static_cast<size_t>(u)] : 0;
      for (int32_t f = u * a.rank; f < (u + 1) * a.rank; ++f) {
        for (int32_t m = 0; m < memory; ++m) {
          sum += times.At({f, m}) * (state.At({b, f * memory + m}) - state.zero_point());
        }
      }
      const int64_t scaled = exact::Rescale(exact::Wrap32(sum), result);
      output.At({b, u}) = exact::Clamp(exact::Wrap32(scaled + output.zero_point()), -128, 127);
    }
  }
}

}  // namespace

bool ReferenceRecurrent(ReferenceCall& call) {
  if (const auto* lstm = std::get_if<ir::UnidirectionalSequenceLstm>(&call.op.attributes)) {
    Lstm(call, *lstm).Run();
    return true;
  }
  if (const auto* svdf = std::get_if<ir::Svdf>(&call.op.attributes)) {
    Svdf(call, *svdf);
    return true;
  }
  if (!std::holds_alternative<ir::Copy>(call.op.attributes)) return false;
  call.out[0].values = call.in[0].values;
  return true;
}

}  // namespace kinglet::testing
