// The inputs on which a model is calibrated and compared.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "src/base/result.h"
#include "src/ir/graph.h"

namespace kinglet::quantize {

// `count` samples; values[i] holds them one after the other for graph input i.
struct Samples {
  size_t count = 0;
  std::vector<std::vector<float>> values;

  // What each graph input takes for sample `index`.
  std::vector<std::span<const float>> At(size_t index) const;
};

// Reads one path for each input of `graph`, a float graph: a .npy file of shape [samples, input's
// shape...] (an input's leading 1 may be left out), a file of raw little-endian float32 with any
// other ending, or a folder, whose .npy and .bin files are read in the order of their names.
// kInvalid when sizes or numbers of samples do not fit, or a value is not finite; errors name the
// path.
Result<Samples> ReadSamples(const ir::Graph& graph, const std::vector<std::string>& paths);

}  // namespace kinglet::quantize
