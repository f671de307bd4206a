#include "src/data/catalog.h"

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

namespace kinglet::data {
namespace {

// A page: first line, "previous <address or ->", then one line an entry: "+\t<recording>" or
// "!\t<name>\t<reason>".
constexpr std::string_view kFirstLine = "kinglet-catalog 1";
constexpr std::string_view kPrevious = "previous ";
constexpr std::string_view kReference = "catalog";

std::string_view TakeLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

Status ParseEntry(std::string_view line, CatalogPage& page) {
  if (line.starts_with("+\t")) {
    KINGLET_TRY(Recording recording, ParseRecording(line.substr(2)));
    page.recordings.push_back(std::move(recording));
    return {};
  }
  const size_t tab = line.find('\t', 2);
  if (!line.starts_with("!\t") || tab == std::string_view::npos) {
    return Fail(Code::kInvalid, "neither a recording nor a rejected file");
  }
  Rejected rejected;
  KINGLET_TRY(rejected.name, UnescapeField(line.substr(2, tab - 2)));
  KINGLET_TRY(rejected.reason, UnescapeField(line.substr(tab + 1)));
  page.rejected.push_back(std::move(rejected));
  return {};
}

Status PutPage(store::Store& store, const CatalogPage& page) {
  std::vector<Digest> holds;
  if (page.previous) holds.push_back(*page.previous);
  for (const Recording& recording : page.recordings) holds.push_back(recording.content);
  KINGLET_TRY(const Digest head, store.PutBlob(AsBytes(FormatCatalogPage(page)), holds));
  return store.SetReference(kReference, head);
}

bool MatchesGlob(std::string_view pattern, std::string_view text) {
  // After the last '*' seen, `text` may be taken up again one character further each time the rest
  // does not match.
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace

std::string FormatCatalogPage(const CatalogPage& page) {
  std::string text =
      fmt::format("{}\n{}{}\n", kFirstLine, kPrevious, page.previous ? page.previous->Hex() : "-");
  for (const Recording& recording : page.recordings) {
    text += "+\t" + FormatRecording(recording) + "\n";
  }
  for (const Rejected& rejected : page.rejected) {
    text += "!\t" + EscapeField(rejected.name) + "\t" + EscapeField(rejected.reason) + "\n";
  }
  return text;
}

Result<CatalogPage> ParseCatalogPage(std::string_view text) {
  CatalogPage page;
  if (TakeLine(text) != kFirstLine) return Fail(Code::kInvalid, "not a page of the catalogue");
  const std::string_view previous = TakeLine(text);
  if (!previous.starts_with(kPrevious)) return Fail(Code::kInvalid, "no line 'previous'");
  if (previous.substr(kPrevious.size()) != "-") {
    KINGLET_TRY(page.previous, Digest::FromHex(previous.substr(kPrevious.size())));
  }
  while (!text.empty()) KINGLET_CHECK(ParseEntry(TakeLine(text), page));
  return page;
}

Result<Catalog> LoadCatalog(const store::Store& store) {
  Catalog catalog;
  std::map<std::string, std::variant<Recording, Rejected>> newest;
  KINGLET_TRY(std::optional<Digest> at, store.GetReference(kReference));
  if (at) catalog.head = *at;
  while (at) {
    KINGLET_TRY(const Bytes bytes, store.GetBlob(*at));
    auto page = ParseCatalogPage(AsText(bytes));
    if (!page) return Within("page " + at->Short() + " of the catalogue", page.error());
    // Newest first, so an entry that is there already is the one that counts.
    for (Recording& recording : page->recordings) {
      std::string name = recording.name;
      newest.try_emplace(std::move(name), std::move(recording));
    }
    for (Rejected& rejected : page->rejected) {
      std::string name = rejected.name;
      newest.try_emplace(std::move(name), std::move(rejected));
    }
    at = page->previous;
  }
  for (auto& [name, entry] : newest) {
    if (auto* recording = std::get_if<Recording>(&entry)) {
      catalog.recordings.push_back(std::move(*recording));
    } else {
      catalog.rejected.push_back(std::move(std::get<Rejected>(entry)));
    }
  }
  return catalog;
}

Result<Digest> CatalogHead(const store::Store& store) {
  KINGLET_TRY(const std::optional<Digest> head, store.GetReference(kReference));
  return head.value_or(Digest{});
}

Status AppendToCatalog(store::Store& store, const std::vector<Recording>& recordings,
                       const std::vector<Rejected>& rejected) {
  KINGLET_TRY(const std::optional<Digest> previous, store.GetReference(kReference));
  return PutPage(store, {previous, recordings, rejected});
}

Result<size_t> RemoveFromCatalog(store::Store& store, std::string_view pattern) {
  KINGLET_CHECK(store.BeginBatch());
  const auto remove = [&]() -> Result<size_t> {
    KINGLET_TRY(Catalog catalog, LoadCatalog(store));
    // One page with what stays and no past, so that nothing holds what was taken out.
    const auto matches = [&](const auto& entry) { return MatchesGlob(pattern, entry.name); };
    const size_t removed =
        std::erase_if(catalog.recordings, matches) + std::erase_if(catalog.rejected, matches);
    if (removed == 0) return 0;
    KINGLET_CHECK(
        PutPage(store, {std::nullopt, std::move(catalog.recordings), std::move(catalog.rejected)}));
    return removed;
  };
  auto removed = remove();
  if (!removed) {
    store.AbandonBatch();
    return removed;
  }
  KINGLET_CHECK(store.CommitBatch());
  return removed;
}

}  // namespace kinglet::data
