#include "src/data/csv.h"

#include <algorithm>

namespace kinglet::data {
namespace {

constexpr size_t kColumnsMax = 1000;

class Reader {
 public:
  Reader(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  bool AtEnd() const { return at_ == text_.size(); }
  int line() const { return line_; }

  // One row, with its line end.
  Result<std::vector<std::string>> Row() {
    std::vector<std::string> fields;
    while (true) {
      KINGLET_TRY(std::string field, Field());
      fields.push_back(std::move(field));
      if (fields.size() > kColumnsMax) return Problem("more than 1000 fields");
      if (!Take(',')) break;
    }
    Take('\r');
    if (!AtEnd() && !Take('\n')) return Problem("text after a closing quote");
    ++line_;
    return fields;
  }

  tl::unexpected<Error> Problem(std::string_view why) const {
    return Fail(Code::kInvalid, "{}:{}: {}", name_, line_, why);
  }

 private:
  bool Take(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Result<std::string> Field() {
    if (!Take('"')) {
      const size_t end = std::min(text_.find_first_of(",\r\n\"", at_), text_.size());
      std::string field(text_.substr(at_, end - at_));
      at_ = end;
      if (!AtEnd() && text_[at_] == '"') return Problem("a quote inside an unquoted field");
      return field;
    }
    std::string field;
    while (!AtEnd()) {
      const char c = text_[at_++];
      if (c == '"' && !Take('"')) return field;
      if (c == '\n') ++line_;
      field += c;
    }
    return Problem("a quote is not closed");
  }

  std::string_view text_;
  const std::string& name_;
  size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

std::optional<size_t> CsvTable::Column(std::string_view name) const {
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found == columns.end()) return std::nullopt;
  return static_cast<size_t>(found - columns.begin());
}

Result<CsvTable> ParseCsv(std::string_view text, const std::string& name) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Reader reader(text, name);
  if (reader.AtEnd()) return reader.Problem("is empty; the first row names the columns");
  CsvTable table;
  KINGLET_TRY(table.columns, reader.Row());
  while (!reader.AtEnd()) {
    const int line = reader.line();
    KINGLET_TRY(std::vector<std::string> row, reader.Row());
    if (row.size() == 1 && row[0].empty()) continue;  // an empty line
    if (row.size() != table.columns.size()) {
      return Fail(Code::kInvalid, "{}:{}: {} fields, the first row has {}", name, line, row.size(),
                  table.columns.size());
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace kinglet::data
