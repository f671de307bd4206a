#include "src/data/pattern.h"

#include <algorithm>
#include <set>

namespace kinglet::data {

Result<PathPattern> PathPattern::Parse(std::string_view text) {
  PathPattern pattern;
  std::set<std::string> seen;
  const auto fail = [&](std::string_view why) {
    return Fail(Code::kInvalid, "pattern '{}': {}; for example {}", text, why,
                "{label}/{group}_{*}.wav");
  };
  for (size_t at = 0; at < text.size();) {
    if (text[at] == '}') return fail("'}' without '{'");
    if (text[at] != '{') {
      const size_t end = std::min(text.find_first_of("{}", at), text.size());
      pattern.parts_.push_back({std::string(text.substr(at, end - at)), ""});
      at = end;
      continue;
    }
    const size_t end = text.find('}', at);
    if (end == std::string_view::npos) return fail("'{' without '}'");
    const std::string field(text.substr(at + 1, end - at - 1));
    if (field != "label" && field != "group" && field != "split" && field != "*") {
      return fail("the fields are {label}, {group}, {split} and {*}");
    }
    if (field != "*" && !seen.insert(field).second) return fail("{" + field + "} stands twice");
    if (!pattern.parts_.empty() && !pattern.parts_.back().field.empty()) {
      return fail("two fields need text between them");
    }
    pattern.parts_.push_back({"", field});
    at = end + 1;
  }
  if (pattern.parts_.empty()) return fail("is empty");
  pattern.folders_ = static_cast<size_t>(std::count(text.begin(), text.end(), '/'));
  return pattern;
}

bool PathPattern::MatchParts(const Part* part, const Part* end, std::string_view path,
                             PathFields& fields) {
  if (part == end) return path.empty();
  if (part->field.empty()) {
    return path.starts_with(part->literal) &&
           MatchParts(part + 1, end, path.substr(part->literal.size()), fields);
  }
  for (size_t length = 1; length <= path.size() && path[length - 1] != '/'; ++length) {
    if (!MatchParts(part + 1, end, path.substr(length), fields)) continue;
    const std::string value(path.substr(0, length));
    if (part->field == "label") fields.label = value;
    if (part->field == "group") fields.group = value;
    if (part->field == "split") fields.split = value;
    return true;
  }
  return false;
}

std::optional<PathFields> PathPattern::Match(std::string_view path) const {
  size_t begin = path.size();
  for (size_t folders = 0; begin > 0; --begin) {
    if (path[begin - 1] == '/' && folders++ == folders_) break;
  }
  PathFields fields;
  const Part* first = parts_.data();
  if (!MatchParts(first, first + parts_.size(), path.substr(begin), fields)) return std::nullopt;
  return fields;
}

}  // namespace kinglet::data
