#include "tests/support/same_outputs.h"

#include <algorithm>

#include "src/ir/execute.h"
#include "tests/support/random_graph.h"

namespace kinglet::testing {

::testing::AssertionResult SameOutputs(const ir::Graph& x, const ir::Graph& y, uint64_t seed) {
  auto executor_x = ir::Executor::Make(x);
  if (!executor_x) return ::testing::AssertionFailure() << executor_x.error().message;
  auto executor_y = ir::Executor::Make(y);
  if (!executor_y) return ::testing::AssertionFailure() << executor_y.error().message;
  ir::State state_x = ir::InitialState(x), state_y = ir::InitialState(y);
  std::vector<std::vector<Bytes>> trials = {RandomInputs(x, seed), RandomInputs(x, seed + 1000)};
  for (const uint8_t end : {uint8_t{0x80}, uint8_t{0x7f}}) {
    trials.push_back(trials[0]);
    for (Bytes& input : trials.back()) std::ranges::fill(input, end);
  }
  for (size_t t = 0; t < trials.size(); ++t) {
    const std::vector<ByteView> views(trials[t].begin(), trials[t].end());
    const auto outputs_x = executor_x->Step(state_x, views);
    const auto outputs_y = executor_y->Step(state_y, views);
    if (!outputs_x) return ::testing::AssertionFailure() << outputs_x.error().message;
    if (!outputs_y) return ::testing::AssertionFailure() << outputs_y.error().message;
    if (*outputs_x != *outputs_y) {
      return ::testing::AssertionFailure() << "outputs differ for input " << t << " of " << seed;
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace kinglet::testing
