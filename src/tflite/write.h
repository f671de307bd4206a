// .tflite files out.
#pragma once

#include "src/base/bytes.h"
#include "src/base/result.h"
#include "src/ir/graph.h"

namespace kinglet::tflite {

// `graph` as a standard .tflite file with its metadata inside; the same graph gives the same bytes.
// Reading it back gives the same graph except for operator names and tensors that nothing uses.
// kInvalid when the graph does not verify; kUnsupported when a padding is neither SAME nor VALID.
Result<Bytes> WriteModel(const ir::Graph& graph);

// The same of a graph that passes ir::VerifyFloat.
Result<Bytes> WriteFloatModel(const ir::Graph& graph);

}  // namespace kinglet::tflite
