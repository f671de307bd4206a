#pragma once

#include "src/optimize/pass.h"

namespace kinglet::optimize {

// Removes every channel that no output depends on, and every channel that interval analysis
// (channel_range.h) shows to be constant: what a constant adds to the sums of its consumers goes
// into their biases. Sums are integers modulo 2^32, so both change no bit.
//
// A constant channel stays when it is not the zero point and a consumer's window reaches into the
// padding, where it would count as the zero point; and when an operator reads it that is neither a
// convolution nor a fully connected layer nor works channel by channel. Channels that operators tie
// together (an addition's two inputs and output, a depthwise convolution's input and output) go
// together or not at all, and a tensor keeps at least one.
Result<Rewritten> RemoveDeadChannels(ir::Graph graph);

}  // namespace kinglet::optimize
