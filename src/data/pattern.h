// Where a path says what a recording is: "{label}/{group}_nohash_{*}.wav". A field stands for the
// shortest text of one or more characters other than '/' that lets the rest match; everything else
// stands for itself. The pattern is compared with the end of the path, as many folders as it names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"

namespace kinglet::data {

struct PathFields {
  std::string label, group, split;  // "" when the pattern has no such field
};

class PathPattern {
 public:
  // kInvalid for an unclosed brace, an unknown field, a field given twice, or two fields side by
  // side.
  static Result<PathPattern> Parse(std::string_view text);
  // Nothing when the path does not match.
  std::optional<PathFields> Match(std::string_view path) const;

 private:
  struct Part {
    std::string literal;  // what must stand here, or
    std::string field;    // the name of a field: label, group, split, *
  };
  static bool MatchParts(const Part* part, const Part* end, std::string_view path,
                         PathFields& fields);
  std::vector<Part> parts_;
  size_t folders_ = 0;
};

}  // namespace kinglet::data
