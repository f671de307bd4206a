// A version of the data set: the catalogue's recordings with their splits, frozen as a text in the
// store.
#pragma once

#include <string>
#include <vector>

#include "src/data/catalog.h"
#include "src/data/split.h"
#include "src/store/store.h"

namespace kinglet::data {

struct Dataset {
  store::Artifact
      artifact;  // kind "dataset"; its content is the manifest and holds every recording
  std::vector<std::string> labels;    // the classes, in order (LabelLess)
  std::vector<Recording> recordings;  // by name

  // The index of `label` in labels. The label is one of a recording of this set.
  size_t LabelIndex(std::string_view label) const;
};

// Splits the catalogue and records the result as an artifact. The same recordings and splits give
// the same bytes on every machine, whatever the order of the imports. What was made before from an
// unchanged catalogue is returned as it is. kInvalid when there is nothing, or sound and pictures
// together.
Result<Dataset> MakeDataset(store::Store& store, const SplitOptions& options);

// A data set that was made before: `artifact` is of kind "dataset".
Result<Dataset> LoadDataset(const store::Store& store, const store::Artifact& artifact);

// The manifest's text: a first line "kinglet-dataset 1", then one line a recording, sorted.
std::string FormatManifest(std::vector<Recording> recordings);
Result<std::vector<Recording>> ParseManifest(std::string_view text);

}  // namespace kinglet::data
