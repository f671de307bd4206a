// Constants of float models that are stored in fewer bits than float32. Internal to ReadFloatModel.
#pragma once

#include "src/ir/graph.h"

namespace kinglet::tflite {

// `tensor`, whose data are float16 (IEEE 754 binary16), as float32, which is exact.
void WidenHalves(ir::Tensor& tensor);

// `tensor` of int8 constants with scales as the float32 values that they stand for, without
// scales. kInvalid when the scales do not fit the shape.
Status WidenInt8(ir::Tensor& tensor);

}  // namespace kinglet::tflite
