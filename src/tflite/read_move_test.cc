// How operators that move elements are read: what their parameters mean, and which are refused.
#include <flatbuffers/flatbuffers.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/ir/execute.h"
#include "src/tflite/read.h"
#include "src/tflite/schema_generated.h"

namespace kinglet::tflite {
namespace {

using schema::BuiltinOperator;
using ::testing::HasSubstr;
using Shape = std::vector<int32_t>;

// A file of one operator. Activations have scale 1 and zero point 3.
class OneOperator {
 public:
  explicit OneOperator(BuiltinOperator code) {
    auto entry = std::make_unique<schema::OperatorCodeT>();
    entry->builtin_code = code;
    model_.version = 3;
    model_.operator_codes.push_back(std::move(entry));
    model_.subgraphs.push_back(std::make_unique<schema::SubGraphT>());
    model_.buffers.push_back(std::make_unique<schema::BufferT>());
    op().opcode_index = 0;
  }

  OneOperator& Input(const Shape& shape, schema::TensorType type = schema::TensorType::INT8) {
    graph().inputs.push_back(AddTensor(shape, type));
    op().inputs.push_back(graph().inputs.back());
    return *this;
  }
  // An input of the operator that the file holds.
  OneOperator& Numbers(const std::vector<int32_t>& values) {
    op().inputs.push_back(
        AddTensor({static_cast<int32_t>(values.size())}, schema::TensorType::INT32));
    auto buffer = std::make_unique<schema::BufferT>();
    for (const int32_t value : values) AppendLe(buffer->data, value);
    graph().tensors.back()->buffer = static_cast<uint32_t>(model_.buffers.size());
    model_.buffers.push_back(std::move(buffer));
    return *this;
  }
  OneOperator& Output(const Shape& shape, schema::TensorType type = schema::TensorType::INT8) {
    graph().outputs.push_back(AddTensor(shape, type));
    op().outputs.push_back(graph().outputs.back());
    return *this;
  }
  template <typename OptionsT>
  OneOperator& Options(OptionsT options) {
    op().builtin_options.Set(std::move(options));
    return *this;
  }
  template <typename Change>
  OneOperator& With(const Change& change) {
    change(*graph().tensors.back());
    return *this;
  }

  Result<ir::Graph> Read() const {
    flatbuffers::FlatBufferBuilder builder;
    schema::FinishModelBuffer(builder, schema::CreateModel(builder, &model_));
    return ReadModel({builder.GetBufferPointer(), builder.GetSize()});
  }
  std::string Error() const {
    const auto graph = Read();
    return graph.has_value() ? "no error" : graph.error().message;
  }
  // The first output's bytes for an input of 0, 1, 2, ...
  Bytes Run() const {
    const auto graph = Read();
    EXPECT_TRUE(graph.has_value()) << graph.error().message;
    if (!graph.has_value()) return {};
    Bytes input(static_cast<size_t>(graph->tensor(graph->inputs[0]).ByteCount()));
    for (size_t i = 0; i < input.size(); ++i) input[i] = static_cast<uint8_t>(i);
    return ir::Executor::Make(*graph).value().Run({ByteView(input)}).value()[0];
  }

 private:
  schema::SubGraphT& graph() { return *model_.subgraphs[0]; }
  schema::OperatorT& op() {
    if (graph().operators.empty()) {
      graph().operators.push_back(std::make_unique<schema::OperatorT>());
    }
    return *graph().operators[0];
  }
  int32_t AddTensor(const Shape& shape, schema::TensorType type) {
    auto tensor = std::make_unique<schema::TensorT>();
    tensor->shape = shape;
    tensor->type = type;
    tensor->name = "t" + std::to_string(graph().tensors.size());
    if (type == schema::TensorType::INT8) {
      tensor->quantization = std::make_unique<schema::QuantizationParametersT>();
      tensor->quantization->scale = {1.0F};
      tensor->quantization->zero_point = {3};
    }
    graph().tensors.push_back(std::move(tensor));
    return static_cast<int32_t>(graph().tensors.size() - 1);
  }

  schema::ModelT model_;
};

schema::SqueezeOptionsT Squeezing(const std::vector<int32_t>& dims) {
  schema::SqueezeOptionsT options;
  options.squeeze_dims = dims;
  return options;
}

TEST(ReadSqueeze, IsAReshapeToTheShapeItGives) {
  const auto file = [](const std::vector<int32_t>& dims, const Shape& output) {
    return OneOperator(BuiltinOperator::SQUEEZE)
        .Input({1, 2, 1, 3})
        .Output(output)
        .Options(Squeezing(dims));
  };
  EXPECT_EQ(file({}, {2, 3}).Read().value().ops[0].attributes, ir::Attributes(ir::Reshape{}));
  EXPECT_EQ(file({-2}, {1, 2, 3}).Error(), "no error");
  EXPECT_THAT(file({-2}, {2, 3}).Error(), HasSubstr("SQUEEZE: gives shape [1,2,3], its output"));
  EXPECT_THAT(file({1}, {1, 1, 3}).Error(), HasSubstr("gives shape [1,2,1,3]"));
  EXPECT_THAT(file({4}, {2, 3}).Error(), HasSubstr("axis 4 of 4 dimensions"));
}

TEST(ReadExpandDims, IsAReshapeToTheShapeItGives) {
  const auto file = [](int32_t axis, const Shape& output) {
    return OneOperator(BuiltinOperator::EXPAND_DIMS).Input({2, 3}).Numbers({axis}).Output(output);
  };
  EXPECT_EQ(file(-1, {2, 3, 1}).Error(), "no error");
  EXPECT_EQ(file(1, {2, 1, 3}).Error(), "no error");
  EXPECT_THAT(file(1, {2, 3, 1}).Error(), HasSubstr("gives shape [2,1,3], its output has [2,3,1]"));
  EXPECT_THAT(file(3, {2, 3, 1}).Error(), HasSubstr("axis 3 of 3 dimensions"));
}

TEST(ReadPad, TakesAnyValueOfTheSameScaleAndNoNegativeSizes) {
  const auto pad = [](const std::vector<int32_t>& paddings, const Shape& output) {
    return OneOperator(BuiltinOperator::PAD).Input({2, 1}).Numbers(paddings).Output(output);
  };
  EXPECT_EQ(pad({1, 0, 0, 2}, {3, 3}).Run(), (Bytes{3, 3, 3, 0, 3, 3, 1, 3, 3}));
  EXPECT_THAT(pad({1, 0, 0, 2}, {3, 4}).Error(),
              HasSubstr("pad_0: pad of shape [2,1] gives [3,3]"));
  EXPECT_THAT(pad({-1, 0, 0, 2}, {1, 3}).Error(), HasSubstr("padding of -1 and 0 along axis 0"));
  EXPECT_THAT(pad({INT32_MAX, 0, 0, 2}, {1, 3}).Error(), HasSubstr("must be 0 to 16777216"));
  EXPECT_THAT(pad({1, 0, 0}, {3, 3}).Error(), HasSubstr("PAD: the paddings: 3 values"));
  EXPECT_THAT(OneOperator(BuiltinOperator::PAD)
                  .Input({2})
                  .Input({1, 2}, schema::TensorType::INT32)
                  .Output({2})
                  .Error(),
              HasSubstr("operator 0, PAD: input 1, the paddings, is computed: only constants are"));
  EXPECT_THAT(
      OneOperator(BuiltinOperator::PADV2).Input({2}).Numbers({1, 0}).Input({1}).Output({3}).Error(),
      HasSubstr("padding value 't2' must be one constant int8 element of the output's"));
}

TEST(ReadConcatenation, RefusesScalesThatDiffer) {
  const auto file = [](double scale, int32_t axis) {
    schema::ConcatenationOptionsT options;
    options.axis = axis;
    return OneOperator(BuiltinOperator::CONCATENATION)
        .Input({1, 2})
        .Input({1, 3})
        .With([&](schema::TensorT& t) { t.quantization->scale = {static_cast<float>(scale)}; })
        .Output({1, 5})
        .Options(options);
  };
  EXPECT_EQ(file(1, -1).Error(), "no error");
  EXPECT_EQ(file(2, 1).Error(),
            "concatenation_0: 't1' and 't2' differ in scale or zero point: concatenation rescales "
            "nothing");
  EXPECT_THAT(file(1, 0).Error(), HasSubstr("does not match 't1' of shape [1,3]"));
  EXPECT_THAT(file(1, 2).Error(), HasSubstr("axis 2 of 2 dimensions"));
}

TEST(ReadSplit, RefusesPartsThatAreNotThoseOfTheOutputs) {
  schema::SplitVOptionsT options;
  options.num_splits = 2;
  const auto file = [&](const std::vector<int32_t>& sizes, int32_t second) {
    return OneOperator(BuiltinOperator::SPLIT_V)
        .Input({2, 4})
        .Numbers(sizes)
        .Numbers({-1})
        .Output({2, 1})
        .Output({2, second})
        .Options(options);
  };
  EXPECT_EQ(file({1, 3}, 3).Run(), (Bytes{0, 4}));
  EXPECT_EQ(file({1, -1}, 3).Error(), "no error");
  EXPECT_THAT(file({1, 2}, 2).Error(), HasSubstr("split of 4 along axis 1 into parts of 3 in all"));
  EXPECT_THAT(file({1, 2}, 3).Error(), HasSubstr("size 2 of output 1 is not that of its shape"));
  EXPECT_THAT(file({-1, -1}, 3).Error(), HasSubstr("two sizes are left open"));
  EXPECT_THAT(file({4}, 3).Error(), HasSubstr("the sizes: 1 values"));
  EXPECT_THAT(file({1, 2, 1}, 3).Error(), HasSubstr("the sizes, holds 3 values: at most 2"));
}

// x[2][3] = {{0, 1, 2}, {3, 4, 5}}.
struct Masks {
  int32_t begin = 0, end = 0, ellipsis = 0, new_axis = 0, shrink = 0;
  bool offset = false;
};
OneOperator Sliced(const std::vector<int32_t>& begin, const std::vector<int32_t>& end,
                   const std::vector<int32_t>& strides, const Masks& masks, const Shape& output) {
  schema::StridedSliceOptionsT options;
  options.begin_mask = masks.begin;
  options.end_mask = masks.end;
  options.ellipsis_mask = masks.ellipsis;
  options.new_axis_mask = masks.new_axis;
  options.shrink_axis_mask = masks.shrink;
  options.offset = masks.offset;
  return OneOperator(BuiltinOperator::STRIDED_SLICE)
      .Input({2, 3})
      .Numbers(begin)
      .Numbers(end)
      .Numbers(strides)
      .Output(output)
      .Options(options);
}

TEST(ReadStridedSlice, KnowsEveryMask) {
  // x[-1:, 0:2]
  EXPECT_EQ(Sliced({-1, 0}, {9, 2}, {1, 1}, {}, {1, 2}).Run(), (Bytes{3, 4}));
  // x[::-1, ::-2]
  EXPECT_EQ(Sliced({0, 0}, {0, 0}, {-1, -2}, {.begin = 3, .end = 3}, {2, 2}).Run(),
            (Bytes{5, 3, 2, 0}));
  // x[1, 2::-1]
  EXPECT_EQ(Sliced({1, 2}, {0, 0}, {1, -1}, {.end = 2, .shrink = 1}, {3}).Run(), (Bytes{5, 4, 3}));
  // x[..., 1]
  EXPECT_EQ(Sliced({0, 1}, {0, 0}, {1, 1}, {.ellipsis = 1, .shrink = 2}, {2}).Run(), (Bytes{1, 4}));
  // x[newaxis, 0, ..., newaxis]
  EXPECT_EQ(Sliced({0, 0, 0, 0}, {0, 0, 0, 0}, {1, 1, 1, 1},
                   {.ellipsis = 4, .new_axis = 9, .shrink = 2}, {1, 3, 1})
                .Run(),
            (Bytes{0, 1, 2}));
  // x[1:], the other dimension left out
  EXPECT_EQ(Sliced({1}, {2}, {1}, {}, {1, 3}).Run(), (Bytes{3, 4, 5}));
  // x[0:2, 1:1 + 2], the end counted from the begin
  EXPECT_EQ(Sliced({0, 1}, {2, 2}, {1, 1}, {.offset = true}, {2, 2}).Run(), (Bytes{1, 2, 4, 5}));
}

TEST(ReadStridedSlice, RefusesWhatIsOutsideOrEmpty) {
  EXPECT_THAT(Sliced({2, 0}, {3, 3}, {1, 1}, {.shrink = 1}, {3}).Error(),
              HasSubstr("STRIDED_SLICE: index 2 of 2 along axis 0"));
  EXPECT_THAT(Sliced({0, 2}, {2, 1}, {1, 1}, {}, {2, 1}).Error(),
              HasSubstr("takes nothing along axis 1: from 2 to 1 by 1"));
  EXPECT_THAT(Sliced({0, 0}, {2, 3}, {1, 0}, {}, {2, 3}).Error(),
              HasSubstr("stride 0 along axis 1"));
  EXPECT_THAT(Sliced({0, 0, 0}, {2, 3, 1}, {1, 1, 1}, {}, {2, 3}).Error(),
              HasSubstr("more entries than the 2 dimensions"));
  EXPECT_THAT(Sliced({0, 0}, {2, 3}, {1, 1}, {.ellipsis = 3}, {2, 3}).Error(),
              HasSubstr("two ellipses"));
  EXPECT_THAT(Sliced({0, 0}, {2, 2}, {1, 1}, {}, {2, 3}).Error(),
              HasSubstr("gives shape [2,2], its output has [2,3]"));
  EXPECT_THAT(Sliced({0, 0}, {2}, {1, 1}, {}, {2, 3}).Error(), HasSubstr("the end: 1 values"));
}

TEST(ReadSlice, TakesTheRestForMinusOne) {
  const auto file = [](const std::vector<int32_t>& begin, const std::vector<int32_t>& sizes) {
    return OneOperator(BuiltinOperator::SLICE)
        .Input({2, 3})
        .Numbers(begin)
        .Numbers(sizes)
        .Output({2, 2});
  };
  EXPECT_EQ(file({0, 1}, {2, -1}).Run(), (Bytes{1, 2, 4, 5}));
  EXPECT_THAT(file({0, 3}, {2, -1}).Error(), HasSubstr("SLICE: begin 3 of 3 along axis 1"));
  EXPECT_THAT(file({0, 2}, {2, 2}).Error(), HasSubstr("slice from [0,2] of sizes [2,2]"));
  EXPECT_THAT(file({-1, 0}, {2, 2}).Error(), HasSubstr("begin -1 of 2 along axis 0"));
}

TEST(ReadGather, RefusesConstantIndicesOutside) {
  const auto file = [](const std::vector<int32_t>& indices) {
    return OneOperator(BuiltinOperator::GATHER)
        .Input({2, 3})
        .Numbers(indices)
        .Output({static_cast<int32_t>(indices.size()), 3});
  };
  EXPECT_EQ(file({1, 0, 1}).Run(), (Bytes{3, 4, 5, 0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(file({1, 2}).Error(), "gather_0: index 2 of 2 along axis 0");
  EXPECT_EQ(file({-1}).Error(), "gather_0: index -1 of 2 along axis 0");
}

TEST(ReadTranspose, RefusesWhatIsNoPermutation) {
  const auto file = [](const std::vector<int32_t>& axes) {
    return OneOperator(BuiltinOperator::TRANSPOSE).Input({2, 3}).Numbers(axes).Output({3, 2});
  };
  EXPECT_EQ(file({-1, 0}).Run(), (Bytes{0, 3, 1, 4, 2, 5}));
  EXPECT_THAT(file({1, 1}).Error(), HasSubstr("[1,1] is no permutation of 2 dimensions"));
  EXPECT_THAT(file({2, 0}).Error(), HasSubstr("axis 2 of 2 dimensions"));
  EXPECT_THAT(file(std::vector<int32_t>(65, 0)).Error(), HasSubstr("holds 65 values: at most 64"));
}

TEST(ReadReduce, TakesAxesInAnyOrderAndMoreThanOnce) {
  const auto file = [](const std::vector<int32_t>& axes, const Shape& output) {
    return OneOperator(BuiltinOperator::MEAN)
        .Input({2, 3, 2})
        .Numbers(axes)
        .Output(output)
        .Options(schema::ReducerOptionsT{});
  };
  const auto graph = file({-1, 0, 2}, {3}).Read();
  ASSERT_TRUE(graph.has_value()) << graph.error().message;
  EXPECT_EQ(graph->ops[0].attributes,
            ir::Attributes(ir::Reduce{ir::Reduce::Kind::kMean, {0, 2}, false}));
  EXPECT_EQ(file({0, 2}, {3}).Run(), (Bytes{4, 6, 8}));  // of 3.5, 5.5, 7.5
  EXPECT_THAT(file({0, 2}, {2}).Error(),
              HasSubstr("mean of shape [2,3,2] gives [3], 't2' has [2]"));
  EXPECT_THAT(file({3}, {3}).Error(), HasSubstr("axis 3 of 3 dimensions"));
}

TEST(ReadResize, RefusesASizeThatIsNotTheOutputs) {
  const auto file = [](const std::vector<int32_t>& size, bool centers) {
    schema::ResizeBilinearOptionsT options;
    options.align_corners = true;
    options.half_pixel_centers = centers;
    return OneOperator(BuiltinOperator::RESIZE_BILINEAR)
        .Input({1, 1, 2, 1})
        .Numbers(size)
        .Output({1, 1, 3, 1})
        .Options(options);
  };
  EXPECT_EQ(file({1, 3}, false).Run(), (Bytes{0, 1, 1}));  // 0, 0.5, 1
  EXPECT_THAT(file({1, 4}, false).Error(), HasSubstr("gives shape [1,1,4,1]"));
  EXPECT_THAT(file({1}, false).Error(), HasSubstr("the size: 1 values, its shape needs 2"));
  EXPECT_THAT(file({1, 3}, true).Error(), HasSubstr("cannot both align corners and have half"));
}

TEST(ReadQuantize, NamesTheTypesThatHaveNoKernel) {
  EXPECT_EQ(OneOperator(BuiltinOperator::QUANTIZE)
                .Input({2}, schema::TensorType::INT64)
                .Output({2})
                .Error(),
            "quantize_0: from int64 to int8 is not supported");
  EXPECT_THAT(OneOperator(BuiltinOperator::QUANTIZE)
                  .Input({2}, schema::TensorType::UINT8)
                  .Output({2})
                  .Error(),
              HasSubstr("uint8 't0' needs one scale above 0 and a zero point of 0 to 255"));
}

}  // namespace
}  // namespace kinglet::tflite
