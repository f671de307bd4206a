#include "src/lookahead/kernel_cost.h"

namespace kinglet::lookahead {
namespace {

struct KernelCost {
  std::array<double, kTermCount> weights;  // instructions per count of KernelWork::terms
  double call;                             // instructions of the call itself
  double bytes;
};

struct CoreCosts {
  std::array<KernelCost, kKernelCount> kernels;  // in the order of Kernel
  double call_bytes;
  double runtime_bytes;
};

// Built for cortex-m0plus.
constexpr CoreCosts kArmv6m = {{{{{6.816, 9.007, 47.15, 14.12, 123.06, 215.3}, 208, 1396},
                                 {{8.271, 12.135, 23.39, 73.46, 105.53, 159.0}, 216, 1160},
                                 {{6.253, 8.995, 0, 41.63, 114.24, 0}, 70, 564},
                                 {{256.266, 0, 0, 0, 0, 0}, 62, 424},
                                 {{6.935, 0, 7.32, 0, 91.47, 66.5}, 158, 476},
                                 {{8.012, 0, 8.12, 0, 26.94, 67.9}, 187, 392},
                                 {{0.808, 0, 0, 0, 0, 0}, 83, 20},
                                 {{1190.506, 0, 0, 0, 0, 0}, 0, 1216}}},
                               39,
                               1150};

// Built for cortex-m4f; cortex-m7 and cortex-m33 differ from it by at most 6 %.
constexpr CoreCosts kArmv7m = {{{{{3.266, 5.962, 36.18, 30.96, 48.96, 126.2}, 155, 1244},
                                 {{6.328, 8.055, 16.89, 45.86, 46.10, 110.7}, 152, 1056},
                                 {{3.250, 6.000, 0, 25.33, 54.67, 0}, 56, 504},
                                 {{98.000, 0, 0, 0, 0, 0}, 42, 380},
                                 {{5.982, 0, 7.92, 0, 27.29, 45.7}, 88, 404},
                                 {{7.999, 0, 7.95, 0, 18.17, 45.2}, 69, 352},
                                 {{0.746, 0, 0, 0, 0, 0}, 65, 16},
                                 {{344.171, 0, 0, 0, 0, 0}, 0, 972}}},
                               38,
                               760};

// Built for cortex-m55.
constexpr CoreCosts kArmv81m = {{{{{3.012, 4.976, 42.59, 39.60, 53.26, 128.1}, 155, 1344},
                                  {{5.066, 6.148, 17.19, 46.84, 51.49, 107.4}, 155, 1040},
                                  {{3.750, 5.000, 0, 27.67, 51.33, 0}, 57, 512},
                                  {{104.000, 0, 0, 0, 0, 0}, 45, 432},
                                  {{3.988, 0, 7.94, 0, 30.17, 48.2}, 93, 432},
                                  {{5.999, 0, 8.96, 0, 18.16, 42.8}, 73, 352},
                                  {{0.746, 0, 0, 0, 0, 0}, 65, 16},
                                  {{371.962, 0, 0, 0, 0, 0}, 0, 1028}}},
                                38,
                                740};

constexpr CoreCosts kRv32imc = {{{{{5.792, 9.931, 24.72, 0.65, 61.99, 124.2}, 204, 1344},
                                  {{6.046, 8.206, 10.93, 22.28, 51.25, 104.3}, 170, 1114},
                                  {{6.004, 9.994, 0, 15.11, 45.85, 0}, 90, 556},
                                  {{97.266, 0, 0, 0, 0, 0}, 68, 444},
                                  {{4.999, 0, 5.91, 0, 21.64, 35.8}, 112, 396},
                                  {{5.013, 0, 6.15, 0, 15.85, 34.4}, 102, 344},
                                  {{6.000, 0, 0, 0, 0, 0}, 26, 16},
                                  {{402.523, 0, 0, 0, 0, 0}, 0, 1186}}},
                                43,
                                350};

const CoreCosts& CostsOf(signal::CoreClass core) {
  switch (core) {
    case signal::CoreClass::kArmv6m:
      return kArmv6m;
    case signal::CoreClass::kArmv7m:
      return kArmv7m;
    case signal::CoreClass::kArmv81m:
      return kArmv81m;
    case signal::CoreClass::kRv32imc:
      return kRv32imc;
  }
  KINGLET_ASSERT(false);
  return kArmv7m;
}

const KernelCost& CostOf(Kernel kernel, signal::CoreClass core) {
  return CostsOf(core).kernels[static_cast<size_t>(kernel)];
}

}  // namespace

double Instructions(const KernelWork& work, signal::CoreClass core) {
  const KernelCost& cost = CostOf(work.kernel, core);
  double instructions = cost.call;
  for (size_t i = 0; i < kTermCount; ++i) instructions += cost.weights[i] * work.terms[i];
  return instructions;
}

double KernelBytes(Kernel kernel, signal::CoreClass core) { return CostOf(kernel, core).bytes; }
double CallBytes(signal::CoreClass core) { return CostsOf(core).call_bytes; }
double RuntimeBytes(signal::CoreClass core) { return CostsOf(core).runtime_bytes; }

}  // namespace kinglet::lookahead
