#include "tests/support/state_graphs.h"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "tests/support/layer_maker.h"

namespace kinglet::testing {
namespace {

ir::Graph Chain(std::string_view name, uint64_t seed, std::vector<int32_t> shape,
                std::initializer_list<std::string_view> kinds) {
  LayerMaker maker(seed, 80, LayerMaker::Draw::kUsual);
  maker.graph().name = name;
  ir::TensorIndex x = maker.Input(std::move(shape), ir::DataType::kInt8);
  for (const std::string_view kind : kinds) {
    x = maker.Layer(kind, x);
    KINGLET_ASSERT(x != ir::kNoTensor);
  }
  maker.graph().outputs = {x};
  return std::move(maker.graph());
}

}  // namespace

ir::Graph SvdfNetwork() {
  return Chain("svdf network", 74, {2, 12}, {"svdf", "svdf", "fully_connected"});
}

ir::Graph LstmNetwork() {
  return Chain("lstm network", 12, {2, 5, 6},
               {"unidirectional_sequence_lstm", "unidirectional_sequence_lstm", "fully_connected"});
}

ir::Graph StreamingNetwork() {
  return Chain("streaming network", 256, {1, 8, 7, 3},
               {"conv_2d", "copy", "depthwise_conv_2d", "copy", "copy", "average_pool_2d"});
}

}  // namespace kinglet::testing
