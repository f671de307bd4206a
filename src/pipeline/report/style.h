// The page's style sheet.
#pragma once

#include <string_view>

namespace kinglet::report {

std::string_view StyleSheet();

}  // namespace kinglet::report
