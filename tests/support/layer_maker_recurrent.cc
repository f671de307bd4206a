// Operators with memory, at random.
#include <cmath>
#include <utility>

#include "tests/support/layer_maker.h"

namespace kinglet::testing {
namespace {

constexpr auto kInt8 = ir::DataType::kInt8;
constexpr auto kInt16 = ir::DataType::kInt16;
constexpr int32_t kGates = 4;

}  // namespace

ir::TensorIndex LayerMaker::InRank(ir::TensorIndex x, size_t rank) {
  std::vector<int32_t> shape = At(x).shape;
  if (shape.size() == rank) return x;
  while (shape.size() < rank) shape.insert(shape.begin(), 1);
  while (shape.size() > rank) {
    shape[1] *= shape[0];
    shape.erase(shape.begin());
  }
  return Finish(ir::Reshape{}, {x}, SameScale(x, shape));
}

ir::TensorIndex LayerMaker::State(std::vector<int32_t> shape, ir::DataType type, float scale,
                                  int32_t zero_point) {
  const ir::TensorIndex index = Activation(std::move(shape), type, scale, zero_point);
  ir::Tensor& tensor = graph_.tensors[static_cast<size_t>(index)];
  tensor.variable = true;
  tensor.data.assign(static_cast<size_t>(tensor.ByteCount()), static_cast<uint8_t>(zero_point));
  return index;
}

ir::TensorIndex LayerMaker::RowWeights(std::vector<int32_t> shape, ir::DataType type, float scale) {
  const ir::TensorIndex index = Activation(std::move(shape), type, scale, 0);
  FillWithNoise(index);
  return index;
}

ir::TensorIndex LayerMaker::BiasOf(int32_t count, ir::DataType type) {
  ir::Tensor bias;
  bias.type = type;
  bias.shape = {count};
  bias.constant = true;
  for (int32_t i = 0; i < count; ++i) {
    const int32_t value = OneIn(8) ? INT32_MAX - Between(0, 9) : Between(-20000, 20000);
    if (type == ir::DataType::kInt64) {
      AppendLe(bias.data, int64_t{value});
    } else {
      AppendLe(bias.data, value);
    }
  }
  return AddTensor(std::move(bias));
}

ir::TensorIndex LayerMaker::Lstm(ir::TensorIndex x) {
  if (At(x).ElementCount() > 600 || (x = InRank(x, 3)) == ir::kNoTensor) return ir::kNoTensor;
  const std::vector<int32_t> shape = At(x).shape;
  const ir::DataType type = At(x).type;
  const int32_t size = Between(1, 5);
  const bool extreme = draw_ == Draw::kExtreme;
  ir::UnidirectionalSequenceLstm a;
  a.time_major = OneIn(2);
  const int32_t batches = shape[a.time_major ? 1 : 0];
  const float hidden_scale = extreme && OneIn(2) ? Scale() : 1.0F / 128;
  const float cell_scale =
      std::exp2(static_cast<float>(-Between(extreme ? -1 : 9, extreme ? 18 : 13)));
  if (OneIn(2)) a.cell_clip = cell_scale * random_.Uniform(0.5F, 40000.0F);
  const auto weights = [&](int32_t columns, float input_scale) {
    const float product =
        std::exp2(random_.Uniform(extreme ? -22.0F : -18.0F, extreme ? -6.0F : -14.0F));
    return RowWeights({size, columns}, kInt8, product / input_scale);
  };
  std::vector<ir::TensorIndex> inputs = {x};
  for (int32_t gate = 0; gate < kGates; ++gate) {
    inputs.push_back(weights(shape[2], At(x).quantization.scales[0]));
  }
  for (int32_t gate = 0; gate < kGates; ++gate) inputs.push_back(weights(size, hidden_scale));
  for (int32_t gate = 0; gate < kGates; ++gate) {
    inputs.push_back(BiasOf(size, type == kInt8 ? ir::DataType::kInt32 : ir::DataType::kInt64));
  }
  const ir::TensorIndex hidden = State({batches, size}, type, hidden_scale, ZeroPoint(type));
  const ir::TensorIndex cell = State({batches, size}, kInt16, cell_scale, 0);
  inputs.insert(inputs.end(), {hidden, cell});
  const ir::TensorIndex output = SameScale(hidden, {shape[0], shape[1], size});
  Finish(a, inputs, output);
  graph_.ops.back().outputs.insert(graph_.ops.back().outputs.end(), {hidden, cell});
  return output;
}

ir::TensorIndex LayerMaker::Svdf(ir::TensorIndex x) {
  if (At(x).ElementCount() > 4000 || (x = InRank(x, 2)) == ir::kNoTensor) return ir::kNoTensor;
  const int32_t batches = At(x).shape[0], input_size = At(x).shape[1];
  ir::Svdf a;
  a.rank = Between(1, 3);
  a.activation = AnyActivation();
  const int32_t units = Between(1, 4), filters = units * a.rank, memory_size = Between(1, 6);
  const ir::DataType type = OneIn(2) ? kInt8 : kInt16;
  const ir::TensorIndex output = Like(x, {batches, units});
  const float state_scale = Scale();
  const float to_state = state_scale / At(x).quantization.scales[0];
  const float to_output = At(output).quantization.scales[0] / state_scale;
  const ir::TensorIndex features =
      RowWeights({filters, input_size}, kInt8, to_state * std::exp2(random_.Uniform(-10.0F, 0.0F)));
  const ir::TensorIndex times = RowWeights({filters, memory_size}, type,
                                           to_output * std::exp2(random_.Uniform(-20.0F, -4.0F)));
  const ir::TensorIndex bias = OneIn(4) ? ir::kNoTensor : BiasOf(units, ir::DataType::kInt32);
  const ir::TensorIndex state =
      State({batches, memory_size * filters}, type, state_scale, ZeroPoint(type));
  Finish(a, {x, features, times, bias, state}, output);
  graph_.ops.back().outputs.push_back(state);
  return output;
}

ir::TensorIndex LayerMaker::Copy(ir::TensorIndex x) {
  const std::vector<int32_t> shape = At(x).shape;
  const bool keeps_old = OneIn(2);
  // The format gives a variable the scale of what is first read from it or assigned to it.
  const ir::TensorIndex variable = keeps_old || OneIn(2) ? Like(x, shape) : SameScale(x, shape);
  FillWithNoise(variable);
  graph_.tensors[static_cast<size_t>(variable)].constant = false;
  graph_.tensors[static_cast<size_t>(variable)].variable = true;
  if (keeps_old) {
    const ir::TensorIndex old = SameScale(variable, shape);
    Finish(ir::Copy{}, {variable}, old);
    Finish(ir::Copy{}, {x}, variable);
    const ir::TensorIndex sum = Like(x, shape);
    return Finish(ir::Add{}, {old, OneIn(2) ? variable : x}, sum);
  }
  // What was computed from the variable goes back into it.
  const ir::TensorIndex sum = Like(x, shape);
  Finish(ir::Add{}, {x, variable}, sum);
  Finish(ir::Copy{}, {sum}, variable);
  const ir::TensorIndex output = Like(x, shape);
  return Finish(ir::Sub{}, {sum, variable}, output);
}

}  // namespace kinglet::testing
