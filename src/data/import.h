// Brings files into the project's catalogue: WAV, PNG and JPEG files, and IDX files of pictures.
// Files that are there already, with the same bytes, label and group, cost a read and nothing else,
// so an interrupted import is finished by running it again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/progress.h"
#include "src/data/catalog.h"
#include "src/store/store.h"

namespace kinglet::data {

struct ImportOptions {
  // Folders, searched to the bottom, or single files. Names begin with the last part of a folder's
  // path.
  std::vector<std::string> paths = {};
  // Where label, group and split stand in a path, e.g. "{label}/{group}_nohash_{*}.wav"; see
  // pattern.h. "": a file's label is the name of the folder it lies in.
  std::string pattern = {};
  // A CSV file with a column `path`, relative to the imported folder, and any of the columns label,
  // split and `group_column`. What it says comes before the pattern. Files that it does not name
  // are left out.
  std::string manifest = {};
  // "": the first of group, speaker, person, participant, subject, session that the manifest has.
  std::string group_column = {};
  Progress::Show progress = Progress::Show::kAuto;
};

struct ImportSummary {
  uint64_t added = 0;
  uint64_t changed =
      0;  // the name was there with other bytes, label or group; the new one counts now
  uint64_t already = 0;
  uint64_t ignored = 0;            // files that are not recordings: text, licences
  std::vector<Rejected> rejected;  // each with its reason; kept in the catalogue for `data check`
};

// Imports what is good and lists what is not. kInvalid when the options make no sense or nothing at
// all could be used; kIo when the store cannot be written: then everything up to the last batch is
// kept.
Result<ImportSummary> Import(store::Store& store, const ImportOptions& options);

}  // namespace kinglet::data
