// What a measurement looks like: JSON for programs, a page of text for people.
#pragma once

#include <string>

#include "src/bench/bench.h"

namespace kinglet::bench {

// One JSON object, indented, with the names of BenchResult's fields; `accuracy` is null when
// absent.
std::string ToJson(const BenchResult& result);

// Ends with a newline.
std::string ToText(const BenchResult& result);

}  // namespace kinglet::bench
