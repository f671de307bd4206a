// Raw input of the pipeline from recordings in the store: decoded, resampled or resized, cut to one
// window. The same bytes become features on the host and go into the emulated board.
#pragma once

#include <map>
#include <string>

#include "src/base/bytes.h"
#include "src/data/dataset.h"
#include "src/pipeline/workspace.h"

namespace kinglet::pipeline {

class RawWindows {
 public:
  // The recordings of `dataset`. The workspace must outlive this object.
  static Result<RawWindows> Open(const Workspace& workspace, const store::Artifact& dataset);

  // One window (signal::Pipeline::raw_bytes) of a recording: the loudest part of sound that is
  // longer, with silence around it when it is shorter; the resized picture. Errors name the
  // recording.
  Result<Bytes> Get(const data::Recording& recording) const;

  // The recording with this content: any of them when several have the same bytes. kNotFound.
  Result<const data::Recording*> Find(const Digest& content) const;
  const data::Dataset& dataset() const { return dataset_; }

 private:
  RawWindows(const Workspace& workspace, data::Dataset dataset);
  const Workspace* workspace_;
  data::Dataset dataset_;
  std::map<Digest, size_t> by_content_;
};

}  // namespace kinglet::pipeline
