// Strict reading of TOML: every key must be asked for, has a type, a range and a default; a key
// nobody asked for is an error that names the nearest known key. Keeps the TOML library out of
// every other header.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"

namespace kinglet {

// One table of a TOML file. Getters record the keys they are asked for; Finish() reports keys that
// were never asked for. The first error is kept and returned by Finish(); getters then return the
// default, so that callers stay straight lines.
class ConfigTable {
 public:
  // `name` appears in messages: "kinglet.toml:12: [train] epochs = -3: must be 1 to 10000".
  static Result<ConfigTable> Parse(std::string_view text, std::string name);
  static Result<ConfigTable> ParseFile(const std::string& path);

  ConfigTable(ConfigTable&&) noexcept;
  ConfigTable& operator=(ConfigTable&&) noexcept;
  ~ConfigTable();

  bool Has(std::string_view key);
  std::string GetString(std::string_view key, std::string_view fallback);
  // One of `allowed`; the error lists them.
  std::string GetChoice(std::string_view key, std::string_view fallback,
                        const std::vector<std::string>& allowed);
  int64_t GetInt(std::string_view key, int64_t fallback, int64_t min, int64_t max);
  double GetDouble(std::string_view key, double fallback, double min, double max);
  bool GetBool(std::string_view key, bool fallback);
  std::vector<std::string> GetStrings(std::string_view key);
  std::vector<int64_t> GetInts(std::string_view key, int64_t min, int64_t max);
  // The sub-table `key`, empty when it is absent. Lives as long as this table; its errors and
  // unknown keys are reported by the root's Finish().
  ConfigTable& Table(std::string_view key);
  // Every table of an array of tables ([[key]]), in order.
  std::vector<ConfigTable*> Tables(std::string_view key);
  // Keys that are present, in byte order: for free-form tables.
  std::vector<std::string> Keys() const;
  // Notes an error about `key` that only the caller can see ("must divide the window").
  void Reject(std::string_view key, std::string_view why);

  // The first error of this table or any below it, else unknown keys, else ok.
  Status Finish();

 private:
  struct State;
  explicit ConfigTable(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The candidate with the smallest edit distance to `word`, if it is near enough to be meant; for
// "did you mean" messages.
std::optional<std::string> NearestWord(std::string_view word,
                                       const std::vector<std::string>& candidates);

}  // namespace kinglet
