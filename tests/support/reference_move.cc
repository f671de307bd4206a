// The slow reference of operators that move elements and compute nothing.
#include <algorithm>
#include <cmath>

#include "tests/support/reference_tensor.h"

namespace kinglet::testing {
namespace {

using Index = std::vector<int32_t>;

Index Without(Index index, int32_t axis) {
  index.erase(index.begin() + axis);
  return index;
}

class Move {
 public:
  explicit Move(ReferenceCall& call) : call_(call), in_(call.in[0]), out_(call.out[0]) {}

  bool operator()(const ir::Reshape&) {
    out_.values = in_.values;
    return true;
  }

  bool operator()(const ir::Concatenation& a) {
    const auto axis = static_cast<size_t>(a.axis);
    ForEachIndex(out_.shape(), [&](const Index& index) {
      Index at = index;
      size_t i = 0;
      for (; at[axis] >= call_.in[i].shape()[axis]; ++i) at[axis] -= call_.in[i].shape()[axis];
      out_.At(index) = call_.in[i].At(at);
    });
    return true;
  }

  bool operator()(const ir::Split& a) {
    const auto axis = static_cast<size_t>(a.axis);
    ForEachIndex(in_.shape(), [&](const Index& index) {
      Index at = index;
      size_t i = 0;
      for (; at[axis] >= call_.out[i].shape()[axis]; ++i) at[axis] -= call_.out[i].shape()[axis];
      call_.out[i].At(at) = in_.At(index);
    });
    return true;
  }

  bool operator()(const ir::Pack& a) {
    ForEachIndex(out_.shape(), [&](const Index& index) {
      const auto i = static_cast<size_t>(index[static_cast<size_t>(a.axis)]);
      out_.At(index) = call_.in[i].At(Without(index, a.axis));
    });
    return true;
  }

  bool operator()(const ir::Unpack& a) {
    ForEachIndex(in_.shape(), [&](const Index& index) {
      const auto i = static_cast<size_t>(index[static_cast<size_t>(a.axis)]);
      call_.out[i].At(Without(index, a.axis)) = in_.At(index);
    });
    return true;
  }

  bool operator()(const ir::Pad& a) {
    int64_t value = 0;
    if (out_.tensor->quantization.present()) value = out_.zero_point();
    if (call_.in.size() > 1 && call_.in[1].present()) value = call_.in[1].values[0];
    ForEachIndex(out_.shape(), [&](const Index& index) {
      Index at = index;
      bool inside = true;
      for (size_t d = 0; d < at.size(); ++d) {
        at[d] -= a.before[d];
        inside = inside && at[d] >= 0 && at[d] < in_.shape()[d];
      }
      out_.At(index) = inside ? in_.At(at) : value;
    });
    return true;
  }

  bool operator()(const ir::Slice& a) {
    size_t next = 0;
    ForEachIndex(a.sizes, [&](const Index& index) {
      Index at = a.begin;
      for (size_t d = 0; d < at.size(); ++d) at[d] += index[d] * a.strides[d];
      out_.values[next++] = in_.At(at);
    });
    return true;
  }

  // Indices outside of the axis, which the reference leaves open, are those of its ends.
  bool operator()(const ir::Gather& a) {
    const Numbers& indices = call_.in[1];
    const auto middle = static_cast<std::ptrdiff_t>(indices.shape().size()) - a.batch_dims;
    ForEachIndex(out_.shape(), [&](const Index& index) {
      Index which(index.begin(), index.begin() + a.batch_dims);
      which.insert(which.end(), index.begin() + a.axis, index.begin() + a.axis + middle);
      const int64_t last = in_.shape()[static_cast<size_t>(a.axis)] - 1;
      Index at(index.begin(), index.begin() + a.axis);
      at.push_back(static_cast<int32_t>(std::clamp<int64_t>(indices.At(which), 0, last)));
      at.insert(at.end(), index.begin() + a.axis + middle, index.end());
      out_.At(index) = in_.At(at);
    });
    return true;
  }

  bool operator()(const ir::Transpose& a) {
    ForEachIndex(out_.shape(), [&](const Index& index) {
      Index at(index.size());
      for (size_t d = 0; d < index.size(); ++d)
        at[static_cast<size_t>(a.permutation[d])] = index[d];
      out_.At(index) = in_.At(at);
    });
    return true;
  }

  bool operator()(const ir::Resize& a) {
    if (a.kind != ir::Resize::Kind::kNearestNeighbor) return false;
    ForEachIndex(out_.shape(), [&](const Index& index) {
      Index at = index;
      for (const size_t d : {1U, 2U}) at[d] = Nearest(a, index[d], in_.shape()[d], out_.shape()[d]);
      out_.At(index) = in_.At(at);
    });
    return true;
  }

  template <typename Other>
  bool operator()(const Other&) {
    return false;
  }

 private:
  static int32_t Nearest(const ir::Resize& a, int32_t i, int32_t input, int32_t output) {
    float scale = static_cast<float>(input) / static_cast<float>(output);
    if (a.align_corners && output > 1) {
      scale = static_cast<float>(input - 1) / static_cast<float>(output - 1);
    }
    const float place = (static_cast<float>(i) + (a.half_pixel_centers ? 0.5F : 0.0F)) * scale;
    const float whole = a.align_corners ? std::round(place) : std::floor(place);
    return std::min(static_cast<int32_t>(whole), input - 1);
  }

  ReferenceCall& call_;
  const Numbers& in_;
  Numbers& out_;
};

}  // namespace

bool ReferenceMove(ReferenceCall& call) { return std::visit(Move(call), call.op.attributes); }

}  // namespace kinglet::testing
