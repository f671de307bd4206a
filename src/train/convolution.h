// The weighted sums of one layer (convolution, fully connected, depthwise) and their gradients, on
// any range of output positions. A position is one output pixel; positions are numbered through the
// whole batch. Const and safe to share between threads; each thread brings its own scratch.
#pragma once

#include <cstdint>

#include "src/train/architecture.h"
#include "src/train/kernels.h"
#include "src/train/network.h"

namespace kinglet::train {

class Convolution {
 public:
  Convolution(const Layer& layer, const LayerLayout& layout, const Kernels& kernels);

  // How many positions are best done at once; a depthwise layer takes whole samples.
  int64_t block() const { return block_; }
  int64_t positions_per_sample() const { return int64_t{layer_.out.h} * layer_.out.w; }
  // Scratch of every call below, in floats.
  size_t scratch_floats() const { return scratch_floats_; }

  // y[first .. first + count) = sums, without bias. count <= block(); x is the whole batch, y its
  // first position.
  void Forward(const float* x, const float* weights, int64_t first, int64_t count, float* y,
               float* scratch) const;
  // The same for whole numbers of int8 size, exactly: sums[count, columns].
  void ForwardInteger(const float* x, const float* weights, int64_t first, int64_t count,
                      int32_t* sums, float* scratch) const;

  // The weights as Backward wants them for the input's gradient; `turned` holds turned_floats()
  // values.
  void Turn(const float* weights, float* turned) const;
  size_t turned_floats() const;

  struct Gradients {
    float* dw = nullptr;  // added to
    float* dx = nullptr;  // of the whole batch; null: not wanted
    bool add_dx = false;  // dx holds another layer's share already
  };
  // For samples [begin, end): from dy, the gradient of the sums.
  void Backward(const float* x, const float* turned, const float* dy, int64_t begin, int64_t end,
                const Gradients& gradients, float* scratch) const;

 private:
  void Gather(const float* x, int64_t first, int64_t count, float* columns) const;
  void Scatter(const float* columns, int64_t first, int64_t count, float* dx) const;
  void BackwardDepthwise(const float* x, const float* weights, const float* dy, int64_t begin,
                         int64_t end, const Gradients& gradients, float* scratch) const;
  // Calls visit(position index in the block, input offset of the window's run, first tap, taps) for
  // each row of each window.
  template <typename Visit>
  void ForEachRun(int64_t first, int64_t count, const Visit& visit) const;

  const Layer layer_;
  const Kernels& kernels_;
  DepthwiseGeometry depthwise_;
  bool pointwise_;       // the input itself is the matrix
  int64_t in_channels_;  // padded: the distance of two input pixels
  int64_t rows_, padded_rows_, columns_;
  int64_t block_;
  size_t scratch_floats_;
};

}  // namespace kinglet::train
