#include "src/store/store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "src/base/files.h"
#include "src/base/version.h"
#include "src/store/sqlite.h"

namespace kinglet::store {
namespace {

// Blobs up to this size are rows, larger ones files; docs/decisions/0004-small-blobs-in-sqlite.md.
constexpr size_t kRowBytesMax = size_t{64} << 10;

// What makes format n + 1 of format n; an empty file is format 0.
constexpr const char* kUpgrades[] = {R"sql(
CREATE TABLE blob(
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  size INTEGER NOT NULL,
  bytes BLOB                      -- NULL: in the file blobs/ab/cdef...
);
CREATE TABLE hold(                -- the bytes of `parent` name `child`
  parent INTEGER NOT NULL,
  child INTEGER NOT NULL,
  PRIMARY KEY(parent, child)
) WITHOUT ROWID;
CREATE INDEX hold_child ON hold(child);
CREATE TABLE artifact(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  key BLOB NOT NULL,
  content BLOB NOT NULL,
  parameters TEXT NOT NULL,
  created_unix_s INTEGER NOT NULL
);
CREATE INDEX artifact_key ON artifact(kind, key);
CREATE INDEX artifact_name ON artifact(name);
CREATE TABLE input(               -- `artifact` was made from `source`
  artifact BLOB NOT NULL,
  position INTEGER NOT NULL,
  source BLOB NOT NULL,
  PRIMARY KEY(artifact, position)
) WITHOUT ROWID;
CREATE INDEX input_source ON input(source);
CREATE TABLE reference(name TEXT PRIMARY KEY, digest BLOB NOT NULL) WITHOUT ROWID;
)sql",
                                     "ALTER TABLE artifact ADD made_by TEXT NOT NULL DEFAULT ''"};
constexpr int64_t kFormatVersion = std::size(kUpgrades);

#define KINGLET_ARTIFACT_COLUMNS "id, kind, name, key, content, parameters, created_unix_s, made_by"

Digest ToDigest(ByteView bytes) {
  Digest digest;
  std::copy_n(bytes.begin(), std::min(bytes.size(), digest.bytes.size()), digest.bytes.begin());
  return digest;
}

int64_t UnixSeconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

std::string IndexPath(const std::string& folder) { return folder + "/index.sqlite"; }

std::string BlobName(const Digest& digest) {
  const std::string hex = digest.Hex();
  return hex.substr(0, 2) + "/" + hex.substr(2);
}

Artifact ReadArtifact(const Statement& row) {
  return {.id = ToDigest(row.Blob(0)),
          .kind = row.Text(1),
          .name = row.Text(2),
          .key = ToDigest(row.Blob(3)),
          .content = ToDigest(row.Blob(4)),
          .parameters = row.Text(5),
          .created_unix_s = row.Int(6),
          .made_by = row.Text(7),
          .inputs = {}};
}

// Brings the tables up to date, of a new store from nothing; refuses one that a newer version
// wrote.
Status PrepareSchema(Database& database, const std::string& folder) {
  KINGLET_CHECK(database.Run("BEGIN IMMEDIATE"));
  const auto make = [&]() -> Status {
    KINGLET_TRY(Statement version, database.Prepare("PRAGMA user_version"));
    KINGLET_TRY(const bool present, version.Step());
    KINGLET_ASSERT(present);
    const int64_t found = version.Int(0);
    if (found > kFormatVersion) {
      return Fail(Code::kInvalid,
                  "{}: written by a newer Kinglet (format {}, this one knows {}); update Kinglet",
                  folder, found, kFormatVersion);
    }
    if (found == kFormatVersion) return {};
    for (int64_t format = found; format < kFormatVersion; ++format) {
      KINGLET_CHECK(database.Run(kUpgrades[format]));
    }
    return database.Run(fmt::format("PRAGMA user_version={}", kFormatVersion).c_str());
  };
  Status made = make();
  if (!made) {
    (void)database.Run("ROLLBACK");
    return made;
  }
  return database.Run("COMMIT");
}

}  // namespace

struct Store::Impl {
  std::string folder;
  std::string build;
  std::unique_ptr<Database> database;
  bool in_batch = false;
  bool batch_failed = false;

  std::string BlobPath(const Digest& digest) const { return folder + "/blobs/" + BlobName(digest); }
  // True when the file of a blob is there with all its bytes.
  bool FileIsWhole(const Digest& digest, int64_t size) const {
    struct stat info {};
    return stat(BlobPath(digest).c_str(), &info) == 0 && info.st_size == size;
  }

  // Runs `work` inside the open batch, or else as a transaction of its own.
  template <typename Work>
  auto Transact(Work work) -> decltype(work()) {
    if (in_batch) {
      if (batch_failed || database->InAutocommit()) {
        return Fail(Code::kIo, "{}: an earlier write of this batch failed", folder);
      }
      auto result = work();
      if (!result) batch_failed = true;
      return result;
    }
    KINGLET_CHECK(database->Run("BEGIN IMMEDIATE"));
    auto result = work();
    Status ended = result ? database->Run("COMMIT") : Status();
    if ((!result || !ended) && !database->InAutocommit()) (void)database->Run("ROLLBACK");
    if (!ended) return tl::unexpected(std::move(ended).error());
    return result;
  }

  Result<int64_t> FindBlobRow(const Digest& digest) const {
    KINGLET_TRY(Statement find, database->Prepare("SELECT id FROM blob WHERE hash=?"));
    find.Bind(digest.bytes);
    KINGLET_TRY(const bool present, find.Step());
    if (!present) return Fail(Code::kNotFound, "{}: no blob {}", folder, digest.Short());
    return find.Int(0);
  }

  Result<int64_t> PutBlobRow(const Digest& digest, ByteView bytes) {
    const bool as_row = bytes.size() <= kRowBytesMax;
    auto row = FindBlobRow(digest);
    // A file may have been lost or cut by hand or by a failing disk; putting it again mends it.
    const bool write_file = !as_row && !FileIsWhole(digest, static_cast<int64_t>(bytes.size()));
    if (write_file) KINGLET_CHECK(WriteFileAtomic(BlobPath(digest), bytes));
    if (row || row.error().code != Code::kNotFound) return row;
    KINGLET_TRY(Statement insert,
                database->Prepare("INSERT INTO blob(hash, size, bytes) VALUES(?, ?, ?)"));
    insert.Bind(digest.bytes).Bind(static_cast<int64_t>(bytes.size()));
    if (as_row) {
      insert.Bind(bytes);
    } else {
      insert.BindNull();
    }
    KINGLET_CHECK(insert.Run());
    return database->LastRow();
  }

  Status PutHolds(int64_t parent, const std::vector<Digest>& holds) {
    KINGLET_TRY(Statement insert, database->Prepare("INSERT OR IGNORE INTO hold VALUES(?, ?)"));
    for (const Digest& child : holds) {
      KINGLET_TRY(const int64_t row, FindBlobRow(child));
      KINGLET_CHECK(insert.Bind(parent).Bind(row).Run());
      insert.Reset();
    }
    return {};
  }

  // Rows of a statement that selects KINGLET_ARTIFACT_COLUMNS.
  Result<std::vector<Artifact>> ReadArtifacts(Statement rows) const {
    std::vector<Artifact> artifacts;
    while (true) {
      KINGLET_TRY(const bool more, rows.Step());
      if (!more) break;
      artifacts.push_back(ReadArtifact(rows));
    }
    for (Artifact& artifact : artifacts) {
      KINGLET_TRY(Statement inputs,
                  database->Prepare("SELECT source FROM input WHERE artifact=? ORDER BY position"));
      inputs.Bind(artifact.id.bytes);
      while (true) {
        KINGLET_TRY(const bool more, inputs.Step());
        if (!more) break;
        artifact.inputs.push_back(ToDigest(inputs.Blob(0)));
      }
    }
    return artifacts;
  }

  Status InsertArtifact(const Artifact& artifact) {
    KINGLET_CHECK(FindBlobRow(artifact.content));
    KINGLET_TRY(Statement known, database->Prepare("SELECT 1 FROM artifact WHERE id=?"));
    for (const Digest& input : artifact.inputs) {
      known.Bind(input.bytes);
      KINGLET_TRY(const bool present, known.Step());
      if (!present) return Fail(Code::kNotFound, "{}: no artifact {}", folder, input.Short());
      known.Reset();
    }
    KINGLET_TRY(Statement insert,
                database->Prepare("INSERT OR REPLACE INTO artifact(" KINGLET_ARTIFACT_COLUMNS
                                  ") VALUES(?, ?, ?, ?, ?, ?, ?, ?)"));
    insert.Bind(artifact.id.bytes).Bind(artifact.kind).Bind(artifact.name);
    insert.Bind(artifact.key.bytes).Bind(artifact.content.bytes);
    insert.Bind(artifact.parameters).Bind(artifact.created_unix_s).Bind(artifact.made_by);
    KINGLET_CHECK(insert.Run());
    KINGLET_TRY(Statement forget, database->Prepare("DELETE FROM input WHERE artifact=?"));
    forget.Bind(artifact.id.bytes);
    KINGLET_CHECK(forget.Run());
    KINGLET_TRY(Statement link, database->Prepare("INSERT INTO input VALUES(?, ?, ?)"));
    for (size_t i = 0; i < artifact.inputs.size(); ++i) {
      link.Bind(artifact.id.bytes).Bind(static_cast<int64_t>(i)).Bind(artifact.inputs[i].bytes);
      KINGLET_CHECK(link.Run());
      link.Reset();
    }
    return {};
  }

  // Files of blobs/ that no row names: left by a kill, or by rows that were just deleted. Holding
  // the write lock, no other process is between writing a file and its row.
  Result<uint64_t> RemoveLooseFiles() {
    const std::string blobs = folder + "/blobs";
    if (!FileExists(blobs)) return 0;
    uint64_t freed = 0;
    KINGLET_TRY(const std::vector<std::string> files, ListFiles(blobs));
    for (const std::string& file : files) {
      std::string hex = file;
      std::erase(hex, '/');
      if (const auto digest = Digest::FromHex(hex); digest.has_value()) {
        const auto row = FindBlobRow(*digest);
        if (!row && row.error().code != Code::kNotFound) return tl::unexpected(row.error());
        if (row) continue;
      }
      std::string path = blobs;
      path.append("/").append(file);
      struct stat info {};
      if (stat(path.c_str(), &info) == 0 && unlink(path.c_str()) == 0) {
        freed += static_cast<uint64_t>(info.st_size);
      }
    }
    return freed;
  }
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() {
  if (impl_) AbandonBatch();
}

Result<Store> Store::Open(const std::string& folder, std::string build) {
  KINGLET_CHECK(MakeFolders(folder));
  auto impl = std::make_unique<Impl>();
  impl->folder = folder;
  impl->build = build.empty() ? kVersion : std::move(build);
  KINGLET_TRY(impl->database, Database::Open(IndexPath(folder)));
  KINGLET_CHECK(PrepareSchema(*impl->database, folder));
  return Store(std::move(impl));
}

bool Store::Exists(const std::string& folder) { return FileExists(IndexPath(folder)); }

Result<Digest> Store::PutBlob(ByteView bytes, const std::vector<Digest>& holds) {
  const Digest digest = HashBytes(bytes);
  const auto put = impl_->Transact([&]() -> Status {
    KINGLET_TRY(const int64_t row, impl_->PutBlobRow(digest, bytes));
    return impl_->PutHolds(row, holds);
  });
  KINGLET_CHECK(put);
  return digest;
}

Result<Bytes> Store::GetBlob(const Digest& digest) const {
  KINGLET_TRY(Statement find,
              impl_->database->Prepare("SELECT size, bytes FROM blob WHERE hash=?"));
  find.Bind(digest.bytes);
  KINGLET_TRY(const bool present, find.Step());
  if (!present) return Fail(Code::kNotFound, "{}: no blob {}", impl_->folder, digest.Short());
  Bytes bytes;
  if (find.IsNull(1)) {
    KINGLET_TRY(bytes, ReadFile(impl_->BlobPath(digest)));
  } else {
    const ByteView row = find.Blob(1);
    bytes.assign(row.begin(), row.end());
  }
  if (HashBytes(bytes) != digest) {
    return Fail(Code::kInvalid, "{}: blob {} is damaged: its bytes no longer match its address",
                impl_->folder, digest.Short());
  }
  return bytes;
}

bool Store::HasBlob(const Digest& digest) const {
  auto find = impl_->database->Prepare("SELECT size, bytes IS NULL FROM blob WHERE hash=?");
  if (!find || !find->Bind(digest.bytes).Step().value_or(false)) return false;
  return find->Int(1) == 0 || impl_->FileIsWhole(digest, find->Int(0));
}

Status Store::BeginBatch() {
  KINGLET_ASSERT(!impl_->in_batch);
  KINGLET_CHECK(impl_->database->Run("BEGIN IMMEDIATE"));
  impl_->in_batch = true;
  impl_->batch_failed = false;
  return {};
}

Status Store::CommitBatch() {
  KINGLET_ASSERT(impl_->in_batch);
  if (impl_->batch_failed || impl_->database->InAutocommit()) {
    AbandonBatch();
    return Fail(Code::kIo, "{}: a write of this batch failed; nothing of it was kept",
                impl_->folder);
  }
  Status committed = impl_->database->Run("COMMIT");
  AbandonBatch();
  return committed;
}

void Store::AbandonBatch() {
  if (impl_->in_batch && !impl_->database->InAutocommit()) (void)impl_->database->Run("ROLLBACK");
  impl_->in_batch = false;
}

Result<Artifact> Store::PutArtifact(Artifact artifact) {
  artifact.id =
      Hasher().AddField(artifact.kind).Add(artifact.key.bytes).Add(artifact.content.bytes).Finish();
  artifact.created_unix_s = UnixSeconds();
  artifact.made_by = impl_->build;
  KINGLET_CHECK(impl_->Transact([&] { return impl_->InsertArtifact(artifact); }));
  return artifact;
}

Result<std::optional<Artifact>> Store::FindByKey(std::string_view kind, const Digest& key) const {
  KINGLET_TRY(Statement find, impl_->database->Prepare("SELECT " KINGLET_ARTIFACT_COLUMNS
                                                       " FROM artifact WHERE kind=? AND key=? "
                                                       "ORDER BY seq DESC LIMIT 1"));
  find.Bind(kind).Bind(key.bytes);
  KINGLET_TRY(std::vector<Artifact> found, impl_->ReadArtifacts(std::move(find)));
  if (found.empty()) return std::nullopt;
  return std::move(found[0]);
}

Result<Artifact> Store::Find(std::string_view id_or_name) const {
  const bool is_hex = id_or_name.size() >= 4 && id_or_name.size() <= 64 &&
                      id_or_name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (is_hex) {
    KINGLET_TRY(Statement by_id,
                impl_->database->Prepare("SELECT " KINGLET_ARTIFACT_COLUMNS
                                         " FROM artifact WHERE substr(lower(hex(id)), 1, ?)=?"));
    by_id.Bind(static_cast<int64_t>(id_or_name.size())).Bind(id_or_name);
    KINGLET_TRY(std::vector<Artifact> found, impl_->ReadArtifacts(std::move(by_id)));
    if (found.size() > 1) {
      return Fail(Code::kInvalid, "'{}' is the beginning of {} artifacts' ids; give more digits",
                  id_or_name, found.size());
    }
    if (found.size() == 1) return std::move(found[0]);
  }
  KINGLET_TRY(Statement by_name,
              impl_->database->Prepare("SELECT " KINGLET_ARTIFACT_COLUMNS
                                       " FROM artifact WHERE name=? ORDER BY seq DESC LIMIT 1"));
  by_name.Bind(id_or_name);
  KINGLET_TRY(std::vector<Artifact> found, impl_->ReadArtifacts(std::move(by_name)));
  if (found.empty()) {
    return Fail(Code::kNotFound, "{}: no artifact has the name or id '{}'", impl_->folder,
                id_or_name);
  }
  return std::move(found[0]);
}

Result<std::vector<Artifact>> Store::Inputs(const Digest& id) const {
  KINGLET_TRY(Statement find, impl_->database->Prepare("SELECT " KINGLET_ARTIFACT_COLUMNS
                                                       " FROM input JOIN artifact ON source=id "
                                                       "WHERE artifact=? ORDER BY position"));
  find.Bind(id.bytes);
  return impl_->ReadArtifacts(std::move(find));
}

Result<std::vector<Artifact>> Store::Users(const Digest& id) const {
  KINGLET_TRY(Statement find, impl_->database->Prepare(
                                  "SELECT " KINGLET_ARTIFACT_COLUMNS " FROM artifact WHERE id IN "
                                  "(SELECT artifact FROM input WHERE source=?) "
                                  "ORDER BY seq DESC"));
  find.Bind(id.bytes);
  return impl_->ReadArtifacts(std::move(find));
}

Result<std::vector<Artifact>> Store::UsersOfBlob(const Digest& content) const {
  KINGLET_TRY(
      Statement find,
      impl_->database->Prepare("WITH RECURSIVE above(id) AS (SELECT id FROM blob WHERE hash=? "
                               "UNION SELECT parent FROM hold JOIN above ON child=above.id) "
                               "SELECT " KINGLET_ARTIFACT_COLUMNS " FROM artifact WHERE content IN "
                               "(SELECT hash FROM blob WHERE id IN above) ORDER BY seq DESC"));
  find.Bind(content.bytes);
  return impl_->ReadArtifacts(std::move(find));
}

Result<std::vector<Artifact>> Store::List(std::string_view kind) const {
  KINGLET_TRY(Statement find,
              impl_->database->Prepare("SELECT " KINGLET_ARTIFACT_COLUMNS
                                       " FROM artifact WHERE ?1='' OR kind=?1 ORDER BY seq DESC"));
  find.Bind(kind);
  return impl_->ReadArtifacts(std::move(find));
}

Status Store::SetReference(std::string_view name, const Digest& digest) {
  return impl_->Transact([&]() -> Status {
    KINGLET_TRY(Statement set,
                impl_->database->Prepare("INSERT OR REPLACE INTO reference VALUES(?, ?)"));
    set.Bind(name).Bind(digest.bytes);
    return set.Run();
  });
}

Result<std::optional<Digest>> Store::GetReference(std::string_view name) const {
  KINGLET_TRY(Statement find,
              impl_->database->Prepare("SELECT digest FROM reference WHERE name=?"));
  find.Bind(name);
  KINGLET_TRY(const bool present, find.Step());
  if (!present) return std::nullopt;
  return ToDigest(find.Blob(0));
}

Result<uint64_t> Store::CollectGarbage() {
  KINGLET_ASSERT(!impl_->in_batch);
  // First the rows, then the files without a row: a kill between the two leaves only loose files
  // for the next time.
  KINGLET_TRY(const uint64_t rows_freed, impl_->Transact([&]() -> Result<uint64_t> {
    KINGLET_CHECK(impl_->database->Run(
        "CREATE TEMP TABLE dead AS "
        "WITH RECURSIVE live(id) AS ("
        "SELECT id FROM blob WHERE hash IN (SELECT content FROM artifact) "
        "OR hash IN (SELECT digest FROM reference) "
        "UNION SELECT child FROM hold JOIN live ON parent=live.id) "
        "SELECT id, CASE WHEN bytes IS NULL THEN 0 ELSE size END AS size FROM blob "
        "WHERE id NOT IN live"));
    uint64_t freed = 0;
    {
      KINGLET_TRY(Statement sum,
                  impl_->database->Prepare("SELECT coalesce(sum(size), 0) FROM dead"));
      KINGLET_TRY(const bool present, sum.Step());
      KINGLET_ASSERT(present);
      freed = static_cast<uint64_t>(sum.Int(0));
    }
    KINGLET_CHECK(
        impl_->database->Run("DELETE FROM hold WHERE parent IN (SELECT id FROM dead);"
                             "DELETE FROM blob WHERE id IN (SELECT id FROM dead);"
                             "DROP TABLE dead"));
    return freed;
  }));
  KINGLET_TRY(const uint64_t files_freed,
              impl_->Transact([&] { return impl_->RemoveLooseFiles(); }));
  KINGLET_CHECK(impl_->database->Run("PRAGMA incremental_vacuum"));
  return rows_freed + files_freed;
}

Digest StageKey(std::string_view stage, std::string_view parameters,
                const std::vector<Digest>& inputs) {
  Hasher hasher;
  hasher.AddField(stage).AddField(kVersion).AddField(parameters);
  for (const Digest& input : inputs) hasher.Add(input.bytes);
  return hasher.Finish();
}

}  // namespace kinglet::store
