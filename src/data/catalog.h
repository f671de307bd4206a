// What has been imported: a log of pages in the store, newest first, each naming the one before it.
// One transaction adds the recordings, their page and the new head, so that a kill leaves the
// catalogue as it was before or as it is after.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/data/recording.h"
#include "src/store/store.h"

namespace kinglet::data {

// A file that could not be used, and why.
struct Rejected {
  std::string name;
  std::string reason;
  bool operator==(const Rejected&) const = default;
};

struct Catalog {
  Digest head = {};  // changes with every change; zero while nothing has been imported
  std::vector<Recording> recordings;  // by name; a name imported again replaces what it was
  std::vector<Rejected> rejected;     // by name
};

// One page of the log: what one import brought.
struct CatalogPage {
  std::optional<Digest> previous;  // the page before
  std::vector<Recording> recordings;
  std::vector<Rejected> rejected;
};
std::string FormatCatalogPage(const CatalogPage& page);
// kInvalid says what is wrong, without the page's name.
Result<CatalogPage> ParseCatalogPage(std::string_view text);

Result<Catalog> LoadCatalog(const store::Store& store);

// Catalog::head alone, without reading the rest.
Result<Digest> CatalogHead(const store::Store& store);

// Adds to the catalogue. Must be called inside a batch of `store`; the recordings' bytes are in the
// store already.
Status AppendToCatalog(store::Store& store, const std::vector<Recording>& recordings,
                       const std::vector<Rejected>& rejected);

// Takes out every recording and rejected file whose name matches `pattern` ('*' stands for any
// text, '?' for one character); returns how many. Data sets made before keep their recordings.
Result<size_t> RemoveFromCatalog(store::Store& store, std::string_view pattern);

}  // namespace kinglet::data
