#include "src/ir/lower.h"

#include <gtest/gtest.h>

#include <cmath>

#include "device/kernels/fully_connected.h"
#include "device/kernels/strided_copy.h"
#include "src/base/random.h"
#include "src/ir/execute.h"
#include "tests/support/graph_builder.h"
#include "tests/support/random_graph.h"

namespace kinglet::ir {
namespace {

TEST(QuantizeMultiplier, RepresentsTheValueToHalfAUnit) {
  Random random(1);
  for (int i = 0; i < 10000; ++i) {
    const double real = std::exp(random.Uniform(-20.0F, 20.0F));
    const QuantizedMultiplier q = QuantizeMultiplier(real);
    ASSERT_GE(q.multiplier, 1 << 30);
    ASSERT_NEAR(std::ldexp(q.multiplier, q.shift - 31) / real, 1, 0x1p-31);
  }
}

TEST(QuantizeMultiplier, HandlesTheEdgesAsTheReferenceDoes) {
  const auto is = [](double real, int32_t multiplier, int32_t shift) {
    const QuantizedMultiplier q = QuantizeMultiplier(real);
    return q.multiplier == multiplier && q.shift == shift;
  };
  EXPECT_TRUE(is(0, 0, 0));
  EXPECT_TRUE(is(0.5, 1 << 30, 0));
  EXPECT_TRUE(is(1, 1 << 30, 1));
  EXPECT_TRUE(is(1 - 0x1p-40, 1 << 30, 1));  // rounds up to the next power of two
  EXPECT_TRUE(is(0x1p-32, 1 << 30, -31));    // the least that is kept
  EXPECT_TRUE(is(0x1p-32 * 0.99, 0, 0));     // flushed to zero
}

TEST(QuantizedActivationRange, FollowsTheFusedActivation) {
  const auto is = [](const ActivationRange& range, int32_t min, int32_t max) {
    return range.min == min && range.max == max;
  };
  EXPECT_TRUE(is(QuantizedActivationRange(Activation::kNone, 0.1F, 3), -128, 127));
  EXPECT_TRUE(is(QuantizedActivationRange(Activation::kRelu, 0.1F, 3), 3, 127));
  EXPECT_TRUE(is(QuantizedActivationRange(Activation::kRelu6, 0.1F, 3), 3, 63));
  EXPECT_TRUE(is(QuantizedActivationRange(Activation::kRelu6, 0.01F, -128), -128, 127));
  EXPECT_TRUE(is(QuantizedActivationRange(Activation::kReluN1To1, 0.1F, 3), -7, 13));
  EXPECT_TRUE(is(QuantizedActivationRange(Activation::kReluN1To1, 1e-38F, 3), -128, 127));
}

// Ends of the tables that TensorFlow Lite's reference computes.
TEST(SoftmaxInt16, HasTheReferencesTables) {
  Graph graph;
  graph.tensors = {{"x", DataType::kInt16, {1, 3}, {{0.1F}, {0}, 0}, false, {}},
                   {"y", DataType::kInt16, {1, 3}, {{1.0F / 32768}, {0}, 0}, false, {}}};
  graph.ops.push_back({"softmax", Softmax{}, {0}, {1}});
  graph.inputs = {0};
  graph.outputs = {1};
  const KernelCall call = Lower(graph).value()[0];
  const auto entries = [&](size_t argument, size_t first, size_t count) {
    std::vector<int16_t> values;
    for (size_t i = first; i < first + count; ++i) {
      values.push_back(LoadLe<int16_t>(call.arguments[argument].data, i * sizeof(int16_t)));
    }
    return values;
  };
  using Entries = std::vector<int16_t>;
  ASSERT_EQ(call.arguments[1].name, "exp_table");
  ASSERT_EQ(call.arguments[1].data.size(), 2U * 513);
  ASSERT_EQ(call.arguments[2].data.size(), 2U * 513);
  EXPECT_EQ(entries(1, 501, 12), (Entries{26432, 26953, 27485, 28027, 28580, 29143, 29718, 30304,
                                          30902, 31512, 32133, 32767}));
  EXPECT_EQ(entries(2, 0, 12), (Entries{32767, 32704, 32640, 32578, 32514, 32451, 32388, 32326,
                                        32264, 32202, 32141, 32079}));
  EXPECT_EQ(entries(2, 76, 9),
            (Entries{28532, 28484, 28436, 28388, 28340, 28292, 28244, 28197, 28150}));
}

TEST(ParamFields, NameEveryMemberInOrder) {
  const Graph graph = kinglet::testing::SmallNetwork();
  std::vector<KernelCall> calls = Lower(graph).value();
  for (KernelCall& call : calls) {
    if (call.kernel->function != "FullyConnectedPerChannel") continue;
    call.params = kernels::FullyConnectedPerChannelParams{1, 2, 3, 4, -5, 6, 7};
    const std::vector<Field> fields = ParamFields(call);
    ASSERT_EQ(fields.size(), 7U);
    EXPECT_EQ(fields[0].name, "batches");
    EXPECT_EQ(fields[4].name, "output_zero_point");
    EXPECT_EQ(fields[4].values, std::vector<int32_t>{-5});
    return;
  }
  FAIL() << "no such call";
}

// Runs one call with its inputs copied into `memory` at input_offset and its output at
// output_offset; variables are fresh.
Bytes RunAt(const Graph& graph, const KernelCall& call, const std::vector<Bytes>& inputs,
            Bytes& memory, size_t overlapped, size_t input_offset, size_t output_offset) {
  std::vector<const void*> addresses;
  std::vector<AlignedBytes> scratch(call.arguments.size());
  size_t output_bytes = 0;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    const Argument& argument = call.arguments[i];
    switch (argument.kind) {
      case Argument::Kind::kScratch:
        scratch[i] = MakeAligned(argument.scratch_bytes);
        addresses.push_back(scratch[i].data());
        break;
      case Argument::Kind::kNull:
        addresses.push_back(nullptr);
        break;
      case Argument::Kind::kConstant:
        addresses.push_back(argument.data.data());
        break;
      case Argument::Kind::kWeights:
        addresses.push_back(graph.tensor(argument.tensor).data.data());
        break;
      case Argument::Kind::kInput:
        if (i == overlapped) {
          std::copy(inputs[i].begin(), inputs[i].end(), memory.data() + input_offset);
          addresses.push_back(memory.data() + input_offset);
        } else {
          addresses.push_back(inputs[i].data());
        }
        break;
      case Argument::Kind::kOutput:
        if (argument.tensor != graph.ops[call.op_index].outputs[0]) {  // state
          const Bytes& data = graph.tensor(argument.tensor).data;
          scratch[i] = MakeAligned(data.size());
          std::ranges::copy(data, reinterpret_cast<uint8_t*>(scratch[i].data()));
          addresses.push_back(scratch[i].data());
          break;
        }
        output_bytes = static_cast<size_t>(graph.tensor(argument.tensor).ByteCount());
        addresses.push_back(memory.data() + output_offset);
        break;
    }
  }
  RunKernel(call, addresses);
  return {memory.data() + output_offset, memory.data() + output_offset + output_bytes};
}

TEST(Lower, KernelsWorkWhenTheOutputOverlapsTheInputAsFarAsTheCallAllows) {
  size_t overlapping = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const Graph graph = kinglet::testing::RandomGraph(seed);
    Random random(seed, 5);
    const std::vector<KernelCall> calls = Lower(graph).value();
    for (const KernelCall& call : calls) {
      std::vector<Bytes> inputs(call.arguments.size());
      for (size_t i = 0; i < inputs.size(); ++i) {
        if (call.arguments[i].kind != Argument::Kind::kInput) continue;
        inputs[i].resize(static_cast<size_t>(graph.tensor(call.arguments[i].tensor).ByteCount()));
        for (uint8_t& byte : inputs[i]) byte = static_cast<uint8_t>(random.Next() >> 24);
      }
      const auto output_bytes = graph.tensor(graph.ops[call.op_index].outputs[0]).ByteCount();
      for (size_t i = 0; i < inputs.size(); ++i) {
        if (!call.arguments[i].output_lead_bytes_max.has_value()) continue;
        const auto input_bytes = static_cast<int64_t>(inputs[i].size());
        const int64_t lead =
            std::clamp(*call.arguments[i].output_lead_bytes_max, -output_bytes, input_bytes);
        Bytes apart(static_cast<size_t>(input_bytes + output_bytes));
        Bytes shared(static_cast<size_t>(2 * output_bytes + 2 * input_bytes));
        const Bytes expected = RunAt(graph, call, inputs, apart, i, 0, inputs[i].size());
        const auto input_offset = static_cast<size_t>(output_bytes);
        const Bytes actual = RunAt(graph, call, inputs, shared, i, input_offset,
                                   static_cast<size_t>(output_bytes + lead));
        ASSERT_EQ(actual, expected) << graph.ops[call.op_index].name << ", seed " << seed;
        overlapping += lead > -output_bytes && lead < input_bytes ? 1 : 0;
      }
    }
  }
  EXPECT_GT(overlapping, 500U);  // the rule is not simply "apart"
}

TEST(Lower, InPlaceBreaksAKernelWhoseCallDoesNotAllowIt) {
  // 1x1 convolution, 2 channels to 2: pixel p's output may end where its input begins, not in
  // place.
  Graph graph;
  const auto add = [&](Tensor tensor) {
    tensor.quantization = {{1.0F}, {0}, 0};
    graph.tensors.push_back(std::move(tensor));
    return static_cast<TensorIndex>(graph.tensors.size() - 1);
  };
  const TensorIndex x = add({"x", DataType::kInt8, {1, 1, 3, 2}, {}, false, {}});
  const TensorIndex w = add({"w", DataType::kInt8, {2, 1, 1, 2}, {}, true, {0, 1, 1, 0}});
  const TensorIndex y = add({"y", DataType::kInt8, {1, 1, 3, 2}, {}, false, {}});
  graph.ops.push_back({"swap", Conv2d{}, {x, w}, {y}});
  graph.inputs = {x};
  graph.outputs = {y};
  ASSERT_TRUE(Verify(graph).has_value());
  const KernelCall call = Lower(graph).value()[0];
  ASSERT_EQ(call.arguments[0].output_lead_bytes_max, -2);
  const std::vector<Bytes> inputs = {{1, 2, 3, 4, 5, 6}, {}, {}, {}, {}, {}};
  Bytes memory(16);
  EXPECT_EQ(RunAt(graph, call, inputs, memory, 0, 6, 4), (Bytes{2, 1, 4, 3, 6, 5}));
  EXPECT_NE(RunAt(graph, call, inputs, memory, 0, 6, 6), (Bytes{2, 1, 4, 3, 6, 5}));
}

// One operator on an int8 input.
Graph OneMove(const Attributes& attributes, const std::vector<int32_t>& input,
              const std::vector<int32_t>& output) {
  Graph graph;
  graph.name = "move";
  for (const auto& shape : {input, output}) {
    graph.tensors.push_back({"t", DataType::kInt8, shape, {{1.0F}, {0}, 0}, false, {}});
  }
  graph.ops.push_back({"move", attributes, {0}, {1}});
  graph.inputs = {0};
  graph.outputs = {1};
  return graph;
}

TEST(Lower, MovementsBecomeOneCallWithRunsAsLongAsTheyCanBe) {
  const auto calls = [](const Attributes& attributes, const std::vector<int32_t>& input,
                        const std::vector<int32_t>& output) {
    return Lower(OneMove(attributes, input, output)).value();
  };
  // NHWC to NCHW: pixels are one dimension.
  auto lowered = calls(Transpose{{0, 3, 1, 2}}, {1, 4, 5, 3}, {1, 3, 4, 5});
  ASSERT_EQ(lowered.size(), 1U);
  auto p = lowered[0].params.As<kernels::StridedCopyParams>();
  EXPECT_EQ(p.run_bytes, 1);
  EXPECT_EQ(p.sizes[4], 3);
  EXPECT_EQ(p.sizes[5], 20);
  EXPECT_EQ(p.input_steps[5], 3);
  // Rows 1 and 2 of an image lie together.
  lowered = calls(Slice{{0, 1, 0, 0}, {1, 2, 5, 3}, {1, 1, 1, 1}}, {1, 4, 5, 3}, {1, 2, 5, 3});
  p = lowered[0].params.As<kernels::StridedCopyParams>();
  EXPECT_EQ(p.run_bytes, 30);
  EXPECT_EQ(p.input_offset, 15);
  EXPECT_EQ(p.sizes[5], 1);
  // The dimensions of 1 do not count.
  lowered = calls(Transpose{{1, 0, 3, 2}}, {1, 4, 1, 3}, {4, 1, 3, 1});
  EXPECT_EQ(lowered[0].kernel->function, "Reshape");
}

TEST(Lower, RefusesToMoveMoreDimensionsThanTheKernelHas) {
  const std::vector<int32_t> shape(8, 2);
  const Graph graph = OneMove(Transpose{{7, 6, 5, 4, 3, 2, 1, 0}}, shape, shape);
  EXPECT_EQ(Lower(graph).error().message, "move: 8 dimensions change places, at most 6");
}

TEST(Lower, RefusesADifferenceWhoseRatioOfScalesOverflows) {
  kinglet::testing::GraphBuilder b("sub", 1);
  const auto x = b.Input({1, 4});
  Graph graph = b.Finish({b.Add(x, b.Input({1, 4}))});
  graph.ops[0].attributes = Sub{};
  graph.ops[0].name = "sub";
  graph.tensors[static_cast<size_t>(x)].quantization.scales = {3e38F};
  EXPECT_EQ(Lower(graph).error().message, "sub: ratio of scales inf: must be below 1");
}

TEST(Execute, RandomGraphsRunAndTheSameInputGivesTheSameOutput) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const Graph graph = kinglet::testing::RandomGraph(seed);
    Executor executor = Executor::Make(graph).value();
    const std::vector<Bytes> inputs = kinglet::testing::RandomInputs(graph, seed);
    const std::vector<ByteView> views(inputs.begin(), inputs.end());
    size_t observed = 0;
    const std::vector<Bytes> first =
        executor.Run(views, [&](size_t, const std::vector<ByteView>&) { ++observed; }).value();
    EXPECT_EQ(observed, graph.ops.size());
    ASSERT_EQ(executor.Run(views).value(), first);
    Executor moved = std::move(executor);
    ASSERT_EQ(moved.Run(views).value(), first);
  }
}

}  // namespace
}  // namespace kinglet::ir
