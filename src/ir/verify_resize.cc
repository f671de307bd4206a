// Operators that give an image another size.
#include <algorithm>

#include "src/ir/verify_op.h"

namespace kinglet::ir {
namespace {

constexpr int32_t kImageSideMax = 4096;

}  // namespace

Status VerifyOp(const OpChecks& op, const Resize& a) {
  const bool bilinear = a.kind == Resize::Kind::kBilinear;
  KINGLET_CHECK(op.Counts(1, 1));
  KINGLET_CHECK(op.AllActivations(bilinear ? kInt8OrInt16 : kAnyType));
  const std::vector<int32_t>&in = op.Input(0).shape, &out = op.Output().shape;
  if (in.size() != 4 || out.size() != 4 || in[0] != out[0] || in[3] != out[3]) {
    return op.Mismatch(op.Output());
  }
  // Then positions in 1/1024 of a pixel fit 32 bits, and tables of positions stay small.
  if (std::max({in[1], in[2], out[1], out[2]}) > kImageSideMax) {
    return Fail(Code::kUnsupported, "{}: from {} to {}: height and width may be {} at most",
                op.name(), ShapeText(in), ShapeText(out), kImageSideMax);
  }
  if (!bilinear || !a.align_corners || !a.half_pixel_centers) return {};
  return Fail(Code::kInvalid, "{}: cannot both align corners and have half pixel centers",
              op.name());
}

}  // namespace kinglet::ir
