#include "src/base/config.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "src/base/files.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace kinglet {

struct ConfigTable::State {
  std::shared_ptr<const toml::table> root;  // keeps `table` alive
  const toml::table* table = nullptr;       // null when the table is absent
  std::string file;
  std::string path;  // "train" or "data.import"; empty at the root
  std::shared_ptr<std::optional<Error>> first_error;
  std::set<std::string, std::less<>> asked;
  std::map<std::string, std::vector<ConfigTable>, std::less<>> children;

  std::string Place(std::string_view key) const {
    const toml::node* node = table ? table->get(key) : nullptr;
    std::string place = file;
    if (node) place += fmt::format(":{}", node->source().begin.line);
    if (!path.empty()) place += fmt::format(": [{}]", path);
    return fmt::format("{}{} {}", place, path.empty() ? ":" : "", key);
  }

  void Note(std::string message) const {
    if (!*first_error) *first_error = Error{Code::kInvalid, std::move(message)};
  }

  const toml::node* Ask(std::string_view key) {
    asked.emplace(key);
    return table ? table->get(key) : nullptr;
  }

  // The value of `key` as T; notes an error when it is there but of another type.
  template <typename T>
  std::optional<T> Value(std::string_view key, std::string_view type) {
    const toml::node* node = Ask(key);
    if (!node) return std::nullopt;
    if (const auto value = node->value_exact<T>()) return value;
    Note(fmt::format("{}: must be {}", Place(key), type));
    return std::nullopt;
  }
};

ConfigTable::ConfigTable(std::unique_ptr<State> state) : state_(std::move(state)) {}
ConfigTable::ConfigTable(ConfigTable&&) noexcept = default;
ConfigTable& ConfigTable::operator=(ConfigTable&&) noexcept = default;
ConfigTable::~ConfigTable() = default;

Result<ConfigTable> ConfigTable::Parse(std::string_view text, std::string name) {
  toml::parse_result parsed = toml::parse(text, name);
  if (!parsed) {
    return Fail(Code::kInvalid, "{}:{}: {}", name, parsed.error().source().begin.line,
                parsed.error().description());
  }
  auto state = std::make_unique<State>();
  state->root = std::make_shared<const toml::table>(std::move(parsed).table());
  state->table = state->root.get();
  state->file = std::move(name);
  state->first_error = std::make_shared<std::optional<Error>>();
  return ConfigTable(std::move(state));
}

Result<ConfigTable> ConfigTable::ParseFile(const std::string& path) {
  KINGLET_TRY(const std::string text, ReadTextFile(path, 1 << 20));
  return Parse(text, path);
}

bool ConfigTable::Has(std::string_view key) { return state_->Ask(key) != nullptr; }

std::string ConfigTable::GetString(std::string_view key, std::string_view fallback) {
  return state_->Value<std::string>(key, "a string").value_or(std::string(fallback));
}

std::string ConfigTable::GetChoice(std::string_view key, std::string_view fallback,
                                   const std::vector<std::string>& allowed) {
  std::string value = GetString(key, fallback);
  if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
    state_->Note(fmt::format("{} = \"{}\": must be one of {}", state_->Place(key), value,
                             fmt::join(allowed, ", ")));
    return std::string(fallback);
  }
  return value;
}

int64_t ConfigTable::GetInt(std::string_view key, int64_t fallback, int64_t min, int64_t max) {
  const auto value = state_->Value<int64_t>(key, "a whole number");
  if (!value) return fallback;
  if (*value < min || *value > max) {
    state_->Note(fmt::format("{} = {}: must be {} to {}", state_->Place(key), *value, min, max));
    return fallback;
  }
  return *value;
}

double ConfigTable::GetDouble(std::string_view key, double fallback, double min, double max) {
  const toml::node* node = state_->Ask(key);
  if (!node) return fallback;
  const auto value = node->is_number() ? node->value<double>() : std::nullopt;
  if (!value) {
    state_->Note(fmt::format("{}: must be a number", state_->Place(key)));
    return fallback;
  }
  if (!(*value >= min && *value <= max)) {
    state_->Note(fmt::format("{} = {}: must be {} to {}", state_->Place(key), *value, min, max));
    return fallback;
  }
  return *value;
}

bool ConfigTable::GetBool(std::string_view key, bool fallback) {
  return state_->Value<bool>(key, "true or false").value_or(fallback);
}

std::vector<std::string> ConfigTable::GetStrings(std::string_view key) {
  std::vector<std::string> values;
  const toml::node* node = state_->Ask(key);
  if (!node) return values;
  const toml::array* array = node->as_array();
  for (size_t i = 0; array && i < array->size(); ++i) {
    if (const auto* text = (*array)[i].as_string()) values.push_back(text->get());
  }
  if (!array || values.size() != array->size()) {
    state_->Note(fmt::format("{}: must be a list of strings", state_->Place(key)));
    return {};
  }
  return values;
}

std::vector<int64_t> ConfigTable::GetInts(std::string_view key, int64_t min, int64_t max) {
  std::vector<int64_t> values;
  const toml::node* node = state_->Ask(key);
  if (!node) return values;
  const toml::array* array = node->as_array();
  for (size_t i = 0; array && i < array->size(); ++i) {
    const auto* number = (*array)[i].as_integer();
    if (number && number->get() >= min && number->get() <= max) values.push_back(number->get());
  }
  if (!array || values.size() != array->size()) {
    state_->Note(fmt::format("{}: must be a list of whole numbers from {} to {}",
                             state_->Place(key), min, max));
    return {};
  }
  return values;
}

ConfigTable& ConfigTable::Table(std::string_view key) {
  const toml::node* node = state_->Ask(key);
  const toml::table* table = node ? node->as_table() : nullptr;
  if (node && !table) state_->Note(fmt::format("{}: must be a table", state_->Place(key)));
  std::vector<ConfigTable>& made = state_->children[std::string(key)];
  if (made.empty()) {
    auto child = std::make_unique<State>();
    child->root = state_->root;
    child->table = table;
    child->file = state_->file;
    child->path = state_->path.empty() ? std::string(key) : fmt::format("{}.{}", state_->path, key);
    child->first_error = state_->first_error;
    made.push_back(ConfigTable(std::move(child)));
  }
  return made.front();
}

std::vector<ConfigTable*> ConfigTable::Tables(std::string_view key) {
  const toml::node* node = state_->Ask(key);
  const toml::array* array = node ? node->as_array() : nullptr;
  if (node && (!array || !array->is_homogeneous<toml::table>())) {
    state_->Note(fmt::format("{}: must be tables, written [[{}]]", state_->Place(key), key));
    return {};
  }
  std::vector<ConfigTable>& made = state_->children[std::string(key)];
  for (size_t i = made.size(); array && i < array->size(); ++i) {
    auto child = std::make_unique<State>();
    child->root = state_->root;
    child->table = (*array)[i].as_table();
    child->file = state_->file;
    child->path = fmt::format("{}{}{}", state_->path, state_->path.empty() ? "" : ".", key);
    child->first_error = state_->first_error;
    made.push_back(ConfigTable(std::move(child)));
  }
  std::vector<ConfigTable*> tables;
  for (ConfigTable& table : made) tables.push_back(&table);
  return tables;
}

std::vector<std::string> ConfigTable::Keys() const {
  std::vector<std::string> keys;
  if (state_->table) {
    for (const auto& [key, value] : *state_->table) keys.emplace_back(key.str());
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

void ConfigTable::Reject(std::string_view key, std::string_view why) {
  state_->Note(fmt::format("{}: {}", state_->Place(key), why));
}

Status ConfigTable::Finish() {
  if (*state_->first_error) return tl::unexpected<Error>(**state_->first_error);
  for (const std::string& key : Keys()) {
    if (state_->asked.contains(key)) continue;
    const std::vector<std::string> known(state_->asked.begin(), state_->asked.end());
    const auto nearest = NearestWord(key, known);
    return Fail(Code::kInvalid, "{}: unknown key{}", state_->Place(key),
                nearest ? fmt::format("; did you mean '{}'?", *nearest)
                        : fmt::format("; known keys are {}", fmt::join(known, ", ")));
  }
  for (auto& [key, tables] : state_->children) {
    for (ConfigTable& table : tables) KINGLET_CHECK(table.Finish());
  }
  return {};
}

std::optional<std::string> NearestWord(std::string_view word,
                                       const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  size_t best_distance = std::max<size_t>(2, word.size() / 2) + 1;
  for (const std::string& candidate : candidates) {
    // Levenshtein distance, one row at a time.
    std::vector<size_t> row(candidate.size() + 1);
    for (size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= word.size(); ++i) {
      size_t diagonal = row[0];
      row[0] = i;
      for (size_t j = 1; j < row.size(); ++j) {
        const size_t replaced = diagonal + (word[i - 1] == candidate[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

}  // namespace kinglet
