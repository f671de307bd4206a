// A small strict reader of CSV (RFC 4180): comma, optional double quotes, doubled quotes inside
// them, LF or CRLF. A first row of names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"

namespace kinglet::data {

struct CsvTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  // each with columns.size() fields

  std::optional<size_t> Column(std::string_view name) const;
};

// `name` appears in messages: "manifest.csv:12: 3 fields, the first row has 4".
Result<CsvTable> ParseCsv(std::string_view text, const std::string& name);

}  // namespace kinglet::data
