#include "device/dsp/dct.h"

#include "device/dsp/fixed.h"

namespace kinglet::dsp {

void Dct(const DctTable& table, const int8_t* input, int32_t center, int8_t* output) {
  const int16_t* row = table.matrix;
  for (uint32_t k = 0; k < table.output_count; ++k) {
    int32_t sum = int32_t{1} << 13;
    for (uint32_t i = 0; i < table.input_count; ++i) sum += row[i] * (input[i] - center);
    output[k] = SaturateInt8(sum >> 14);
    row += table.input_count;
  }
}

}  // namespace kinglet::dsp
