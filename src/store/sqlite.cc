#include "src/store/sqlite.h"

#include <sqlite3.h>

#include <utility>

namespace kinglet::store {
namespace {

constexpr int kBusyTimeoutMs = 30'000;

tl::unexpected<Error> Failure(sqlite3* database, const std::string& place) {
  const int code = sqlite3_errcode(database) & 0xff;
  const std::string_view cause = sqlite3_errmsg(database);
  switch (code) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return Fail(Code::kInvalid, "{}: is damaged or not a Kinglet store ({})", place, cause);
    case SQLITE_BUSY:
      return Fail(Code::kIo, "{}: another process kept the store locked for {} s", place,
                  kBusyTimeoutMs / 1000);
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return Fail(Code::kIo, "{}: cannot write ({}); is the disk full?", place, cause);
    default:
      return Fail(Code::kIo, "{}: {}", place, cause);
  }
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      place_(other.place_),
      bound_(other.bound_) {}

Statement::~Statement() {
  if (statement_ != nullptr) Reset();
}

void Statement::Reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  bound_ = 0;
}

Statement& Statement::Bind(int64_t value) {
  const int status = sqlite3_bind_int64(statement_, ++bound_, value);
  KINGLET_ASSERT(status == SQLITE_OK);
  return *this;
}

Statement& Statement::Bind(std::string_view text) {
  // A null pointer would bind NULL; empty text and empty blobs are values.
  const char* data = text.empty() ? "" : text.data();
  const int status =
      sqlite3_bind_text64(statement_, ++bound_, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  KINGLET_ASSERT(status == SQLITE_OK);
  return *this;
}

Statement& Statement::Bind(ByteView bytes) {
  const void* data = bytes.empty() ? "" : static_cast<const void*>(bytes.data());
  const int status = sqlite3_bind_blob64(statement_, ++bound_, data, bytes.size(), SQLITE_STATIC);
  KINGLET_ASSERT(status == SQLITE_OK);
  return *this;
}

Statement& Statement::BindNull() {
  const int status = sqlite3_bind_null(statement_, ++bound_);
  KINGLET_ASSERT(status == SQLITE_OK);
  return *this;
}

Result<bool> Statement::Step() {
  const int status = sqlite3_step(statement_);
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  return Failure(database_, *place_);
}

Status Statement::Run() {
  while (true) {
    KINGLET_TRY(const bool more, Step());
    if (!more) return {};
  }
}

int64_t Statement::Int(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Statement::Text(int column) const { return std::string(AsText(Blob(column))); }

ByteView Statement::Blob(int column) const {
  const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Result<std::unique_ptr<Database>> Database::Open(const std::string& path) {
  std::unique_ptr<Database> database(new Database(path));
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(path.c_str(), &database->database_, flags, nullptr) != SQLITE_OK) {
    return Failure(database->database_, path);
  }
  sqlite3_extended_result_codes(database->database_, 1);
  sqlite3_busy_timeout(database->database_, kBusyTimeoutMs);
  // auto_vacuum works only when set before the first table: freed pages can then be given back
  // without rewriting the file.
  KINGLET_CHECK(database->Run("PRAGMA auto_vacuum=INCREMENTAL"));
  // The switch to the log needs the file for itself, and SQLite does not wait for that when two
  // processes open a new store at once.
  Status logged;
  for (int attempt = 0; attempt < 200; ++attempt) {
    logged = database->Run("PRAGMA journal_mode=WAL");
    if (logged || (sqlite3_errcode(database->database_) & 0xff) != SQLITE_BUSY) break;
    sqlite3_sleep(20);
  }
  KINGLET_CHECK(logged);
  KINGLET_CHECK(database->Run("PRAGMA synchronous=FULL"));
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(database_);
}

Result<Statement> Database::Prepare(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    const int status =
        sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (status != SQLITE_OK) return Failure(database_, path_);
  }
  return Statement(database_, statement, path_);
}

Status Database::Run(const char* sql) {
  if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return Failure(database_, path_);
  }
  return {};
}

int64_t Database::LastRow() const { return sqlite3_last_insert_rowid(database_); }

bool Database::InAutocommit() const { return sqlite3_get_autocommit(database_) != 0; }

}  // namespace kinglet::store
