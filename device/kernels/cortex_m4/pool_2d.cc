#include "device/kernels/cortex_m4/pool_2d.h"

#include "device/kernels/cortex_m4/clamp.h"
#include "device/kernels/cortex_m4/quad.h"
#include "device/kernels/window.h"

namespace kinglet::kernels {
namespace {

// Sums over up to 255 values to their mean, halves away from zero.
class Mean {
 public:
  explicit Mean(int32_t count)
      : offset_(128 * count + count / 2),
        even_(count % 2 == 0 ? -1 : 0),
        // Rounded up by less than 255: exact for dividends below 2^16, as 255 * 2^16 < 2^31.
        reciprocal_((uint32_t{1} << 31) / static_cast<uint32_t>(count) + 1) {
    if (count == 1) reciprocal_ = uint32_t{1} << 31;
  }

  int8_t operator()(int32_t sum) const {
    // Only of an even number of values a mean can be a half.
    const auto dividend = static_cast<uint32_t>(sum + ((sum >> 31) & even_) + offset_);
    const auto quotient = static_cast<int32_t>((uint64_t{2 * dividend} * reciprocal_) >> 32);
    return static_cast<int8_t>(quotient - 128);
  }

 private:
  int32_t offset_, even_;
  uint32_t reciprocal_;
};

// pool(window, output): of each output pixel.
template <typename Pool>
void ForEachWindow(const QuadPool2dParams& p, const int8_t* input, int8_t* output,
                   const Pool& pool) {
  for (int32_t b = 0; b < p.batches; ++b) {
    for (int32_t y = 0; y < p.output_h; ++y) {
      const int32_t origin_y = y * p.stride_h - p.pad_top;
      const TapRange rows = TapsInside(origin_y, p.filter_h, 1, p.input_h);
      for (int32_t x = 0; x < p.output_w; ++x) {
        const int32_t origin_x = x * p.stride_w - p.pad_left;
        const TapRange columns = TapsInside(origin_x, p.filter_w, 1, p.input_w);
        const int32_t pixel = (origin_y + rows.begin) * p.input_w + origin_x + columns.begin;
        KingletWindow window{input + pixel * p.channels, rows.end - rows.begin,
                             columns.end - columns.begin, p.input_w * p.channels, p.channels};
        if (window.columns == p.input_w) {  // whole rows are one
          window.columns *= window.rows;
          window.rows = 1;
        }
        pool(window, output);
        output += p.channels;
      }
    }
    input += p.input_h * p.input_w * p.channels;
  }
}

// combine(value): of the window's first channel.
template <typename Combine>
void ForEachValue(const KingletWindow& window, const Combine& combine) {
  for (int32_t row = 0; row < window.rows; ++row) {
    const int8_t* value = window.first + row * window.row_step;
    for (int32_t column = 0; column < window.columns; ++column, value += window.column_step) {
      combine(int32_t{*value});
    }
  }
}

}  // namespace

void QuadAveragePool2d(const QuadPool2dParams& params, const int8_t* input, int8_t* output) {
  ForEachWindow(params, input, output, [&params](KingletWindow& window, int8_t* means) {
    const Mean mean(window.rows * window.columns);
    int32_t c = 0;
    for (; c + 4 <= params.channels; c += 4, window.first += 4) {
      int32_t sums[4];
      KingletSumWindow(&window, sums);
      for (int32_t i = 0; i < 4; ++i) means[c + i] = mean(sums[i]);
    }
    for (; c < params.channels; ++c, ++window.first) {
      int32_t sum = 0;
      ForEachValue(window, [&sum](int32_t value) { sum += value; });
      means[c] = mean(sum);
    }
  });
  const QuadPool2dParams& p = params;
  ClampAll(p, p.batches * p.output_h * p.output_w * p.channels, output);
}

void QuadMaxPool2d(const QuadPool2dParams& params, const int8_t* input, int8_t* output) {
  ForEachWindow(params, input, output, [&params](KingletWindow& window, int8_t* greatest) {
    int32_t c = 0;
    for (; c + 4 <= params.channels; c += 4, window.first += 4) {
      KingletMaxWindow(&window, greatest + c);
    }
    for (; c < params.channels; ++c, ++window.first) {
      int32_t most = INT8_MIN;
      ForEachValue(window, [&most](int32_t value) { most = Max(most, value); });
      greatest[c] = static_cast<int8_t>(most);
    }
  });
  const QuadPool2dParams& p = params;
  ClampAll(p, p.batches * p.output_h * p.output_w * p.channels, output);
}

}  // namespace kinglet::kernels
