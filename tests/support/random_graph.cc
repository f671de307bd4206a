#include "tests/support/random_graph.h"

#include <algorithm>
#include <utility>

namespace kinglet::testing {
namespace {

constexpr uint64_t kGraphStream = 77, kInputStream = 78, kOpStream = 79;

ir::DataType AnyType(LayerMaker& maker) {
  return maker.Between(0, 7) == 0 ? ir::DataType::kInt16 : ir::DataType::kInt8;
}

// What networks are mostly made of, or anything.
std::string_view AnyKind(LayerMaker& maker) {
  constexpr std::string_view kCommon[] = {"conv_2d",         "depthwise_conv_2d", "conv_2d",
                                          "average_pool_2d", "max_pool_2d",       "add"};
  if (maker.Between(0, 3) != 0) return kCommon[maker.Between(0, 5)];
  const std::vector<LayerMaker::Kind>& kinds = LayerMaker::Kinds();
  return kinds[static_cast<size_t>(maker.Between(0, static_cast<int32_t>(kinds.size()) - 1))].name;
}

void FillFloats(Random& random, Bytes& bytes) {
  for (size_t at = 0; at + sizeof(float) <= bytes.size(); at += sizeof(float)) {
    const float value = random.Normal() * 4;
    std::memcpy(bytes.data() + at, &value, sizeof(value));
  }
}

}  // namespace

ir::Graph RandomGraph(uint64_t seed) {
  LayerMaker maker(seed, kGraphStream, LayerMaker::Draw::kUsual);
  ir::Graph& graph = maker.graph();
  graph.name = "random";
  const int32_t batches = maker.Between(0, 3) == 0 ? 2 : 1;
  ir::TensorIndex x = maker.Input(
      {batches, maker.Between(1, 12), maker.Between(1, 12), maker.Between(1, 9)}, AnyType(maker));
  const int32_t layers = maker.Between(1, 6);
  for (int32_t i = 0; i < layers;) {
    const ir::TensorIndex y = maker.Layer(AnyKind(maker), x);
    if (y == ir::kNoTensor) continue;
    if (maker.Between(0, 9) == 0 && i > 0) graph.outputs.push_back(x);
    x = y;
    ++i;
  }
  // The end of a classifier, for those who can have it.
  for (const std::string_view kind : {"reshape", "fully_connected", "softmax"}) {
    if (kind == "softmax" && maker.Between(0, 1) == 0) break;
    const ir::TensorIndex y = maker.Layer(kind, x);
    if (y != ir::kNoTensor) x = y;
  }
  graph.outputs.push_back(x);
  if (maker.Between(0, 1) == 0) {
    graph.metadata["kinglet.note"] = std::string("made\0from a seed", 16);
  }
  return std::move(graph);
}

ir::Graph RandomOpGraph(const LayerMaker::Kind& kind, uint64_t seed) {
  for (uint64_t attempt = 0;; ++attempt) {
    LayerMaker maker(seed + (attempt << 32), kOpStream, LayerMaker::Draw::kExtreme);
    std::vector<int32_t> shape;
    const int32_t rank = maker.Between(0, 1) == 0 ? 4 : maker.Between(0, 6);
    for (int32_t d = 0; d < rank; ++d) shape.push_back(maker.Between(1, rank == 4 ? 9 : 5));
    const ir::TensorIndex y = maker.Layer(kind.name, maker.Input(shape, kind.type));
    if (y == ir::kNoTensor) continue;
    ir::Graph& graph = maker.graph();
    graph.name = kind.name;
    graph.outputs = graph.ops.back().outputs;
    std::erase_if(graph.outputs, [&](ir::TensorIndex index) { return maker.At(index).variable; });
    return std::move(graph);
  }
}

ir::Graph EveryKindGraph() {
  LayerMaker maker(3, kOpStream, LayerMaker::Draw::kUsual);
  ir::Graph& graph = maker.graph();
  graph.name = "every kind";
  for (const LayerMaker::Kind& kind : LayerMaker::Kinds()) {
    const ir::TensorIndex x = maker.Input({1, 4, 3, 4}, kind.type);
    KINGLET_ASSERT(maker.Layer(kind.name, x) != ir::kNoTensor);
    for (const ir::TensorIndex output : graph.ops.back().outputs) {
      if (!maker.At(output).variable) graph.outputs.push_back(output);
    }
  }
  return std::move(graph);
}

ir::Graph Int16Network(uint64_t seed) {
  LayerMaker maker(seed, kGraphStream, LayerMaker::Draw::kUsual);
  ir::TensorIndex x = maker.Input({1, 9, 8, 4}, ir::DataType::kInt16);
  for (const std::string_view kind :
       {"conv_2d", "depthwise_conv_2d", "transpose_conv_2d", "max_pool_2d", "average_pool_2d",
        "reshape", "fully_connected", "softmax"}) {
    x = maker.Layer(kind, x);
  }
  ir::Graph& graph = maker.graph();
  graph.name = "int16";
  graph.outputs.push_back(x);
  return std::move(graph);
}

std::vector<Bytes> RandomInputs(const ir::Graph& graph, uint64_t seed) {
  Random random(seed, kInputStream);
  std::vector<Bytes> inputs;
  for (const ir::TensorIndex index : graph.inputs) {
    const ir::Tensor& tensor = graph.tensor(index);
    Bytes& input = inputs.emplace_back(static_cast<size_t>(tensor.ByteCount()));
    const bool extreme = random.Below(4) == 0;
    if (tensor.type == ir::DataType::kFloat32) {
      FillFloats(random, input);
      continue;
    }
    // Indices: many that are right, and some far outside.
    if (tensor.type == ir::DataType::kInt32) {
      for (size_t at = 0; at + sizeof(int32_t) <= input.size(); at += sizeof(int32_t)) {
        const uint32_t value = random.Below(4) == 0 ? random.Next() : random.Below(8);
        std::memcpy(input.data() + at, &value, sizeof(value));
      }
      continue;
    }
    // The greatest byte of an element holds its sign.
    const size_t size = ir::DataTypeBytes(tensor.type);
    for (size_t i = 0; i < input.size(); ++i) {
      const auto byte = static_cast<uint8_t>(random.Next() >> 24);
      input[i] = byte;
      if (!extreme) continue;
      const bool negative = i % size == 0 ? (byte & 1) != 0 : input[i - 1] == 0;
      input[i] = negative ? 0 : 0xff;
      if (i % size == size - 1) input[i] ^= 0x80;
    }
  }
  return inputs;
}

}  // namespace kinglet::testing
