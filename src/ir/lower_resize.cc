// Operators that give an image another size.
#include <algorithm>
#include <cmath>

#include "device/kernels/resize_bilinear.h"
#include "device/kernels/resize_nearest_neighbor.h"
#include "src/ir/lower_op.h"

namespace kinglet::ir {

KINGLET_PARAMS(ResizeBilinearParams, batches, input_h, input_w, output_h, output_w, channels,
               step_y, step_x, first_y, first_x);
KINGLET_PARAMS(ResizeNearestNeighborParams, batches, input_h, input_w, output_h, output_w,
               pixel_bytes);

KINGLET_KERNEL(kResizeBilinear, ResizeBilinear, "resize_bilinear");
KINGLET_KERNEL(kResizeBilinearInt16, ResizeBilinearInt16, "resize_bilinear");
KINGLET_KERNEL(kResizeNearestNeighbor, ResizeNearestNeighbor, "resize_nearest_neighbor");

namespace {

// Which pixel of the input each of the output copies along one axis. In float, as the reference.
std::vector<int32_t> NearestPixels(const Resize& a, int32_t input_size, int32_t output_size) {
  const bool corners = a.align_corners && output_size > 1;
  const float scale = corners
                          ? static_cast<float>(input_size - 1) / static_cast<float>(output_size - 1)
                          : static_cast<float>(input_size) / static_cast<float>(output_size);
  const float offset = a.half_pixel_centers ? 0.5F : 0.0F;
  std::vector<int32_t> pixels;
  for (int32_t i = 0; i < output_size; ++i) {
    const float place = (static_cast<float>(i) + offset) * scale;
    const float nearest = a.align_corners ? std::round(place) : std::floor(place);
    pixels.push_back(std::clamp(static_cast<int32_t>(nearest), 0, input_size - 1));
  }
  return pixels;
}

// One axis of bilinear interpolation, in 1/1024 of a pixel of the input.
struct Grid {
  int32_t first, step;
};
Grid BilinearGrid(const Resize& a, int32_t input_size, int32_t output_size) {
  const bool corners = a.align_corners && output_size > 1;
  const int32_t input = corners ? input_size - 1 : input_size;
  const int32_t output = corners ? output_size - 1 : output_size;
  const int32_t step = (1024 * input + output / 2) / output;
  return {a.half_pixel_centers ? step / 2 - 512 : 0, step};
}

KernelCalls LowerBilinear(const OpLowering& op, const Resize& a) {
  const std::vector<int32_t>&in = op.Input(0).shape, &out = op.Output().shape;
  const Grid y = BilinearGrid(a, in[1], out[1]), x = BilinearGrid(a, in[2], out[2]);
  const bool int16 = op.Output().type == DataType::kInt16;
  KernelCall call = op.Call(int16 ? kResizeBilinearInt16 : kResizeBilinear,
                            kernels::ResizeBilinearParams{in[0], in[1], in[2], out[1], out[2],
                                                          in[3], y.step, x.step, y.first, x.first});
  op.AddInput(call, "input", 0, std::nullopt);
  op.AddOutput(call);
  return {call};
}

}  // namespace

Result<KernelCalls> LowerOp(const OpLowering& op, const Resize& a) {
  if (a.kind == Resize::Kind::kBilinear) return LowerBilinear(op, a);
  const std::vector<int32_t>&in = op.Input(0).shape, &out = op.Output().shape;
  const int64_t pixel_bytes = int64_t{in[3]} * DataTypeBytes(op.Input(0).type);
  KernelCall call = op.Call(kResizeNearestNeighbor, kernels::ResizeNearestNeighborParams{
                                                        in[0], in[1], in[2], out[1], out[2],
                                                        static_cast<int32_t>(pixel_bytes)});
  op.AddInput(call, "input", 0, std::nullopt);
  OpLowering::AddConstant(call, "rows", NearestPixels(a, in[1], out[1]));
  OpLowering::AddConstant(call, "columns", NearestPixels(a, in[2], out[2]));
  op.AddOutput(call);
  return KernelCalls{call};
}

}  // namespace kinglet::ir
