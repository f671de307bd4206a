// Models with memory in .tflite files: resource variables, variable tensors, initialisation.
#include <flatbuffers/flatbuffers.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "src/base/random.h"
#include "src/ir/print.h"
#include "src/tflite/read.h"
#include "src/tflite/schema_generated.h"
#include "src/tflite/write.h"
#include "tests/support/state_graphs.h"

namespace kinglet::tflite {
namespace {

using schema::BuiltinOperator;
using ::testing::HasSubstr;
using Change = std::function<void(schema::ModelT&)>;

Bytes Changed(const ir::Graph& graph, const Change& change) {
  const Bytes file = WriteModel(graph).value();
  schema::ModelT model;
  schema::GetModel(file.data())->UnPackTo(&model);
  change(model);
  flatbuffers::FlatBufferBuilder builder;
  schema::FinishModelBuffer(builder, schema::CreateModel(builder, &model));
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

std::string ErrorOf(const ir::Graph& graph, const Change& change) {
  const auto read = ReadModel(Changed(graph, change));
  return read.has_value() ? "no error" : read.error().message;
}
std::string StreamingError(const Change& change) {
  return ErrorOf(testing::StreamingNetwork(), change);
}
std::string LstmError(const Change& change) { return ErrorOf(testing::LstmNetwork(), change); }

BuiltinOperator CodeOfOp(const schema::ModelT& model, const schema::OperatorT& op) {
  return model.operator_codes[op.opcode_index]->builtin_code;
}

schema::OperatorT& Find(schema::ModelT& model, BuiltinOperator code, size_t subgraph = 0) {
  for (auto& op : model.subgraphs[subgraph]->operators) {
    if (CodeOfOp(model, *op) == code) return *op;
  }
  ADD_FAILURE() << "no " << schema::EnumNameBuiltinOperator(code);
  return *model.subgraphs[subgraph]->operators[0];
}

void Remove(schema::ModelT& model, BuiltinOperator code) {
  std::erase_if(model.subgraphs[0]->operators,
                [&](const auto& op) { return CodeOfOp(model, *op) == code; });
}

uint32_t AddCode(schema::ModelT& model, BuiltinOperator code) {
  auto entry = std::make_unique<schema::OperatorCodeT>();
  entry->deprecated_builtin_code =
      static_cast<int8_t>(std::min(code, BuiltinOperator::PLACEHOLDER_FOR_GREATER_OP_CODES));
  entry->builtin_code = code;
  entry->version = 1;
  model.operator_codes.push_back(std::move(entry));
  return static_cast<uint32_t>(model.operator_codes.size() - 1);
}

schema::TensorT& TensorOf(schema::ModelT& model, int32_t index, size_t subgraph = 0) {
  return *model.subgraphs[subgraph]->tensors[static_cast<size_t>(index)];
}

TEST(TfliteState, RoundTripsGiveTheSameGraphAndBytes) {
  for (const ir::Graph& graph :
       {testing::SvdfNetwork(), testing::LstmNetwork(), testing::StreamingNetwork()}) {
    ASSERT_TRUE(ir::HasState(graph));
    const Bytes file = WriteModel(graph).value();
    const auto again = ReadModel(file);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    EXPECT_EQ(*again, graph) << ir::Print(*again) << ir::Print(graph);
    EXPECT_EQ(WriteModel(*again).value(), file);
  }
}

TEST(TfliteState, HandlesOfOneNameAreOneVariable) {
  const ir::Graph graph = testing::StreamingNetwork();
  const Bytes file = Changed(graph, [](schema::ModelT& model) {
    // Another handle of the first variable, which the first reader then uses.
    auto& operators = model.subgraphs[0]->operators;
    schema::OperatorT& handle = Find(model, BuiltinOperator::VAR_HANDLE);
    auto twin = std::make_unique<schema::OperatorT>(handle);
    const auto tensor = static_cast<int32_t>(model.subgraphs[0]->tensors.size());
    model.subgraphs[0]->tensors.push_back(
        std::make_unique<schema::TensorT>(TensorOf(model, handle.outputs[0])));
    for (auto& op : operators) {
      if (CodeOfOp(model, *op) != BuiltinOperator::READ_VARIABLE) continue;
      if (op->inputs[0] == handle.outputs[0]) op->inputs[0] = tensor;
    }
    twin->outputs = {tensor};
    operators.insert(operators.begin(), std::move(twin));
    // The original stays the first of the two.
    std::rotate(operators.begin(), operators.begin() + 1, operators.begin() + 3);
  });
  const auto read = ReadModel(file);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, graph) << ir::Print(*read) << ir::Print(graph);
}

TEST(TfliteState, ContainersKeepVariablesOfOneNameApart) {
  const Bytes file = Changed(testing::StreamingNetwork(), [](schema::ModelT& model) {
    for (auto& subgraph : model.subgraphs) {
      int count = 0;
      for (auto& op : subgraph->operators) {
        if (CodeOfOp(model, *op) != BuiltinOperator::VAR_HANDLE) continue;
        op->builtin_options.AsVarHandleOptions()->container = std::to_string(count++);
        op->builtin_options.AsVarHandleOptions()->shared_name = "state";
      }
    }
  });
  const auto read = ReadModel(file);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  std::vector<std::string> names;
  for (const ir::Tensor& tensor : read->tensors) {
    if (tensor.variable) names.push_back(tensor.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"0/state", "1/state", "2/state"}));
  EXPECT_EQ(ReadModel(WriteModel(*read).value()).value(), *read);
}

TEST(TfliteState, VariablesWithoutAFirstValueBeginAtTheZeroPointOfWhatIsAssigned) {
  const Bytes file = Changed(testing::StreamingNetwork(), [](schema::ModelT& model) {
    Remove(model, BuiltinOperator::CALL_ONCE);
    for (auto& op : model.subgraphs[0]->operators) {
      if (CodeOfOp(model, *op) != BuiltinOperator::ASSIGN_VARIABLE) continue;
      TensorOf(model, op->inputs[1]).quantization->zero_point = {-7};
    }
  });
  const auto read = ReadModel(file);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  int variables = 0;
  for (const ir::Tensor& tensor : read->tensors) {
    if (!tensor.variable) continue;
    ++variables;
    EXPECT_EQ(tensor.data, Bytes(static_cast<size_t>(tensor.ByteCount()), 0xf9));
  }
  EXPECT_EQ(variables, 3);
}

TEST(TfliteState, AVariableThatNothingAssignsIsAnError) {
  EXPECT_THAT(StreamingError([](schema::ModelT& model) {
                Remove(model, BuiltinOperator::CALL_ONCE);
                Remove(model, BuiltinOperator::ASSIGN_VARIABLE);
              }),
              HasSubstr("is read, but nothing assigns it"));
}

// Puts RELU in front of the first value that the initialisation assigns.
void AddRelu(schema::ModelT& model) {
  schema::SubGraphT& init = *model.subgraphs[1];
  schema::OperatorT& assign = Find(model, BuiltinOperator::ASSIGN_VARIABLE, 1);
  auto result = std::make_unique<schema::TensorT>(TensorOf(model, assign.inputs[1], 1));
  result->buffer = 0;
  auto relu = std::make_unique<schema::OperatorT>();
  relu->opcode_index = AddCode(model, BuiltinOperator::RELU);
  relu->inputs = {assign.inputs[1]};
  relu->outputs = {static_cast<int32_t>(init.tensors.size())};
  assign.inputs[1] = relu->outputs[0];
  init.tensors.push_back(std::move(result));
  init.operators.insert(init.operators.begin(), std::move(relu));
}

TEST(TfliteState, FirstValuesAreComputedWhenTheModelIsRead) {
  const ir::Graph graph = testing::StreamingNetwork();
  const auto read = ReadModel(Changed(graph, AddRelu));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  size_t clipped = 0;
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    const ir::Tensor& before = graph.tensors[i];
    const ir::Tensor& after = read->tensors[i];
    if (!before.variable || before.data == after.data) continue;
    ++clipped;
    const int32_t zero = before.quantization.zero_points[0];
    for (size_t k = 0; k < before.data.size(); ++k) {
      EXPECT_EQ(static_cast<int8_t>(after.data[k]),
                std::max<int32_t>(static_cast<int8_t>(before.data[k]), zero));
    }
  }
  EXPECT_EQ(clipped, 1U);
}

TEST(TfliteState, RefusesInitialisationsThatItCannotRun) {
  const auto call = [](schema::ModelT& model) -> schema::CallOnceOptionsT& {
    return *Find(model, BuiltinOperator::CALL_ONCE).builtin_options.AsCallOnceOptions();
  };
  for (const int32_t index : {0, -1, 2, 1000}) {
    EXPECT_THAT(StreamingError([&](schema::ModelT& m) { call(m).init_subgraph_index = index; }),
                HasSubstr("CALL_ONCE: subgraph " + std::to_string(index) + " of 2"));
  }
  EXPECT_THAT(StreamingError([](schema::ModelT& m) {
                m.subgraphs[1]->operators.insert(
                    m.subgraphs[1]->operators.begin(),
                    std::make_unique<schema::OperatorT>(Find(m, BuiltinOperator::CALL_ONCE)));
              }),
              HasSubstr("initialisation subgraph 1: must have no inputs and no CALL_ONCE"));
  EXPECT_THAT(StreamingError([](schema::ModelT& m) { m.subgraphs[1]->inputs = {0}; }),
              HasSubstr("initialisation subgraph 1: must have no inputs"));
  EXPECT_THAT(StreamingError([](schema::ModelT& m) {
                AddRelu(m);
                m.operator_codes.back()->builtin_code = BuiltinOperator::GELU;
                m.operator_codes.back()->deprecated_builtin_code = 127;
              }),
              HasSubstr("initialisation subgraph 1: operators that are not supported"));
  EXPECT_THAT(StreamingError([](schema::ModelT& m) {
                auto& operators = m.subgraphs[0]->operators;
                std::rotate(operators.begin(), operators.begin() + 1, operators.end());
              }),
              HasSubstr("CALL_ONCE: must stand before the first use of a variable"));
  EXPECT_THAT(StreamingError([](schema::ModelT& m) {
                Find(m, BuiltinOperator::ASSIGN_VARIABLE, 1).opcode_index =
                    Find(m, BuiltinOperator::READ_VARIABLE).opcode_index;
              }),
              HasSubstr("initialisation subgraph 1: operator 1, READ_VARIABLE"));
}

TEST(TfliteState, RefusesInitialisationsThatTakeLong) {
  EXPECT_THAT(StreamingError([](schema::ModelT& m) {
                AddRelu(m);
                schema::OperatorT& relu = *m.subgraphs[1]->operators[0];
                constexpr int32_t kElements =
                    20000;  // each of which an operator might read each time
                auto buffer = std::make_unique<schema::BufferT>();
                buffer->data.assign(kElements, 1);
                TensorOf(m, relu.inputs[0], 1).buffer = static_cast<uint32_t>(m.buffers.size());
                m.buffers.push_back(std::move(buffer));
                TensorOf(m, relu.inputs[0], 1).shape = {kElements};
                TensorOf(m, relu.outputs[0], 1).shape = {kElements};
              }),
              HasSubstr("initialisation subgraph 1: relu_0: too much work for an initialisation"));
}

TEST(TfliteState, RefusesHandlesAndContentsThatDoNotMatch) {
  const auto read_op = [](schema::ModelT& m) -> schema::OperatorT& {
    return Find(m, BuiltinOperator::READ_VARIABLE);
  };
  EXPECT_THAT(StreamingError([&](schema::ModelT& m) { read_op(m).inputs = {0}; }),
              HasSubstr("READ_VARIABLE: tensor 0 is no handle"));
  EXPECT_THAT(StreamingError([&](schema::ModelT& m) { read_op(m).inputs = {9999}; }),
              HasSubstr("READ_VARIABLE: tensor 9999 of"));
  EXPECT_THAT(StreamingError([&](schema::ModelT& m) { read_op(m).outputs.clear(); }),
              HasSubstr("READ_VARIABLE: 1 inputs and 0 outputs: must be 1 and 1"));
  EXPECT_THAT(StreamingError([&](schema::ModelT& m) {
                TensorOf(m, read_op(m).outputs[0]).type = schema::TensorType::INT16;
              }),
              HasSubstr("must have one type and shape"));
  EXPECT_THAT(StreamingError([&](schema::ModelT& m) {
                TensorOf(m, read_op(m).outputs[0]).shape.push_back(1);
              }),
              HasSubstr("must have one type and shape"));
  EXPECT_THAT(StreamingError([&](schema::ModelT& m) {
                TensorOf(m, Find(m, BuiltinOperator::ASSIGN_VARIABLE, 1).inputs[1], 1).shape = {1};
              }),
              HasSubstr("its first value has another type or shape"));
  EXPECT_THAT(StreamingError([&](schema::ModelT& m) {
                Find(m, BuiltinOperator::ADD).inputs[0] =
                    Find(m, BuiltinOperator::VAR_HANDLE).outputs[0];
              }),
              HasSubstr("is the handle of a variable"));
  EXPECT_THAT(StreamingError([](schema::ModelT& m) {
                m.subgraphs[0]->inputs[0] = Find(m, BuiltinOperator::VAR_HANDLE).outputs[0];
              }),
              HasSubstr("is the handle of a variable"));
  EXPECT_THAT(StreamingError([](schema::ModelT& m) {
                Find(m, BuiltinOperator::VAR_HANDLE).builtin_options.Reset();
              }),
              HasSubstr("VAR_HANDLE: its options are missing"));
}

TEST(TfliteState, NamesEveryLstmVariantInOneError) {
  const Change change = [](schema::ModelT& m) {
    schema::OperatorT& lstm = Find(m, BuiltinOperator::UNIDIRECTIONAL_SEQUENCE_LSTM);
    lstm.inputs[10] = lstm.inputs[16] = lstm.inputs[21] = lstm.inputs[2];
    lstm.inputs[1] = -1;
    auto& options = *lstm.builtin_options.AsUnidirectionalSequenceLSTMOptions();
    options.diagonal_recurrent_tensors = true;
    options.fused_activation_function = schema::ActivationFunctionType::RELU;
  };
  EXPECT_THAT(LstmError(change),
              HasSubstr("not supported: no input gate (CIFG), peephole connections, projection, "
                        "layer normalisation, diagonal recurrent weights, an activation other "
                        "than tanh"));
}

TEST(TfliteState, StatesMustBeVariables) {
  EXPECT_THAT(LstmError([](schema::ModelT& m) {
                const auto& lstm = Find(m, BuiltinOperator::UNIDIRECTIONAL_SEQUENCE_LSTM);
                TensorOf(m, lstm.inputs[18]).is_variable = false;
              }),
              HasSubstr("inputs 18 and 19, the states, must be variables"));
  EXPECT_THAT(ErrorOf(testing::SvdfNetwork(),
                      [](schema::ModelT& m) {
                        TensorOf(m, Find(m, BuiltinOperator::SVDF).inputs[4]).is_variable = false;
                      }),
              HasSubstr("the last a variable, the state"));
  EXPECT_THAT(LstmError([](schema::ModelT& m) {
                auto& lstm = Find(m, BuiltinOperator::UNIDIRECTIONAL_SEQUENCE_LSTM);
                TensorOf(m, lstm.inputs[18]).shape = {1 << 20, 1 << 20};
              }),
              HasSubstr("unfolds into more than 8 times its size"));
}

TEST(TfliteState, WritesOnlyWhatTheFormatCanSay) {
  ir::Graph graph = testing::SvdfNetwork();
  const auto state = static_cast<size_t>(graph.ops[0].outputs[1]);
  graph.tensors[state].data[0] ^= 1;
  EXPECT_THAT(WriteModel(graph).error().message, HasSubstr("does not begin at its zero point"));
  graph = testing::SvdfNetwork();
  ir::Tensor other = graph.tensors[state];
  other.name = "other";
  graph.tensors.push_back(other);
  graph.ops.push_back({"copy",
                       ir::Copy{},
                       {static_cast<ir::TensorIndex>(graph.tensors.size() - 1)},
                       {static_cast<ir::TensorIndex>(state)}});
  EXPECT_THAT(WriteModel(graph).error().message, HasSubstr("copies the state of an operator"));
}

TEST(TfliteState, ChangedFilesGiveAnErrorOrAGraphThatRoundTrips) {
  for (const ir::Graph& graph :
       {testing::SvdfNetwork(), testing::LstmNetwork(), testing::StreamingNetwork()}) {
    const Bytes file = WriteModel(graph).value();
    Random random(17);
    Bytes changed = file;
    int valid = 0;
    for (int i = 0; i < 15000; ++i) {
      changed[random.Below(static_cast<uint32_t>(file.size()))] =
          static_cast<uint8_t>(random.Below(3) == 0 ? random.Below(40) : random.Next());
      const auto read = ReadModel(changed);
      if (read.has_value()) {
        ++valid;
        const auto written = WriteModel(*read);
        ASSERT_TRUE(written.has_value()) << written.error().message;
        const auto again = ReadModel(*written);
        ASSERT_TRUE(again.has_value()) << again.error().message;
        ASSERT_EQ(*again, *read) << ir::Print(*again) << ir::Print(*read);
      } else {
        ASSERT_FALSE(read.error().message.empty());
      }
      if (!read.has_value() || random.Below(3) == 0) changed = file;
    }
    EXPECT_GT(valid, 1000) << graph.name;
  }
}

}  // namespace
}  // namespace kinglet::tflite
