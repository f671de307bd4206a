// The page's style sheet.
#pragma once

#include <string_view>

namespace kinglet::report {

extern const std::string_view kStyleSheet;

}  // namespace kinglet::report
