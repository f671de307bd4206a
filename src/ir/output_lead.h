// How far the output may lead the input of a kernel that writes in order: the rule of Diagonal
// Memory Optimisation (Blacker et al. 2020) for sliding windows. Internal to Lower.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "device/kernels/window.h"

namespace kinglet::ir {

// While a kernel writes pixel p, everything from the first element under p's window on is still
// needed. The bound is a sum of one part per axis, so each axis finds its own least.
class OutputLead {
 public:
  // Axis of `output` steps; output step i moves `output_step_bytes` on and needs the input from
  // FirstNeeded(i) * input_step_bytes.
  struct Axis {
    int32_t input, output, filter, stride, dilation, pad;
    int64_t input_step_bytes, output_step_bytes;
  };

  void Add(const Axis& a) {
    int64_t least = std::numeric_limits<int64_t>::max();
    const auto consider = [&](int32_t i) {
      const int32_t origin = i * a.stride - a.pad;
      const kernels::TapRange taps = kernels::TapsInside(origin, a.filter, a.dilation, a.input);
      if (taps.begin == taps.end) return;
      const int64_t first = origin + static_cast<int64_t>(taps.begin) * a.dilation;
      least = std::min(least, first * a.input_step_bytes - i * a.output_step_bytes);
    };
    // From the first window that begins inside the input, the bound is linear: its ends suffice.
    const int32_t inside = std::min(a.output - 1, (a.pad + a.stride - 1) / a.stride);
    for (int32_t i = 0; i <= inside; ++i) consider(i);
    consider(std::min(a.output - 1, (a.input - 1 + a.pad) / a.stride));
    // An axis without any window inside the input reads nothing; 0 is then as good as any.
    if (least != std::numeric_limits<int64_t>::max()) bytes_ += least;
  }
  // For transposed windows: output step i needs the inputs whose filters cover it.
  void AddCovered(const Axis& a) {
    int64_t least = std::numeric_limits<int64_t>::max();
    for (int32_t i = 0; i < a.output; ++i) {
      const kernels::TapRange inputs =
          kernels::InputsCovering(i + a.pad, a.filter, a.stride, a.input);
      if (inputs.begin == inputs.end) continue;
      least = std::min(least, inputs.begin * a.input_step_bytes - i * a.output_step_bytes);
    }
    if (least != std::numeric_limits<int64_t>::max()) bytes_ += least;
  }
  // Steps that move the window by whole inputs: batches.
  void AddBatches(int32_t batches, int64_t input_bytes, int64_t output_bytes) {
    bytes_ += std::min<int64_t>(0, (batches - 1) * (input_bytes - output_bytes));
  }
  int64_t Minus(int64_t bytes) const { return bytes_ - bytes; }

 private:
  int64_t bytes_ = 0;
};

// For params of a 2-D window over pixels of `input_pixel_bytes` and `output_pixel_bytes`.
template <typename Params>
OutputLead WindowLead(const Params& p, int32_t dilation_h, int32_t dilation_w,
                      int64_t input_pixel_bytes, int64_t output_pixel_bytes) {
  OutputLead lead;
  lead.AddBatches(p.batches, p.input_h * p.input_w * input_pixel_bytes,
                  p.output_h * p.output_w * output_pixel_bytes);
  lead.Add({p.input_h, p.output_h, p.filter_h, p.stride_h, dilation_h, p.pad_top,
            p.input_w * input_pixel_bytes, p.output_w * output_pixel_bytes});
  lead.Add({p.input_w, p.output_w, p.filter_w, p.stride_w, dilation_w, p.pad_left,
            input_pixel_bytes, output_pixel_bytes});
  return lead;
}

}  // namespace kinglet::ir
