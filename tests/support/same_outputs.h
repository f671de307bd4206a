// Two graphs compared by what they compute.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>

#include "src/ir/graph.h"

namespace kinglet::testing {

// Runs both on the same inputs (RandomInputs of `seed`, and all bytes at either end of int8) and
// compares every byte of every output.
::testing::AssertionResult SameOutputs(const ir::Graph& x, const ir::Graph& y, uint64_t seed);

}  // namespace kinglet::testing
