// Operators that move, pick or sum up elements: what are attributes here are inputs in the format.
#include <algorithm>

#include "src/tflite/file_builder.h"

namespace kinglet::tflite {
namespace {

using schema::BuiltinOperator;
using schema::BuiltinOptions;

// The version of an operator whose first knows floats and int32, and later ones int8 and int16.
int32_t VersionOf(ir::DataType type, int32_t int8, int32_t int16) {
  if (type == ir::DataType::kInt8) return int8;
  return type == ir::DataType::kInt16 ? int16 : 1;
}
int32_t VersionOf(const FileBuilder& file, const ir::Op& op, int32_t int8, int32_t int16) {
  return VersionOf(file.Output(op).type, int8, int16);
}

bool AllEqual(const std::vector<int32_t>& values) {
  return std::ranges::adjacent_find(values, std::not_equal_to<>()) == values.end();
}

// The end of a strided slice and the masks that say what a size of the output cannot.
struct SliceMasks {
  std::vector<int32_t> begin, end, strides;
  int32_t end_mask = 0, new_axis = 0, shrink_axis = 0;

  static int32_t Bit(size_t i) { return static_cast<int32_t>(uint32_t{1} << i); }

  void AddNewAxis() {
    new_axis |= Bit(begin.size());
    Add(0, 1, 1);
  }
  void AddDimension(const ir::Slice& a, size_t d, bool shrinks) {
    if (shrinks) shrink_axis |= Bit(begin.size());
    const int32_t last = a.begin[d] + (a.sizes[d] - 1) * a.strides[d];
    const int32_t end_at = last + (a.strides[d] > 0 ? 1 : -1);
    // -1 would count from the end.
    if (end_at < 0) end_mask |= Bit(begin.size());
    Add(a.begin[d], std::max(end_at, 0), a.strides[d]);
  }

 private:
  void Add(int32_t from, int32_t to, int32_t stride) {
    begin.push_back(from);
    end.push_back(to);
    strides.push_back(stride);
  }
};

// Dimensions of the slice and of the output side by side: where they differ, one has a 1 more.
SliceMasks MasksOf(const ir::Slice& a, const std::vector<int32_t>& output) {
  SliceMasks masks;
  size_t d = 0, o = 0;
  while (d < a.sizes.size() || o < output.size()) {
    if (d < a.sizes.size() && o < output.size() && a.sizes[d] == output[o]) {
      masks.AddDimension(a, d++, false);
      ++o;
    } else if (d < a.sizes.size() && a.sizes[d] == 1) {
      masks.AddDimension(a, d++, true);
    } else {
      masks.AddNewAxis();
      ++o;
    }
  }
  return masks;
}

OperatorParts StridedSliceParts(FileBuilder& file, const ir::Op& op, const ir::Slice& a) {
  const SliceMasks masks = MasksOf(a, file.Output(op).shape);
  const bool int8 = file.Output(op).type == ir::DataType::kInt8;
  const int32_t version = masks.new_axis != 0 ? 6 : (masks.begin.size() > 4 ? 4 : (int8 ? 2 : 1));
  return {BuiltinOperator::STRIDED_SLICE,
          version,
          BuiltinOptions::StridedSliceOptions,
          schema::CreateStridedSliceOptions(file.flat(), 0, masks.end_mask, 0, masks.new_axis,
                                            masks.shrink_axis)
              .Union(),
          {op.inputs[0], file.AddIntegers("begin", masks.begin), file.AddIntegers("end", masks.end),
           file.AddIntegers("strides", masks.strides)}};
}

}  // namespace

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Reshape&) {
  const auto shape = file.flat().CreateVector(file.Output(op).shape);
  return OperatorParts{BuiltinOperator::RESHAPE, 1, BuiltinOptions::ReshapeOptions,
                       schema::CreateReshapeOptions(file.flat(), shape).Union(), op.inputs};
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Concatenation& a) {
  return OperatorParts{BuiltinOperator::CONCATENATION, VersionOf(file, op, 2, 3),
                       BuiltinOptions::ConcatenationOptions,
                       schema::CreateConcatenationOptions(file.flat(), a.axis).Union(), op.inputs};
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Split& a) {
  std::vector<int32_t> sizes;
  for (size_t i = 0; i < op.outputs.size(); ++i) {
    sizes.push_back(file.Output(op, i).shape[static_cast<size_t>(a.axis)]);
  }
  const auto count = static_cast<int32_t>(sizes.size());
  const int32_t axis = file.AddInteger("axis", a.axis);
  if (AllEqual(sizes)) {
    return OperatorParts{BuiltinOperator::SPLIT,
                         VersionOf(file, op, 2, 4),
                         BuiltinOptions::SplitOptions,
                         schema::CreateSplitOptions(file.flat(), count).Union(),
                         {axis, op.inputs[0]}};
  }
  return OperatorParts{BuiltinOperator::SPLIT_V,
                       VersionOf(file, op, 2, 1),
                       BuiltinOptions::SplitVOptions,
                       schema::CreateSplitVOptions(file.flat(), count).Union(),
                       {op.inputs[0], file.AddIntegers("sizes", sizes), axis}};
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Pack& a) {
  const auto count = static_cast<int32_t>(op.inputs.size());
  return OperatorParts{BuiltinOperator::PACK, VersionOf(file, op, 2, 3),
                       BuiltinOptions::PackOptions,
                       schema::CreatePackOptions(file.flat(), count, a.axis).Union(), op.inputs};
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Unpack& a) {
  const auto count = static_cast<int32_t>(op.outputs.size());
  return OperatorParts{BuiltinOperator::UNPACK, VersionOf(file, op, 2, 4),
                       BuiltinOptions::UnpackOptions,
                       schema::CreateUnpackOptions(file.flat(), count, a.axis).Union(), op.inputs};
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Pad& a) {
  std::vector<int32_t> paddings;
  for (size_t d = 0; d < a.before.size(); ++d) {
    paddings.insert(paddings.end(), {a.before[d], a.after[d]});
  }
  const int32_t list = file.AddIntegers("paddings", paddings, 2);
  const int32_t version = a.before.size() > 4 ? 4 : VersionOf(file, op, 2, 3);
  if (op.inputs.size() == 1) {
    return OperatorParts{BuiltinOperator::PAD,
                         version,
                         BuiltinOptions::PadOptions,
                         schema::CreatePadOptions(file.flat()).Union(),
                         {op.inputs[0], list}};
  }
  return OperatorParts{BuiltinOperator::PADV2,
                       version,
                       BuiltinOptions::PadV2Options,
                       schema::CreatePadV2Options(file.flat()).Union(),
                       {op.inputs[0], list, op.inputs[1]}};
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Slice& a) {
  const bool plain = std::ranges::all_of(a.strides, [](int32_t stride) { return stride == 1; });
  if (!plain || a.sizes != file.Output(op).shape) return StridedSliceParts(file, op, a);
  const int32_t version = a.sizes.size() > 4 ? 5 : VersionOf(file, op, 2, 4);
  return OperatorParts{
      BuiltinOperator::SLICE,
      version,
      BuiltinOptions::SliceOptions,
      schema::CreateSliceOptions(file.flat()).Union(),
      {op.inputs[0], file.AddIntegers("begin", a.begin), file.AddIntegers("size", a.sizes)}};
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Gather& a) {
  const int32_t version = a.batch_dims > 0 ? 5 : VersionOf(file, op, 2, 4);
  return OperatorParts{BuiltinOperator::GATHER, version, BuiltinOptions::GatherOptions,
                       schema::CreateGatherOptions(file.flat(), a.axis, a.batch_dims).Union(),
                       op.inputs};
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Transpose& a) {
  const size_t rank = a.permutation.size();
  const int32_t version = rank > 5 ? 6 : (rank > 4 ? 4 : VersionOf(file, op, 2, 5));
  return OperatorParts{BuiltinOperator::TRANSPOSE,
                       version,
                       BuiltinOptions::TransposeOptions,
                       schema::CreateTransposeOptions(file.flat()).Union(),
                       {op.inputs[0], file.AddIntegers("permutation", a.permutation)}};
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Resize& a) {
  const std::vector<int32_t>& shape = file.Output(op).shape;
  const std::vector<int32_t> inputs = {op.inputs[0],
                                       file.AddIntegers("size", {shape[1], shape[2]})};
  const bool aligned = a.align_corners || a.half_pixel_centers;
  if (a.kind == ir::Resize::Kind::kBilinear) {
    const int32_t version = VersionOf(file, op, a.half_pixel_centers ? 3 : 2, 4);
    return OperatorParts{
        BuiltinOperator::RESIZE_BILINEAR, version, BuiltinOptions::ResizeBilinearOptions,
        schema::CreateResizeBilinearOptions(file.flat(), a.align_corners, a.half_pixel_centers)
            .Union(),
        inputs};
  }
  const bool int16 = file.Output(op).type == ir::DataType::kInt16;
  const int32_t version = aligned && !int16 ? 3 : VersionOf(file, op, 2, 4);
  return OperatorParts{
      BuiltinOperator::RESIZE_NEAREST_NEIGHBOR, version,
      BuiltinOptions::ResizeNearestNeighborOptions,
      schema::CreateResizeNearestNeighborOptions(file.flat(), a.align_corners, a.half_pixel_centers)
          .Union(),
      inputs};
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Reduce& a) {
  const bool mean = a.kind == ir::Reduce::Kind::kMean;
  return OperatorParts{mean ? BuiltinOperator::MEAN : BuiltinOperator::SUM,
                       VersionOf(file, op, 2, mean ? 3 : 1),
                       BuiltinOptions::ReducerOptions,
                       schema::CreateReducerOptions(file.flat(), a.keep_dims).Union(),
                       {op.inputs[0], file.AddIntegers("axes", a.axes)}};
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::ArgExtremum& a) {
  const auto type = file.Output(op).type == ir::DataType::kInt64 ? schema::TensorType::INT64
                                                                 : schema::TensorType::INT32;
  const std::vector<int32_t> inputs = {op.inputs[0], file.AddInteger("axis", a.axis)};
  if (a.kind == ir::ArgExtremum::Kind::kMaximum) {
    return OperatorParts{BuiltinOperator::ARG_MAX, 2, BuiltinOptions::ArgMaxOptions,
                         schema::CreateArgMaxOptions(file.flat(), type).Union(), inputs};
  }
  return OperatorParts{BuiltinOperator::ARG_MIN, 2, BuiltinOptions::ArgMinOptions,
                       schema::CreateArgMinOptions(file.flat(), type).Union(), inputs};
}

}  // namespace kinglet::tflite
