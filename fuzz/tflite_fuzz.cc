// .tflite bytes: read, verify, lower, and execute what is small enough; what reads must also
// survive being written and read back. A float model is quantised, and the int8 model must do all
// of that.
#include "fuzz/fuzz.h"
#include "src/ir/execute.h"
#include "src/quantize/compare.h"
#include "src/quantize/quantize.h"
#include "src/tflite/read.h"
#include "src/tflite/write.h"
#include "tests/support/as_float.h"
#include "tests/support/random_graph.h"
#include "tests/support/state_graphs.h"

namespace kinglet::fuzz {
namespace {

constexpr int64_t kActivationBytesMax = 1 << 20;
constexpr int64_t kStepsMax = 1 << 22;
constexpr uint64_t kSeedGraphs = 40;

// Elements read and written by one execution, roughly.
int64_t Steps(const ir::Graph& graph) {
  int64_t steps = ir::GraphMacs(graph);
  for (const ir::Op& op : graph.ops) {
    int64_t outputs = 0;
    for (const ir::TensorIndex index : op.outputs) outputs += graph.tensor(index).ElementCount();
    if (std::holds_alternative<ir::Reduce>(op.attributes) ||
        std::holds_alternative<ir::ArgExtremum>(op.attributes)) {
      outputs = graph.tensor(op.inputs[0]).ElementCount();
    }
    const auto* pool = std::get_if<ir::Pool2d>(&op.attributes);
    steps += outputs * (pool == nullptr ? 10 : int64_t{pool->filter_h} * pool->filter_w);
  }
  return steps;
}

void Execute(const ir::Graph& graph) {
  if (Steps(graph) > kStepsMax) return;
  auto executor = ir::Executor::Make(graph, kActivationBytesMax);
  if (!executor.has_value()) return;
  const std::vector<Bytes> inputs = testing::RandomInputs(graph, 1);
  const auto outputs = executor->Run(std::vector<ByteView>(inputs.begin(), inputs.end()));
  KINGLET_ASSERT(outputs.has_value() && outputs->size() == graph.outputs.size());
}

void CheckInt8(const ir::Graph& graph) {
  const auto calls = ir::Lower(graph);
  if (calls.has_value()) Execute(graph);
  const auto written = tflite::WriteModel(graph);
  KINGLET_ASSERT(written.has_value());  // what is read has one of the format's paddings
  const auto again = tflite::ReadModel(*written);
  KINGLET_ASSERT(again.has_value());
  if (again->ops != graph.ops) return;  // operators are named by their place in the file
  KINGLET_ASSERT(*again == graph);
}

void QuantizeFloat(const ir::Graph& graph) {
  if (Steps(graph) > kStepsMax) return;
  int64_t elements = 0;
  for (const ir::Tensor& tensor : graph.tensors) elements += tensor.ElementCount();
  if (elements > kActivationBytesMax) return;
  quantize::Samples samples{2, {}};
  Random random(1);
  for (const ir::TensorIndex index : graph.inputs) {
    std::vector<float>& values = samples.values.emplace_back();
    for (int64_t i = 0; i < 2 * graph.tensor(index).ElementCount(); ++i) {
      values.push_back(random.Normal());
    }
  }
  constexpr quantize::RangeMethod kMethods[] = {quantize::RangeMethod::kMinMax,
                                                quantize::RangeMethod::kPercentile};
  const auto int8 = quantize::Quantize(
      graph, samples,
      {.ranges = kMethods[graph.ops.size() % 2], .progress = Progress::Show::kNever});
  if (!int8.has_value()) return;
  CheckInt8(*int8);
  (void)quantize::Compare(graph, *int8, samples, Progress::Show::kNever);
}

}  // namespace

std::vector<Bytes> Seeds() {
  std::vector<Bytes> seeds;
  for (uint64_t seed = 0; seed < kSeedGraphs; ++seed) {
    const ir::Graph graph = testing::RandomGraph(seed);
    seeds.push_back(tflite::WriteModel(graph).value());
    const auto floats = tflite::WriteFloatModel(testing::AsFloat(graph));
    if (floats.has_value()) seeds.push_back(*floats);
  }
  for (const testing::LayerMaker::Kind& kind : testing::LayerMaker::Kinds()) {
    seeds.push_back(tflite::WriteModel(testing::RandomOpGraph(kind, 1)).value());
  }
  for (const ir::Graph& graph :
       {testing::SvdfNetwork(), testing::LstmNetwork(), testing::StreamingNetwork()}) {
    seeds.push_back(tflite::WriteModel(graph).value());
  }
  return seeds;
}

}  // namespace kinglet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kinglet;
  const auto graph = tflite::ReadModel({data, size});
  if (graph.has_value()) {
    fuzz::CheckInt8(*graph);
    return 0;
  }
  KINGLET_ASSERT(!graph.error().message.empty());
  const auto floats = tflite::ReadFloatModel({data, size});
  if (floats.has_value()) fuzz::QuantizeFloat(*floats);
  return 0;
}
