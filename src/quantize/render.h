// What `kinglet quantize` says about the int8 model that it made.
#pragma once

#include <cstdint>
#include <string>

#include "src/quantize/compare.h"
#include "src/quantize/quantize.h"

namespace kinglet::quantize {

struct Summary {
  std::string model, output;  // paths
  uint64_t model_bytes = 0, output_bytes = 0;
  RangeMethod ranges = RangeMethod::kMinMax;
};

// One JSON object: model, output, model_bytes, output_bytes, ranges, samples, outputs (name,
// sqnr_db, error_max, rows, rows_agreeing), layers (name, kind, sqnr_db, scale, zero_point), the
// worst layer first; sqnr_db is null where nothing differs.
std::string ToJson(const Comparison& comparison, const Summary& summary);

// Ends with a newline.
std::string ToText(const Comparison& comparison, const Summary& summary);

}  // namespace kinglet::quantize
