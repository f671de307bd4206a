// .tflite files in: the public flatbuffer format, version 3, of any converter. Safe for bytes from
// outside.
#pragma once

#include <string>

#include "src/base/bytes.h"
#include "src/base/result.h"
#include "src/ir/graph.h"

namespace kinglet::tflite {

// The first subgraph of `file` as a verified graph (ir::Verify) that points nowhere into `file`.
// Only tensors that are used are kept, in the file's order; operators are named by kind and
// position ("conv_2d_3"). SAME and VALID become explicit padding; the shape input of RESHAPE is
// dropped, as the output tensor has the shape. kInvalid: not a .tflite file, damaged, or
// inconsistent. kUnsupported: an operator (one message names all of them and where they stand),
// type or feature that cannot be executed, or a model that computes in float32. Takes memory of at
// most some 8 times the file.
Result<ir::Graph> ReadModel(ByteView file);

// The same from a file; errors name it.
Result<ir::Graph> ReadModelFile(const std::string& path);

// As the two above, of a model that computes in float32: the graph passes ir::VerifyFloat.
// Constants that are stored as float16 or int8, with a DEQUANTIZE behind them or without, are
// float32 in the graph. kUnsupported when the model computes in integers already.
Result<ir::Graph> ReadFloatModel(ByteView file);
Result<ir::Graph> ReadFloatModelFile(const std::string& path);

}  // namespace kinglet::tflite
