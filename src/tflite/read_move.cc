// The attributes of operators that move, pick or sum up elements. The format has the most of them
// as inputs of the operator, which must be constants; what is wrong with an axis or a size beside
// the shapes, Verify tells.
#include <algorithm>
#include <limits>
#include <numeric>

#include "src/tflite/operator_source.h"

namespace kinglet::tflite {
namespace {

constexpr int64_t kInt32Min = std::numeric_limits<int32_t>::min();
constexpr int64_t kInt32Max = std::numeric_limits<int32_t>::max();

tl::unexpected<Error> NoOptions() {
  return Fail(Code::kInvalid, "its options are missing or of another operator");
}

using Shape = std::vector<int32_t>;

std::string Text(const Shape& shape) {
  std::string text;
  for (const int32_t size : shape) text += (text.empty() ? "" : ",") + std::to_string(size);
  return "[" + text + "]";
}

Result<Shape> InputShape(const OperatorSource& source, size_t i = 0) {
  const ir::Tensor* input = source.Input(i);
  if (input == nullptr) return Fail(Code::kInvalid, "input {} is missing", i);
  if (std::ranges::any_of(input->shape, [](int32_t size) { return size < 1; })) {
    return Fail(Code::kInvalid, "input {} of shape {}: each dimension must be 1 or more", i,
                Text(input->shape));
  }
  return input->shape;
}

// A list of int32 attributes from input `i`.
Result<std::vector<int32_t>> Numbers(const OperatorSource& source, size_t i,
                                     std::string_view what) {
  KINGLET_TRY(const std::vector<int64_t> values, source.Integers(i, what));
  std::vector<int32_t> numbers;
  for (const int64_t value : values) {
    if (value < kInt32Min || value > kInt32Max) {
      return Fail(Code::kInvalid, "input {}, {}, holds {}, beyond 32 bits", i, what, value);
    }
    numbers.push_back(static_cast<int32_t>(value));
  }
  return numbers;
}

Status ExpectCount(std::string_view what, size_t count, size_t expected) {
  if (count == expected) return {};
  return Fail(Code::kInvalid, "{}: {} values, its shape needs {}", what, count, expected);
}

// The output has the shape that the attributes give; the graph keeps nothing else of it.
Status ExpectOutput(const OperatorSource& source, const Shape& shape) {
  const ir::Tensor* output = source.Output(0);
  if (output == nullptr) return Fail(Code::kInvalid, "its output is missing");
  if (output->shape == shape) return {};
  return Fail(Code::kInvalid, "gives shape {}, its output has {}", Text(shape),
              Text(output->shape));
}

template <typename Options>
Result<ir::Attributes> ReadResize(const OperatorSource& source, ir::Resize::Kind kind) {
  const auto* options = source.op().builtin_options_as<Options>();
  if (options == nullptr) return NoOptions();
  KINGLET_TRY(const Shape sizes, Numbers(source, 1, "the size"));
  KINGLET_CHECK(ExpectCount("the size", sizes.size(), 2));
  const ir::Tensor* output = source.Output(0);
  if (output == nullptr) return Fail(Code::kInvalid, "its output is missing");
  Shape shape = output->shape;
  if (shape.size() == 4) std::ranges::copy(sizes, shape.begin() + 1);
  KINGLET_CHECK(ExpectOutput(source, shape));
  return ir::Resize{kind, options->align_corners(), options->half_pixel_centers()};
}

Result<ir::Attributes> ReadReduce(const OperatorSource& source, ir::Reduce::Kind kind) {
  const auto* options = source.op().builtin_options_as_ReducerOptions();
  if (options == nullptr) return NoOptions();
  KINGLET_TRY(const Shape input, InputShape(source));
  KINGLET_TRY(const std::vector<int64_t> axes, source.Integers(1, "the axes"));
  ir::Reduce a{kind, {}, options->keep_dims()};
  for (const int64_t axis : axes) {
    KINGLET_TRY(const int32_t index, OperatorSource::Axis(axis, input.size()));
    a.axes.push_back(index);
  }
  std::ranges::sort(a.axes);
  a.axes.erase(std::unique(a.axes.begin(), a.axes.end()), a.axes.end());
  return a;
}

Result<ir::Attributes> ReadArgExtremum(const OperatorSource& source, ir::ArgExtremum::Kind kind) {
  KINGLET_TRY(const Shape input, InputShape(source));
  KINGLET_TRY(const int64_t axis, source.Integer(1, "the axis"));
  ir::ArgExtremum a{kind, 0};
  KINGLET_TRY(a.axis, OperatorSource::Axis(axis, input.size()));
  return a;
}

Result<ir::Attributes> SplitAlong(const OperatorSource& source, size_t input, size_t axis_input,
                                  int32_t num_splits) {
  KINGLET_TRY(const Shape shape, InputShape(source, input));
  KINGLET_TRY(const int64_t axis, source.Integer(axis_input, "the axis"));
  ir::Split a;
  KINGLET_TRY(a.axis, OperatorSource::Axis(axis, shape.size()));
  if (static_cast<int64_t>(source.output_count()) == num_splits) return a;
  return Fail(Code::kInvalid, "{} splits into {} outputs", num_splits, source.output_count());
}

// The five masks of a strided slice, a bit for each entry of its begin.
class StridedSlice {
 public:
  StridedSlice(const schema::StridedSliceOptions& options, const Shape& input)
      : options_(options), input_(input) {}

  // The slice; `shape` becomes that of its output.
  Result<ir::Slice> Read(const std::vector<int64_t>& begin, const std::vector<int64_t>& end,
                         const std::vector<int64_t>& strides, Shape& shape) {
    for (size_t i = 0; i < begin.size(); ++i) {
      if (Has(options_.ellipsis_mask(), i)) {
        KINGLET_CHECK(Ellipsis(i, begin.size(), shape));
      } else if (Has(options_.new_axis_mask(), i)) {
        shape.push_back(1);
      } else {
        KINGLET_CHECK(Dimension(i, {begin[i], end[i], strides[i]}, shape));
      }
    }
    while (slice_.begin.size() < input_.size()) KeepDimension(shape);
    return std::move(slice_);
  }

 private:
  struct Entry {
    int64_t begin, end, stride;
  };

  static bool Has(int32_t mask, size_t i) { return (static_cast<uint32_t>(mask) >> i & 1) != 0; }

  void Add(int64_t begin, int64_t size, int64_t stride) {
    slice_.begin.push_back(static_cast<int32_t>(begin));
    slice_.sizes.push_back(static_cast<int32_t>(size));
    slice_.strides.push_back(static_cast<int32_t>(size == 1 ? 1 : stride));
  }
  void KeepDimension(Shape& shape) {
    shape.push_back(input_[slice_.begin.size()]);
    Add(0, shape.back(), 1);
  }

  // Keeps all dimensions but those that the entries behind it take.
  Status Ellipsis(size_t i, size_t entries, Shape& shape) {
    if (had_ellipsis_) return Fail(Code::kInvalid, "two ellipses");
    had_ellipsis_ = true;
    size_t behind = 0;
    for (size_t k = i + 1; k < entries; ++k) {
      behind += Has(options_.new_axis_mask(), k) ? 0 : 1;
    }
    while (slice_.begin.size() + behind < input_.size()) KeepDimension(shape);
    return {};
  }

  // One entry that takes a dimension of the input; positions as the reference limits them.
  Status Dimension(size_t i, const Entry& entry, Shape& shape) {
    const size_t d = slice_.begin.size();
    if (d >= input_.size()) {
      return Fail(Code::kInvalid, "more entries than the {} dimensions of its input",
                  input_.size());
    }
    const int64_t size = input_[d], stride = entry.stride;
    if (stride == 0 || stride < kInt32Min || stride > kInt32Max) {
      return Fail(Code::kInvalid, "stride {} along axis {}", stride, d);
    }
    const bool forwards = stride > 0;
    const int64_t low = forwards ? 0 : -1, high = forwards ? size : size - 1;
    const auto inside = [&](int64_t at) {
      const int64_t clamped = std::clamp(at, kInt32Min, kInt32Max);
      return std::clamp(clamped < 0 ? clamped + size : clamped, low, high);
    };
    int64_t begin = inside(entry.begin);
    if (Has(options_.begin_mask(), i)) begin = forwards ? low : high;
    if (Has(options_.shrink_axis_mask(), i)) {
      if (begin < 0 || begin >= size) {
        return Fail(Code::kInvalid, "index {} of {} along axis {}", entry.begin, size, d);
      }
      Add(begin, 1, 1);
      return {};
    }
    const int64_t base = options_.offset() ? begin : 0;
    int64_t end = inside(std::clamp(entry.end, kInt32Min, kInt32Max) + base);
    if (Has(options_.end_mask(), i)) end = forwards ? high : low;
    const int64_t room = forwards ? end - begin : begin - end;
    const int64_t step = forwards ? stride : -stride;
    if (room <= 0) {
      return Fail(Code::kUnsupported, "takes nothing along axis {}: from {} to {} by {}", d, begin,
                  end, stride);
    }
    const int64_t count = (room + step - 1) / step;
    Add(begin, count, stride);
    shape.push_back(static_cast<int32_t>(count));
    return {};
  }

  const schema::StridedSliceOptions& options_;
  const Shape& input_;
  ir::Slice slice_;
  bool had_ellipsis_ = false;
};

}  // namespace

// A shape that is computed while running could differ from the output tensor's.
Result<ir::Attributes> ReadReshape(const OperatorSource& source) {
  if (source.input_count() > 1) KINGLET_CHECK(source.Integers(1, "the shape"));
  return ir::Reshape{};
}

Result<ir::Attributes> ReadSqueeze(const OperatorSource& source) {
  const auto* options = source.op().builtin_options_as_SqueezeOptions();
  KINGLET_TRY(const Shape input, InputShape(source));
  std::vector<bool> goes(input.size(), false);
  const bool all = options == nullptr || SizeOf(options->squeeze_dims()) == 0;
  for (uint32_t i = 0; !all && i < options->squeeze_dims()->size(); ++i) {
    KINGLET_TRY(const int32_t axis,
                OperatorSource::Axis(options->squeeze_dims()->Get(i), input.size()));
    goes[static_cast<size_t>(axis)] = true;
  }
  Shape shape;
  for (size_t d = 0; d < input.size(); ++d) {
    if (input[d] != 1 || (!all && !goes[d])) shape.push_back(input[d]);
  }
  KINGLET_CHECK(ExpectOutput(source, shape));
  return ir::Reshape{};
}

Result<ir::Attributes> ReadExpandDims(const OperatorSource& source) {
  KINGLET_TRY(Shape shape, InputShape(source));
  KINGLET_TRY(const int64_t axis, source.Integer(1, "the axis"));
  KINGLET_TRY(const int32_t place, OperatorSource::Axis(axis, shape.size() + 1));
  shape.insert(shape.begin() + place, 1);
  KINGLET_CHECK(ExpectOutput(source, shape));
  return ir::Reshape{};
}

Result<ir::Attributes> ReadConcatenation(const OperatorSource& source) {
  const auto* options = source.op().builtin_options_as_ConcatenationOptions();
  if (options == nullptr) return NoOptions();
  if (options->fused_activation_function() != schema::ActivationFunctionType::NONE) {
    return Fail(Code::kUnsupported, "a fused activation is not supported");
  }
  KINGLET_TRY(const Shape input, InputShape(source));
  ir::Concatenation a;
  KINGLET_TRY(a.axis, OperatorSource::Axis(options->axis(), input.size()));
  return a;
}

Result<ir::Attributes> ReadSplit(const OperatorSource& source) {
  const auto* options = source.op().builtin_options_as_SplitOptions();
  if (options == nullptr) return NoOptions();
  KINGLET_TRY(const ir::Attributes split, SplitAlong(source, 1, 0, options->num_splits()));
  for (size_t i = 1; i < source.output_count(); ++i) {
    const ir::Tensor *first = source.Output(0), *other = source.Output(i);
    if (first == nullptr || other == nullptr || first->shape != other->shape) {
      return Fail(Code::kInvalid, "output {} has not the shape of output 0", i);
    }
  }
  return split;
}

Result<ir::Attributes> ReadSplitV(const OperatorSource& source) {
  const auto* options = source.op().builtin_options_as_SplitVOptions();
  if (options == nullptr) return NoOptions();
  KINGLET_TRY(const ir::Attributes split, SplitAlong(source, 0, 2, options->num_splits()));
  KINGLET_TRY(const std::vector<int64_t> sizes,
              source.Integers(1, "the sizes", source.output_count()));
  KINGLET_CHECK(ExpectCount("the sizes", sizes.size(), source.output_count()));
  const auto axis = static_cast<size_t>(std::get<ir::Split>(split).axis);
  // One size may be -1, for what the others leave; that they sum up, Verify sees.
  if (std::ranges::count(sizes, -1) > 1) return Fail(Code::kInvalid, "two sizes are left open");
  for (size_t i = 0; i < sizes.size(); ++i) {
    const ir::Tensor* output = source.Output(i);
    const bool has_axis = output != nullptr && axis < output->shape.size();
    if (has_axis && (sizes[i] == -1 || sizes[i] == output->shape[axis])) continue;
    return Fail(Code::kInvalid, "size {} of output {} is not that of its shape", sizes[i], i);
  }
  return split;
}

Result<ir::Attributes> ReadPack(const OperatorSource& source) {
  const auto* options = source.op().builtin_options_as_PackOptions();
  if (options == nullptr) return NoOptions();
  KINGLET_TRY(const Shape input, InputShape(source));
  ir::Pack a;
  KINGLET_TRY(a.axis, OperatorSource::Axis(options->axis(), input.size() + 1));
  if (static_cast<int64_t>(source.input_count()) == options->values_count()) return a;
  return Fail(Code::kInvalid, "{} values from {} inputs", options->values_count(),
              source.input_count());
}

Result<ir::Attributes> ReadUnpack(const OperatorSource& source) {
  const auto* options = source.op().builtin_options_as_UnpackOptions();
  if (options == nullptr) return NoOptions();
  KINGLET_TRY(const Shape input, InputShape(source));
  ir::Unpack a;
  KINGLET_TRY(a.axis, OperatorSource::Axis(options->axis(), input.size()));
  if (static_cast<int64_t>(source.output_count()) == options->num()) return a;
  return Fail(Code::kInvalid, "{} values into {} outputs", options->num(), source.output_count());
}

Result<ir::Attributes> ReadPad(const OperatorSource& source) {
  KINGLET_TRY(const Shape input, InputShape(source));
  KINGLET_TRY(const std::vector<int32_t> paddings, Numbers(source, 1, "the paddings"));
  KINGLET_CHECK(ExpectCount("the paddings", paddings.size(), 2 * input.size()));
  ir::Pad a;
  for (size_t i = 0; i < paddings.size(); ++i) {
    (i % 2 == 0 ? a.before : a.after).push_back(paddings[i]);
  }
  return a;
}

Result<ir::Attributes> ReadSlice(const OperatorSource& source) {
  KINGLET_TRY(const Shape input, InputShape(source));
  ir::Slice a;
  KINGLET_TRY(a.begin, Numbers(source, 1, "the begin"));
  KINGLET_TRY(a.sizes, Numbers(source, 2, "the sizes"));
  KINGLET_CHECK(ExpectCount("the begin", a.begin.size(), input.size()));
  KINGLET_CHECK(ExpectCount("the sizes", a.sizes.size(), input.size()));
  for (size_t d = 0; d < input.size(); ++d) {
    if (a.begin[d] < 0 || a.begin[d] >= input[d]) {
      return Fail(Code::kInvalid, "begin {} of {} along axis {}", a.begin[d], input[d], d);
    }
    if (a.sizes[d] == -1) a.sizes[d] = input[d] - a.begin[d];
  }
  a.strides.assign(input.size(), 1);
  KINGLET_CHECK(ExpectOutput(source, a.sizes));
  return a;
}

Result<ir::Attributes> ReadStridedSlice(const OperatorSource& source) {
  const auto* options = source.op().builtin_options_as_StridedSliceOptions();
  if (options == nullptr) return NoOptions();
  KINGLET_TRY(const Shape input, InputShape(source));
  constexpr size_t kEntriesMax = 32;  // bits of a mask
  KINGLET_TRY(const std::vector<int64_t> begin, source.Integers(1, "the begin", kEntriesMax));
  KINGLET_TRY(const std::vector<int64_t> end, source.Integers(2, "the end", kEntriesMax));
  KINGLET_TRY(const std::vector<int64_t> strides, source.Integers(3, "the strides", kEntriesMax));
  KINGLET_CHECK(ExpectCount("the end", end.size(), begin.size()));
  KINGLET_CHECK(ExpectCount("the strides", strides.size(), begin.size()));
  Shape shape;
  KINGLET_TRY(const ir::Slice slice,
              StridedSlice(*options, input).Read(begin, end, strides, shape));
  KINGLET_CHECK(ExpectOutput(source, shape));
  return slice;
}

Result<ir::Attributes> ReadGather(const OperatorSource& source) {
  const auto* options = source.op().builtin_options_as_GatherOptions();
  KINGLET_TRY(const Shape input, InputShape(source));
  KINGLET_TRY(const Shape indices, InputShape(source, 1));
  ir::Gather a;
  if (options == nullptr) return a;
  KINGLET_TRY(a.axis, OperatorSource::Axis(options->axis(), input.size()));
  const auto rank = static_cast<int64_t>(indices.size());
  const int64_t batch_dims = options->batch_dims();
  if (batch_dims < -rank || batch_dims > rank) {
    return Fail(Code::kInvalid, "{} batch dimensions of indices of {}", batch_dims, rank);
  }
  a.batch_dims = static_cast<int32_t>(batch_dims < 0 ? batch_dims + rank : batch_dims);
  return a;
}

Result<ir::Attributes> ReadTranspose(const OperatorSource& source) {
  KINGLET_TRY(const Shape input, InputShape(source));
  KINGLET_TRY(const std::vector<int64_t> axes, source.Integers(1, "the permutation"));
  ir::Transpose a;
  for (const int64_t axis : axes) {
    KINGLET_TRY(const int32_t index, OperatorSource::Axis(axis, input.size()));
    a.permutation.push_back(index);
  }
  return a;
}

Result<ir::Attributes> ReadResizeBilinear(const OperatorSource& source) {
  return ReadResize<schema::ResizeBilinearOptions>(source, ir::Resize::Kind::kBilinear);
}
Result<ir::Attributes> ReadResizeNearestNeighbor(const OperatorSource& source) {
  return ReadResize<schema::ResizeNearestNeighborOptions>(source,
                                                          ir::Resize::Kind::kNearestNeighbor);
}

Result<ir::Attributes> ReadMean(const OperatorSource& source) {
  return ReadReduce(source, ir::Reduce::Kind::kMean);
}
Result<ir::Attributes> ReadSum(const OperatorSource& source) {
  return ReadReduce(source, ir::Reduce::Kind::kSum);
}

Result<ir::Attributes> ReadArgMin(const OperatorSource& source) {
  return ReadArgExtremum(source, ir::ArgExtremum::Kind::kMinimum);
}
Result<ir::Attributes> ReadArgMax(const OperatorSource& source) {
  return ReadArgExtremum(source, ir::ArgExtremum::Kind::kMaximum);
}

}  // namespace kinglet::tflite
