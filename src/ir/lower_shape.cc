// Operators that move elements and compute nothing: what goes where is worked out here, and the
// kernels copy.
#include <algorithm>
#include <numeric>

#include "device/kernels/fill.h"
#include "device/kernels/gather.h"
#include "device/kernels/reshape.h"
#include "device/kernels/strided_copy.h"
#include "src/ir/lower_op.h"

namespace kinglet::ir {

KINGLET_PARAMS(ReshapeParams, bytes);
KINGLET_PARAMS(StridedCopyParams, run_bytes, sizes, input_steps, output_steps, input_offset,
               output_offset);
KINGLET_PARAMS(FillParams, count, element_bytes, value);
KINGLET_PARAMS(GatherParams, batches, outer, axis_size, slice_bytes, indices);

KINGLET_COPY_KERNEL(kReshape, Reshape, "reshape");
KINGLET_KERNEL(kStridedCopy, StridedCopy, "strided_copy");
KINGLET_KERNEL(kFill, Fill, "fill");
KINGLET_KERNEL(kGather, Gather, "gather");

namespace {

int64_t Product(std::span<const int32_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>());
}

// How many elements each dimension steps on.
std::vector<int64_t> StepsOf(std::span<const int32_t> shape) {
  std::vector<int64_t> steps;
  for (size_t d = 0; d < shape.size(); ++d) steps.push_back(Product(shape.subspan(d + 1)));
  return steps;
}

// Which elements of the input go to which places of the output, all counted in elements.
struct Move {
  struct Dimension {
    int64_t size, input_step, output_step;
  };
  std::vector<Dimension> dimensions;  // outermost first
  int64_t input_offset = 0, output_offset = 0;
};

// Without dimensions of 1, and with those joined that are one in both tensors.
std::vector<Move::Dimension> Simplified(const std::vector<Move::Dimension>& dimensions) {
  std::vector<Move::Dimension> result;
  for (const Move::Dimension& inner : dimensions) {
    if (inner.size == 1) continue;
    if (!result.empty()) {
      Move::Dimension& outer = result.back();
      if (outer.input_step == inner.size * inner.input_step &&
          outer.output_step == inner.size * inner.output_step) {
        outer = {outer.size * inner.size, inner.input_step, inner.output_step};
        continue;
      }
    }
    result.push_back(inner);
  }
  return result;
}

KernelCall CopyOf(const OpLowering& op, size_t input, size_t output) {
  const auto bytes = static_cast<int32_t>(op.Output(output).ByteCount());
  KernelCall call = op.Call(kReshape, kernels::ReshapeParams{bytes});
  op.AddInput(call, "input", input, bytes);  // any overlap will do
  op.AddOutput(call, output);
  return call;
}

Result<KernelCall> CallOf(const OpLowering& op, const Move& move, size_t input, size_t output) {
  const int64_t element_bytes = DataTypeBytes(op.Input(input).type);
  std::vector<Move::Dimension> dimensions = Simplified(move.dimensions);
  int64_t run = 1;
  if (!dimensions.empty() && dimensions.back().input_step == 1 &&
      dimensions.back().output_step == 1) {
    run = dimensions.back().size;
    dimensions.pop_back();
  }
  if (run == op.Input(input).ElementCount() && run == op.Output(output).ElementCount()) {
    return CopyOf(op, input, output);
  }
  constexpr size_t kRank = kernels::kCopyRank;
  if (dimensions.size() > kRank) {
    return Fail(Code::kUnsupported, "{}: {} dimensions change places, at most {}", op.name(),
                dimensions.size(), kRank);
  }
  const auto bytes = [&](int64_t elements) {
    return static_cast<int32_t>(elements * element_bytes);
  };
  kernels::StridedCopyParams p{};
  p.run_bytes = bytes(run);
  p.input_offset = bytes(move.input_offset);
  p.output_offset = bytes(move.output_offset);
  dimensions.insert(dimensions.begin(), kRank - dimensions.size(), {1, 0, 0});
  for (size_t d = 0; d < kRank; ++d) {
    p.sizes[d] = static_cast<int32_t>(dimensions[d].size);
    p.input_steps[d] = bytes(dimensions[d].input_step);
    p.output_steps[d] = bytes(dimensions[d].output_step);
  }
  KernelCall call = op.Call(kStridedCopy, p);
  op.AddInput(call, "input", input, std::nullopt);
  op.AddOutput(call, output);
  return call;
}

// A tensor of `outer` rows, each of which has the rows of several tensors side by side; row i of
// them is `sizes[i]` elements long. The tensors are the inputs, or else the outputs.
Result<KernelCalls> PieceCalls(const OpLowering& op, int64_t outer,
                               const std::vector<int64_t>& sizes, bool join) {
  const int64_t row = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
  KernelCalls calls;
  int64_t at = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    Move move;
    if (join) {
      move = {{{outer, sizes[i], row}, {sizes[i], 1, 1}}, 0, at};
    } else {
      move = {{{outer, row, sizes[i]}, {sizes[i], 1, 1}}, at, 0};
    }
    KINGLET_TRY(KernelCall call, CallOf(op, move, join ? i : 0, join ? 0 : i));
    calls.push_back(std::move(call));
    at += sizes[i];
  }
  return calls;
}

// What stands before `axis`, and from it on.
int64_t Outer(const Tensor& tensor, int32_t axis) {
  return Product(std::span(tensor.shape).first(static_cast<size_t>(axis)));
}
int64_t Inner(const Tensor& tensor, int32_t axis) {
  return Product(std::span(tensor.shape).subspan(static_cast<size_t>(axis)));
}

// The bits of one element.
int32_t PadValue(const OpLowering& op) {
  const DataType type = op.Output().type;
  if (!op.HasInput(1)) {
    return op.Output().quantization.present() ? OpLowering::ZeroPoint(op.Output()) : 0;
  }
  const Bytes& data = op.Input(1).data;
  if (DataTypeBytes(type) == 1) return data[0];
  return type == DataType::kInt16 ? LoadLe<int16_t>(data, 0) : LoadLe<int32_t>(data, 0);
}

std::vector<int32_t> IntegersOf(const Tensor& tensor) {
  std::vector<int32_t> values;
  const bool wide = tensor.type == DataType::kInt64;
  for (size_t at = 0; at < tensor.data.size(); at += DataTypeBytes(tensor.type)) {
    values.push_back(wide ? static_cast<int32_t>(LoadLe<int64_t>(tensor.data, at))
                          : LoadLe<int32_t>(tensor.data, at));
  }
  return values;
}

}  // namespace

Result<KernelCalls> LowerOp(const OpLowering& op, const Reshape&) {
  return KernelCalls{CopyOf(op, 0, 0)};
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Concatenation& a) {
  std::vector<int64_t> sizes;
  for (size_t i = 0; i < op.InputCount(); ++i) sizes.push_back(Inner(op.Input(i), a.axis));
  return PieceCalls(op, Outer(op.Output(), a.axis), sizes, true);
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Split& a) {
  std::vector<int64_t> sizes;
  for (size_t i = 0; i < op.OutputCount(); ++i) sizes.push_back(Inner(op.Output(i), a.axis));
  return PieceCalls(op, Outer(op.Input(0), a.axis), sizes, false);
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Pack& a) {
  const std::vector<int64_t> sizes(op.InputCount(), Inner(op.Input(0), a.axis));
  return PieceCalls(op, Outer(op.Input(0), a.axis), sizes, true);
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Unpack& a) {
  const std::vector<int64_t> sizes(op.OutputCount(), Inner(op.Output(), a.axis));
  return PieceCalls(op, Outer(op.Input(0), a.axis), sizes, false);
}

// The value everywhere, then the input over its middle.
Result<KernelCalls> LowerOp(const OpLowering& op, const Pad& a) {
  const Tensor &in = op.Input(0), &out = op.Output();
  const std::vector<int64_t> input_steps = StepsOf(in.shape), output_steps = StepsOf(out.shape);
  Move move;
  for (size_t d = 0; d < in.shape.size(); ++d) {
    move.dimensions.push_back({in.shape[d], input_steps[d], output_steps[d]});
    move.output_offset += a.before[d] * output_steps[d];
  }
  KINGLET_TRY(KernelCall middle, CallOf(op, move, 0, 0));
  if (in.shape == out.shape) return KernelCalls{middle};
  KernelCall around = op.Call(
      kFill, kernels::FillParams{static_cast<int32_t>(out.ElementCount()),
                                 static_cast<int32_t>(DataTypeBytes(out.type)), PadValue(op)});
  op.AddOutput(around);
  return KernelCalls{around, middle};
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Slice& a) {
  const std::vector<int64_t> input_steps = StepsOf(op.Input(0).shape);
  const std::vector<int64_t> output_steps = StepsOf(a.sizes);
  Move move;
  for (size_t d = 0; d < a.sizes.size(); ++d) {
    move.dimensions.push_back({a.sizes[d], a.strides[d] * input_steps[d], output_steps[d]});
    move.input_offset += a.begin[d] * input_steps[d];
  }
  KINGLET_TRY(KernelCall call, CallOf(op, move, 0, 0));
  return KernelCalls{call};
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Gather& a) {
  const Tensor &in = op.Input(0), &indices = op.Input(1);
  const auto axis = static_cast<size_t>(a.axis), batch_dims = static_cast<size_t>(a.batch_dims);
  const std::span<const int32_t> shape = in.shape;
  kernels::GatherParams p{};
  p.batches = static_cast<int32_t>(Product(shape.first(batch_dims)));
  p.outer = static_cast<int32_t>(Product(shape.subspan(batch_dims, axis - batch_dims)));
  p.axis_size = shape[axis];
  p.slice_bytes = static_cast<int32_t>(Product(shape.subspan(axis + 1)) * DataTypeBytes(in.type));
  p.indices = static_cast<int32_t>(indices.ElementCount() / p.batches);
  KernelCall call = op.Call(kGather, p);
  op.AddInput(call, "input", 0, std::nullopt);
  if (indices.constant) {
    OpLowering::AddConstant(call, "indices", IntegersOf(indices));
  } else {
    op.AddInput(call, "indices", 1, std::nullopt);
  }
  op.AddOutput(call);
  return KernelCalls{call};
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Transpose& a) {
  const std::vector<int64_t> input_steps = StepsOf(op.Input(0).shape);
  const std::vector<int64_t> output_steps = StepsOf(op.Output().shape);
  Move move;
  for (size_t d = 0; d < a.permutation.size(); ++d) {
    move.dimensions.push_back({op.Output().shape[d],
                               input_steps[static_cast<size_t>(a.permutation[d])],
                               output_steps[d]});
  }
  KINGLET_TRY(KernelCall call, CallOf(op, move, 0, 0));
  return KernelCalls{call};
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Copy&) {
  const auto bytes = static_cast<int32_t>(op.Output().ByteCount());
  KernelCall call = op.Call(kReshape, kernels::ReshapeParams{bytes});
  op.AddInput(call, "input", 0, bytes);  // any overlap will do
  op.AddOutput(call);
  for (Argument& argument : call.arguments) argument.type = DataType::kInt8;  // bytes of any type
  return KernelCalls{call};
}

}  // namespace kinglet::ir
