// Post-training quantisation: a float model and samples in, an int8 model out, by the rules of
// TensorFlow Lite's int8 quantisation specification.
#pragma once

#include "src/base/progress.h"
#include "src/ir/graph.h"
#include "src/quantize/range.h"
#include "src/quantize/samples.h"

namespace kinglet::quantize {

struct Options {
  RangeMethod ranges = RangeMethod::kMinMax;
  double percentile = 99.99;  // for kPercentile: which share of the values stays inside, 50 to 100
  Progress::Show progress = Progress::Show::kAuto;
};

// `graph`, a float graph, with int8 tensors: operators, names, inputs and outputs in the same
// order. Activations are asymmetric with zero exactly representable; weights symmetric in
// -127..127, one scale a channel for convolutions and one a tensor for fully connected layers;
// biases int32. SOFTMAX, LOGISTIC and TANH have the output scales of the specification, pools,
// RESHAPE, MINIMUM and MAXIMUM keep the scale of their inputs. The result passes ir::Verify and
// ir::Lower. kInvalid for a percentile out of range or a value that is not finite; kUnsupported
// names the operator whose scales cannot be expressed.
Result<ir::Graph> Quantize(const ir::Graph& graph, const Samples& samples,
                           const Options& options = {});

}  // namespace kinglet::quantize
