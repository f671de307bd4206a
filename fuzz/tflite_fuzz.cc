// .tflite bytes: read, verify, lower, and execute what is small enough; what reads must also
// survive being written and read back.
#include "fuzz/fuzz.h"
#include "src/ir/execute.h"
#include "src/tflite/read.h"
#include "src/tflite/write.h"
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
    const int64_t outputs = graph.tensor(op.outputs[0]).ElementCount();
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

}  // namespace

std::vector<Bytes> Seeds() {
  std::vector<Bytes> seeds;
  for (uint64_t seed = 0; seed < kSeedGraphs; ++seed) {
    seeds.push_back(tflite::WriteModel(testing::RandomGraph(seed)).value());
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
  if (!graph.has_value()) {
    KINGLET_ASSERT(!graph.error().message.empty());
    return 0;
  }
  const auto calls = ir::Lower(*graph);
  if (calls.has_value()) fuzz::Execute(*graph);
  const auto written = tflite::WriteModel(*graph);
  KINGLET_ASSERT(written.has_value());  // what is read has one of the format's paddings
  const auto again = tflite::ReadModel(*written);
  KINGLET_ASSERT(again.has_value() && *again == *graph);
  return 0;
}
