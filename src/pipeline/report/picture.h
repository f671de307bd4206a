// Pictures inside the page: PNG as a data URI.
#pragma once

#include <string>

#include "src/base/bytes.h"
#include "src/pipeline/report/report.h"

namespace kinglet::report {

std::string Base64(ByteView bytes);  // RFC 4648, padded

// `image` as "data:image/png;base64,..."; sides beyond kImageSideMax keep every n-th pixel, so that
// a page stays small.
inline constexpr uint32_t kImageSideMax = 160;
std::string PngDataUri(const Image& image);

}  // namespace kinglet::report
