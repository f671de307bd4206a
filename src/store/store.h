// The project's memory: content-addressed blobs and the lineage of what was made from what, in
// .kinglet/ (one SQLite index beside a blob folder). Safe against kill -9 at any moment and against
// two processes at once. One Store object per thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/bytes.h"
#include "src/base/hash.h"
#include "src/base/result.h"

namespace kinglet::store {

// One thing that a stage made: a data set version, features, a training run, a model, firmware, a
// benchmark result.
struct Artifact {
  Digest id = {};               // hash of kind, key and content
  std::string kind = {};        // "dataset", "features", "plan", "model", "firmware", "bench", ...
  std::string name = {};        // what people call it: "model.tflite"
  Digest key = {};              // hash of everything it was made from (see StageKey)
  Digest content = {};          // the blob
  std::string parameters = {};  // JSON text, for people
  int64_t created_unix_s = 0;
  std::string made_by = {};         // the build of Kinglet that made it: "0.1.0+3f2a91cd0b7e"
  std::vector<Digest> inputs = {};  // ids of the artifacts it was made from
};

class Store {
 public:
  // Opens or makes `folder` (a project's .kinglet). kIo with the cause when it cannot; kInvalid
  // when a newer version wrote it. `build` is what new artifacts are made_by; empty for the
  // version.
  static Result<Store> Open(const std::string& folder, std::string build = {});
  // Whether there is a store in `folder`; makes nothing.
  static bool Exists(const std::string& folder);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  // Keeps `bytes`; the same bytes are kept once. Durable when it returns, unless inside a Batch,
  // then when the batch commits. `holds` are blobs that these bytes name (a manifest's samples):
  // they stay as long as this blob does. kNotFound when one of them is not in the store.
  Result<Digest> PutBlob(ByteView bytes, const std::vector<Digest>& holds = {});
  // kNotFound, or kInvalid when the bytes no longer match their address.
  Result<Bytes> GetBlob(const Digest& digest) const;
  bool HasBlob(const Digest& digest) const;

  // Makes many small writes one transaction: Begin, Put..., Commit. Without Commit (an error, a
  // kill) none of them happened. Other processes wait with their writes until it ends. After a
  // failed Put the batch cannot be committed any more.
  Status BeginBatch();
  Status CommitBatch();
  void AbandonBatch();

  // Records an artifact whose content and inputs are already in the store; fills id, created_unix_s
  // and made_by. The same artifact again becomes the newest of its name.
  Result<Artifact> PutArtifact(Artifact artifact);
  // The artifact of `kind` made from exactly this key, if there is one: then the stage is up to
  // date.
  Result<std::optional<Artifact>> FindByKey(std::string_view kind, const Digest& key) const;
  // By full or unique leading hex digits of its id (at least 4), or by name (the newest).
  Result<Artifact> Find(std::string_view id_or_name) const;
  Result<std::vector<Artifact>> Inputs(const Digest& id) const;  // what it was made from, one step
  Result<std::vector<Artifact>> Users(const Digest& id) const;   // what was made from it, one step
  // The artifacts whose content is this blob or holds it, directly or not: which data sets does a
  // sample lie in?
  Result<std::vector<Artifact>> UsersOfBlob(const Digest& content) const;
  Result<std::vector<Artifact>> List(std::string_view kind = {}) const;  // newest first

  // Small named values that change, e.g. the data catalogue's head: set atomically. When the digest
  // is a blob's, that blob stays.
  Status SetReference(std::string_view name, const Digest& digest);
  Result<std::optional<Digest>> GetReference(std::string_view name) const;

  // Removes blobs that no artifact or reference reaches; returns the bytes freed. A blob that
  // another process has put but not yet given to an artifact counts as not reached.
  Result<uint64_t> CollectGarbage();

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The key of a stage's result: stage name, tool version (not the build: docs/decisions), canonical
// parameter text, and the content of its inputs in order.
Digest StageKey(std::string_view stage, std::string_view parameters,
                const std::vector<Digest>& inputs);

}  // namespace kinglet::store
