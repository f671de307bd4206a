#include <flatbuffers/flatbuffers.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "src/base/files.h"
#include "src/base/random.h"
#include "src/ir/execute.h"
#include "src/ir/float_execute.h"
#include "src/tflite/read.h"
#include "src/tflite/schema_generated.h"
#include "src/tflite/write.h"
#include "tests/support/as_float.h"
#include "tests/support/graph_builder.h"
#include "tests/support/random_graph.h"
#include "tests/support/shared_data.h"

namespace kinglet::tflite {
namespace {

using schema::BuiltinOperator;
using ::testing::HasSubstr;

// The file of SmallNetwork after `change` has been at its tables.
Bytes Changed(const std::function<void(schema::ModelT&)>& change) {
  const Bytes file = WriteModel(kinglet::testing::SmallNetwork()).value();
  schema::ModelT model;
  schema::GetModel(file.data())->UnPackTo(&model);
  change(model);
  flatbuffers::FlatBufferBuilder builder;
  schema::FinishModelBuffer(builder, schema::CreateModel(builder, &model));
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

ir::Graph Unchanged() {
  return ReadModel(WriteModel(kinglet::testing::SmallNetwork()).value()).value();
}

std::string ReadError(const Bytes& file) {
  const auto graph = ReadModel(file);
  return graph.has_value() ? "no error" : graph.error().message;
}

schema::OperatorT& OperatorOf(schema::ModelT& model, BuiltinOperator code) {
  for (auto& op : model.subgraphs[0]->operators) {
    if (model.operator_codes[op->opcode_index]->builtin_code == code) return *op;
  }
  ADD_FAILURE() << "no " << schema::EnumNameBuiltinOperator(code);
  return *model.subgraphs[0]->operators[0];
}

std::vector<Bytes> RunGraph(const ir::Graph& graph, uint64_t seed) {
  const std::vector<Bytes> inputs = kinglet::testing::RandomInputs(graph, seed);
  return ir::Executor::Make(graph)
      .value()
      .Run(std::vector<ByteView>(inputs.begin(), inputs.end()))
      .value();
}

TEST(TfliteRoundTrip, GivesTheSameGraphBytesAndResults) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const ir::Graph graph = kinglet::testing::RandomGraph(seed);
    const Bytes file = WriteModel(graph).value();
    const auto again = ReadModel(file);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    ASSERT_EQ(*again, graph) << "seed " << seed;
    ASSERT_EQ(WriteModel(*again).value(), file);
    ASSERT_EQ(RunGraph(*again, seed), RunGraph(graph, seed));
  }
}

TEST(TfliteWrite, AlignsEveryBufferTo16BytesAndKeepsTheFirstEmpty) {
  const Bytes file = WriteModel(kinglet::testing::RandomGraph(3)).value();
  const schema::Model* model = schema::GetModel(file.data());
  ASSERT_GT(model->buffers()->size(), 2U);
  EXPECT_EQ(model->buffers()->Get(0)->data(), nullptr);
  for (uint32_t i = 1; i < model->buffers()->size(); ++i) {
    const auto* data = model->buffers()->Get(i)->data();
    if (data != nullptr) {
      EXPECT_EQ((data->data() - file.data()) % 16, 0);
    }
  }
}

TEST(TfliteWrite, StatesTheVersionsThatIntroducedInt8) {
  std::map<BuiltinOperator, std::set<int32_t>> versions;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const Bytes file = WriteModel(kinglet::testing::RandomGraph(seed)).value();
    for (const auto* code : *schema::GetModel(file.data())->operator_codes()) {
      versions[code->builtin_code()].insert(code->version());
      const auto old_code =
          std::min(code->builtin_code(), BuiltinOperator::PLACEHOLDER_FOR_GREATER_OP_CODES);
      EXPECT_EQ(code->deprecated_builtin_code(), static_cast<int8_t>(old_code));
    }
  }
  using Set = std::set<int32_t>;
  // int16: 4, of groups 6, with a bias of 32 bits 8.
  EXPECT_EQ(versions[BuiltinOperator::CONV_2D], (Set{3, 4, 6, 8}));
  EXPECT_EQ(versions[BuiltinOperator::DEPTHWISE_CONV_2D], (Set{3, 5}));
  // 5: keep dims, 6: no bias; int16: 7, with a bias of 32 bits 11.
  EXPECT_EQ(versions[BuiltinOperator::FULLY_CONNECTED], (Set{4, 5, 6, 7, 11}));
  EXPECT_EQ(versions[BuiltinOperator::ADD], (Set{2, 3}));  // 3: int16
  EXPECT_EQ(versions[BuiltinOperator::AVERAGE_POOL_2D], (Set{2, 3}));
  EXPECT_EQ(versions[BuiltinOperator::MAX_POOL_2D], (Set{2, 3}));
  EXPECT_EQ(versions[BuiltinOperator::RESHAPE], Set{1});
  EXPECT_EQ(versions[BuiltinOperator::SOFTMAX], (Set{2, 3}));
}

TEST(TfliteWrite, StatesWhatTransposedConvolutionsNeed) {
  std::set<int32_t> versions;
  for (const ir::DataType type : {ir::DataType::kInt8, ir::DataType::kInt16}) {
    for (uint64_t seed = 0; seed < 100; ++seed) {
      const Bytes file =
          WriteModel(kinglet::testing::RandomOpGraph({"transpose_conv_2d", type}, seed)).value();
      versions.insert(schema::GetModel(file.data())->operator_codes()->Get(0)->version());
    }
  }
  // 3: bias, 4: fused activation, 5: a bias of 32 bits with int16.
  EXPECT_EQ(versions, (std::set<int32_t>{2, 3, 4, 5}));
}

// The file of a transposed convolution after `change` has been at its tables.
Bytes ChangedTransposeConv(const std::function<void(schema::ModelT&)>& change) {
  const Bytes file =
      WriteModel(kinglet::testing::RandomOpGraph({"transpose_conv_2d", ir::DataType::kInt8}, 1))
          .value();
  schema::ModelT model;
  schema::GetModel(file.data())->UnPackTo(&model);
  change(model);
  flatbuffers::FlatBufferBuilder builder;
  schema::FinishModelBuffer(builder, schema::CreateModel(builder, &model));
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

// The tensor with the shape that a transposed convolution asks for.
schema::TensorT& ShapeTensor(schema::ModelT& model) {
  schema::SubGraphT& graph = *model.subgraphs[0];
  return *graph.tensors[static_cast<size_t>(graph.operators[0]->inputs[0])];
}

TEST(TfliteRead, WantsTheShapeOfATransposedConvolutionConstantAndItsOutputs) {
  EXPECT_EQ(ReadError(ChangedTransposeConv([](schema::ModelT&) {})), "no error");
  EXPECT_THAT(ReadError(ChangedTransposeConv([](schema::ModelT& model) {
                model.buffers[ShapeTensor(model).buffer]->data[4] += 1;
              })),
              HasSubstr("the shape that input 0 asks for is not that of the output"));
  EXPECT_THAT(
      ReadError(ChangedTransposeConv([](schema::ModelT& model) { ShapeTensor(model).buffer = 0; })),
      HasSubstr("the output's shape, is computed"));
}

TEST(TfliteRead, RefusesWeightsOfFourBitsAndComputedOnes) {
  const auto weights = [](schema::ModelT& model) -> schema::TensorT& {
    const auto index = OperatorOf(model, BuiltinOperator::FULLY_CONNECTED).inputs[1];
    return *model.subgraphs[0]->tensors[static_cast<size_t>(index)];
  };
  EXPECT_THAT(ReadError(Changed(
                  [&](schema::ModelT& model) { weights(model).type = schema::TensorType::INT4; })),
              HasSubstr("type INT4 is not supported"));
  EXPECT_THAT(
      ReadError(Changed([&](schema::ModelT& model) {
        schema::SubGraphT& graph = *model.subgraphs[0];
        weights(model).buffer = 0;
        graph.inputs.push_back(OperatorOf(model, BuiltinOperator::FULLY_CONNECTED).inputs[1]);
      })),
      HasSubstr("must be constant int8, are computed int8"));
}

TEST(TfliteWrite, RefusesPaddingThatTheFormatCannotSay) {
  ir::Graph graph = kinglet::testing::RandomGraph(0);
  for (uint64_t seed = 1; !std::holds_alternative<ir::Pool2d>(graph.ops[0].attributes); ++seed) {
    graph = kinglet::testing::RandomGraph(seed);
  }
  // Two rows above and none below a window of three: SAME would split them.
  auto& pool = std::get<ir::Pool2d>(graph.ops[0].attributes);
  const std::vector<int32_t> input = graph.tensor(graph.ops[0].inputs[0]).shape;
  pool = {pool.kind, 3, 1, 1, 1, {2, 0, 0, 0}, ir::Activation::kNone};
  graph.tensors[static_cast<size_t>(graph.ops[0].outputs[0])].shape = input;
  graph.ops.resize(1);
  graph.outputs = graph.ops[0].outputs;
  ASSERT_TRUE(ir::Verify(graph).has_value()) << ir::Verify(graph).error().message;
  EXPECT_THAT(WriteModel(graph).error().message,
              HasSubstr("padding 2,0,0,0 is neither SAME nor VALID"));
}

TEST(TfliteRead, TakesFilesWithOnlyTheOldOperatorCode) {
  const Bytes file = Changed([](schema::ModelT& model) {
    for (auto& code : model.operator_codes) code->builtin_code = BuiltinOperator::ADD;
  });
  EXPECT_EQ(ReadModel(file).value(), Unchanged());
}

TEST(TfliteRead, DropsTheShapeInputOfReshapeAndTensorsNobodyUses) {
  const auto add_shape = [](schema::ModelT& model, bool constant) {
    auto tensor = std::make_unique<schema::TensorT>();
    tensor->type = schema::TensorType::INT32;
    tensor->shape = {2};
    tensor->name = "new_shape";
    if (constant) {
      tensor->buffer = static_cast<uint32_t>(model.buffers.size());
      model.buffers.push_back(std::make_unique<schema::BufferT>());
      model.buffers.back()->data.assign(8, 1);
    }
    schema::OperatorT& reshape = OperatorOf(model, BuiltinOperator::RESHAPE);
    reshape.inputs.push_back(static_cast<int32_t>(model.subgraphs[0]->tensors.size()));
    model.subgraphs[0]->tensors.push_back(std::move(tensor));
  };
  const Bytes file = Changed([&](schema::ModelT& model) { add_shape(model, true); });
  EXPECT_EQ(ReadModel(file).value(), Unchanged());
  const Bytes computed = Changed([&](schema::ModelT& model) { add_shape(model, false); });
  EXPECT_THAT(ReadError(computed), HasSubstr("RESHAPE: input 1, the shape, is computed"));
}

TEST(TfliteRead, NamesEveryUnsupportedOperatorAndWhereItStandsInOneError) {
  const Bytes file = Changed([](schema::ModelT& model) {
    auto gelu = std::make_unique<schema::OperatorCodeT>();
    gelu->deprecated_builtin_code = 127;
    gelu->builtin_code = BuiltinOperator::GELU;
    auto custom = std::make_unique<schema::OperatorCodeT>();
    custom->deprecated_builtin_code = 32;
    custom->builtin_code = BuiltinOperator::CUSTOM;
    custom->custom_code = "Detection\n";
    auto future = std::make_unique<schema::OperatorCodeT>();
    future->deprecated_builtin_code = 127;
    future->builtin_code = static_cast<BuiltinOperator>(999);
    const auto first = static_cast<uint32_t>(model.operator_codes.size());
    model.operator_codes.push_back(std::move(gelu));
    model.operator_codes.push_back(std::move(custom));
    model.operator_codes.push_back(std::move(future));
    auto& operators = model.subgraphs[0]->operators;
    for (const uint32_t index : {first, first, first + 1, first + 2}) {
      operators.insert(operators.begin(), std::make_unique<schema::OperatorT>());
      operators[0]->opcode_index = index;
    }
    operators[3]->outputs = {0};  // of the first one inserted
    model.operator_codes[0]->version = 77;
  });
  const auto graph = ReadModel(file);
  ASSERT_FALSE(graph.has_value());
  EXPECT_EQ(graph.error().code, Code::kUnsupported);
  const std::string& message = graph.error().message;
  EXPECT_THAT(message, HasSubstr("CUSTOM 'Detection?' at 1; "));
  EXPECT_THAT(message, HasSubstr("GELU at 2, 3 'activation_0'"));
  EXPECT_THAT(message, HasSubstr("operator code 999 at 0"));
  EXPECT_THAT(message, HasSubstr(" version 77 at "));
}

TEST(TfliteRead, RefusesWhatIsNoTfliteFile) {
  EXPECT_EQ(ReadError({}), "not a .tflite file: no 'TFL3' at byte 4");
  EXPECT_EQ(ReadError(Bytes(100, 'x')), "not a .tflite file: no 'TFL3' at byte 4");
  Bytes file = WriteModel(kinglet::testing::RandomGraph(1)).value();
  file.resize(file.size() / 2);
  EXPECT_THAT(ReadError(file), HasSubstr("damaged .tflite file"));
  EXPECT_EQ(ReadError(Changed([](schema::ModelT& model) { model.version = 4; })),
            ".tflite schema version 4, this reads 3");
  EXPECT_EQ(ReadError(Changed([](schema::ModelT& model) { model.subgraphs.clear(); })),
            ".tflite file without a subgraph");
}

TEST(TfliteRead, RefusesIndicesOutOfRange) {
  const auto error = [](auto change) { return ReadError(Changed(change)); };
  EXPECT_THAT(error([](schema::ModelT& m) { m.subgraphs[0]->operators[0]->opcode_index = 50; }),
              HasSubstr("operator 0: operator code 50 of"));
  EXPECT_THAT(error([](schema::ModelT& m) { m.subgraphs[0]->operators[0]->inputs[0] = 5000; }),
              HasSubstr("operator 0, CONV_2D: inputs: tensor 5000 of"));
  EXPECT_THAT(error([](schema::ModelT& m) { m.subgraphs[0]->operators[0]->inputs[0] = -2; }),
              HasSubstr("operator 0, CONV_2D: inputs: tensor -2 of"));
  EXPECT_THAT(error([](schema::ModelT& m) { m.subgraphs[0]->outputs[0] = 5000; }),
              HasSubstr("graph outputs: tensor 5000 of"));
  EXPECT_THAT(error([](schema::ModelT& m) { m.subgraphs[0]->tensors[0]->buffer = 5000; }),
              HasSubstr("buffer 5000 of"));
}

TEST(TfliteRead, RefusesFeaturesItWouldGetWrong) {
  const auto error = [](auto change) { return ReadError(Changed(change)); };
  EXPECT_THAT(error([](schema::ModelT& m) { m.subgraphs[0]->tensors[0]->is_variable = true; }),
              HasSubstr("variable 'activation_0' is no operator's state"));
  EXPECT_THAT(error([](schema::ModelT& m) { m.subgraphs[0]->tensors[0]->external_buffer = 1; }),
              HasSubstr("sparse and external tensors are not supported"));
  EXPECT_THAT(
      error([](schema::ModelT& m) { m.subgraphs[0]->tensors[0]->type = schema::TensorType::INT4; }),
      HasSubstr("tensor 0 'activation_0': type INT4 is not supported"));
  EXPECT_THAT(
      error([](schema::ModelT& m) {
        m.subgraphs[0]->tensors[0]->quantization->details.Set(schema::BlockwiseQuantizationT());
      }),
      HasSubstr("quantisation by blocks is not supported"));
  EXPECT_THAT(error([](schema::ModelT& m) {
                m.subgraphs[0]->tensors[0]->quantization->zero_point = {int64_t{1} << 40};
              }),
              HasSubstr("zero point 1099511627776 is beyond 32 bits"));
  EXPECT_THAT(error([](schema::ModelT& m) {
                OperatorOf(m, BuiltinOperator::FULLY_CONNECTED)
                    .builtin_options.AsFullyConnectedOptions()
                    ->weights_format = schema::FullyConnectedOptionsWeightsFormat::SHUFFLED4x16INT8;
              }),
              HasSubstr("shuffled weights are not supported"));
}

TEST(TfliteRead, RefusesASmallFileThatUnfoldsIntoABigGraph) {
  const Bytes file = Changed([](schema::ModelT& model) {
    model.buffers.push_back(std::make_unique<schema::BufferT>());
    model.buffers.back()->data.assign(100000, 1);
    for (int i = 0; i < 1000; ++i) {
      auto tensor = std::make_unique<schema::TensorT>();
      tensor->type = schema::TensorType::INT8;
      tensor->shape = {100000};
      tensor->buffer = static_cast<uint32_t>(model.buffers.size() - 1);
      model.subgraphs[0]->inputs.push_back(
          static_cast<int32_t>(model.subgraphs[0]->tensors.size()));
      model.subgraphs[0]->tensors.push_back(std::move(tensor));
    }
  });
  EXPECT_EQ(ReadError(file), ".tflite file unfolds into more than 8 times its size");
}

TEST(TfliteRead, TakesAFileAtAnyAddress) {
  const Bytes file = WriteModel(kinglet::testing::RandomGraph(2)).value();
  Bytes shifted(file.size() + 1);
  std::copy(file.begin(), file.end(), shifted.begin() + 1);
  EXPECT_EQ(ReadModel(ByteView(shifted).subspan(1)).value(), kinglet::testing::RandomGraph(2));
}

TEST(TfliteRead, TakesZeroPointsThatLieMisaligned) {
  const ir::Graph graph = kinglet::testing::RandomGraph(2);
  Bytes file = WriteModel(graph).value();
  const auto* tensor = schema::GetModel(file.data())->subgraphs()->Get(0)->tensors()->Get(0);
  const auto* table = reinterpret_cast<const flatbuffers::Table*>(tensor->quantization());
  const auto field = static_cast<size_t>(
      table->GetAddressOf(schema::QuantizationParameters::VT_ZERO_POINT) - file.data());
  // The vector again, at the end of the file: its length at a multiple of 8, its element 4 behind.
  file.resize((file.size() + 7) / 8 * 8);
  const auto offset = static_cast<uint32_t>(file.size() - field);
  AppendLe<uint32_t>(file, 1);
  AppendLe<int64_t>(file, graph.tensors[0].quantization.zero_points[0]);
  std::memcpy(file.data() + field, &offset, sizeof(offset));
  EXPECT_EQ(ReadModel(file).value(), graph);
}

// Reads, and lowers what could be read; a crash is the failure.
bool ReadsAndLowers(const Bytes& file) {
  const auto graph = ReadModel(file);
  if (!graph.has_value()) {
    EXPECT_FALSE(graph.error().message.empty());
    return false;
  }
  const auto calls = ir::Lower(*graph);
  return calls.has_value();
}

class HostileTflite : public ::testing::TestWithParam<const char*> {};

TEST_P(HostileTflite, CutOrChangedFilesGiveAnErrorOrAValidGraph) {
  KINGLET_SHARED_OR_SKIP(path, std::string("models/") + GetParam());
  const Bytes file = ReadFile(path).value();
  for (size_t size = 0; size < file.size(); size += 64) {
    ASSERT_FALSE(ReadsAndLowers({file.begin(), file.begin() + static_cast<int64_t>(size)}));
  }
  Random random(11);
  Bytes changed = file;
  size_t valid = 0;
  for (int i = 0; i < 20000; ++i) {
    // Half of the changes hit the tables before and behind the weights, where they hurt most.
    const auto size = static_cast<uint32_t>(file.size());
    const size_t at = random.Below(2) == 0 ? random.Below(size) : size - 1 - random.Below(size / 8);
    changed[at] = static_cast<uint8_t>(random.Next());
    valid += ReadsAndLowers(changed) ? 1 : 0;
    if (random.Below(4) == 0) changed = file;  // now and then several changes together
  }
  EXPECT_GT(valid, 100U);
}

INSTANTIATE_TEST_SUITE_P(MlperfTiny, HostileTflite,
                         ::testing::Values("ad01_int8.tflite", "kws_ref_model.tflite",
                                           "pretrainedResnet_quant.tflite", "vww_96_int8.tflite"),
                         [](const auto& test) {
                           const std::string name = test.param;
                           return name.substr(0, name.find('_'));
                         });

TEST(TfliteFloat, RoundTripGivesTheSameGraph) {
  int read = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const ir::Graph graph = kinglet::testing::AsFloat(kinglet::testing::RandomGraph(seed));
    if (!ir::VerifyFloat(graph).has_value()) continue;
    const Bytes file = WriteFloatModel(graph).value();
    const auto again = ReadFloatModel(file);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    ASSERT_EQ(*again, graph) << "seed " << seed;
    if (ReadModel(file).has_value()) continue;  // moves elements only, so it is either
    EXPECT_THAT(ReadError(file), HasSubstr("'kinglet quantize' makes an int8 model"));
    ++read;
  }
  EXPECT_GT(read, 80);
}

TEST(TfliteFloat, RefusesAnInt8Model) {
  const auto graph = ReadFloatModel(WriteModel(kinglet::testing::SmallNetwork()).value());
  EXPECT_EQ(graph.error().message, "the model is quantised already: use it as it is");
  EXPECT_FALSE(WriteFloatModel(kinglet::testing::SmallNetwork()).has_value());
  EXPECT_FALSE(WriteModel(kinglet::testing::AsFloat(kinglet::testing::SmallNetwork())).has_value());
}

// SmallNetwork in float, with the weights of its first operator stored by `store` and, when
// `dequantize`, behind a DEQUANTIZE.
Bytes FloatNetworkWith(const std::function<void(schema::TensorT&, std::vector<uint8_t>&)>& store,
                       bool dequantize) {
  const Bytes file =
      WriteFloatModel(kinglet::testing::AsFloat(kinglet::testing::SmallNetwork())).value();
  schema::ModelT model;
  schema::GetModel(file.data())->UnPackTo(&model);
  schema::SubGraphT& graph = *model.subgraphs[0];
  const int32_t weights = graph.operators[0]->inputs[1];
  if (dequantize) {
    model.operator_codes.push_back(std::make_unique<schema::OperatorCodeT>());
    model.operator_codes.back()->builtin_code = BuiltinOperator::DEQUANTIZE;
    auto op = std::make_unique<schema::OperatorT>();
    op->opcode_index = static_cast<uint32_t>(model.operator_codes.size()) - 1;
    auto wide = std::make_unique<schema::TensorT>();
    wide->shape = graph.tensors[static_cast<size_t>(weights)]->shape;
    wide->type = schema::TensorType::FLOAT32;
    graph.tensors.push_back(std::move(wide));
    op->inputs = {weights};
    op->outputs = {static_cast<int32_t>(graph.tensors.size()) - 1};
    graph.operators[0]->inputs[1] = op->outputs[0];
    graph.operators.insert(graph.operators.begin(), std::move(op));
  }
  schema::TensorT& tensor = *graph.tensors[static_cast<size_t>(weights)];
  store(tensor, model.buffers[tensor.buffer]->data);
  flatbuffers::FlatBufferBuilder builder;
  schema::FinishModelBuffer(builder, schema::CreateModel(builder, &model));
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

std::vector<float> WeightsRead(const Bytes& file) {
  const auto graph = ReadFloatModel(file);
  EXPECT_TRUE(graph.has_value()) << graph.error().message;
  if (!graph.has_value()) return {};
  return ir::FloatsOf(graph->tensor(graph->ops[0].inputs[1]));
}

TEST(TfliteFloat, HalvesAreReadExactly) {
  // 1, -2.5, the smallest subnormal, the largest half, 0, ...
  constexpr uint16_t kHalves[] = {0x3c00, 0xc100, 0x0001, 0x7bff, 0x8000};
  constexpr float kValues[] = {1, -2.5F, 0x1p-24F, 65504, -0.0F};
  for (const bool dequantize : {false, true}) {
    const std::vector<float> weights = WeightsRead(FloatNetworkWith(
        [&](schema::TensorT& tensor, std::vector<uint8_t>& data) {
          tensor.type = schema::TensorType::FLOAT16;
          Bytes halves;
          for (size_t i = 0; i < data.size() / 4; ++i) AppendLe(halves, kHalves[i % 5]);
          data = halves;
        },
        dequantize));
    ASSERT_GT(weights.size(), 5U);
    for (size_t i = 0; i < weights.size(); ++i) ASSERT_EQ(weights[i], kValues[i % 5]);
  }
}

TEST(TfliteFloat, Int8WeightsAreReadAsWhatTheyStandFor) {
  for (const bool dequantize : {false, true}) {
    const std::vector<float> weights = WeightsRead(FloatNetworkWith(
        [&](schema::TensorT& tensor, std::vector<uint8_t>& data) {
          tensor.type = schema::TensorType::INT8;
          data.resize(data.size() / 4);
          for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<uint8_t>(i);
          tensor.quantization = std::make_unique<schema::QuantizationParametersT>();
          for (int32_t c = 0; c < tensor.shape[0]; ++c) {
            tensor.quantization->scale.push_back(0.5F * static_cast<float>(c + 1));
          }
        },
        dequantize));
    ASSERT_EQ(weights.size(), 216U);  // 8 filters of 3 x 3 x 3
    for (size_t i = 0; i < weights.size(); ++i) {
      const auto channel = static_cast<float>(i / 27 + 1);
      ASSERT_EQ(weights[i], 0.5F * channel * static_cast<float>(static_cast<int8_t>(i)));
    }
  }
}

TEST(TfliteFloat, RefusesToDequantizeWhatIsComputed) {
  const auto graph = ReadFloatModel(FloatNetworkWith(
      [](schema::TensorT& tensor, std::vector<uint8_t>&) { tensor.buffer = 0; }, true));
  EXPECT_EQ(graph.error().message, "operator 0, DEQUANTIZE: only constants are supported");
}

TEST(TfliteRead, RefusesAFloatModelWithTheReason) {
  KINGLET_SHARED_OR_SKIP(path, "models/kws_ref_model_float32.tflite");
  EXPECT_THAT(ReadError(ReadFile(path).value()), HasSubstr("'kinglet quantize'"));
}

}  // namespace
}  // namespace kinglet::tflite
