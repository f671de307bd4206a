// A thin hold on SQLite for src/store alone: statements that clean up after themselves and errors
// that name the file.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "src/base/bytes.h"
#include "src/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace kinglet::store {

// A prepared statement in use: reset and unbound when it goes, so that it holds no lock and can be
// used again. Columns and parameters are numbered from 0. Bound memory must outlive the Statement.
class Statement {
 public:
  Statement(sqlite3* database, sqlite3_stmt* statement, const std::string& place)
      : database_(database), statement_(statement), place_(&place) {}
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  Statement& Bind(int64_t value);
  Statement& Bind(std::string_view text);
  Statement& Bind(ByteView bytes);
  Statement& BindNull();

  // The next row: true, or false when there are none left.
  Result<bool> Step();
  // Runs to the end.
  Status Run();
  // Makes it ready to be bound and run once more.
  void Reset();

  int64_t Int(int column) const;
  std::string Text(int column) const;
  ByteView Blob(int column) const;  // valid until the next Step
  bool IsNull(int column) const;

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_;
  const std::string* place_;
  int bound_ = 0;
};

class Database {
 public:
  // Opens or makes the file with write-ahead log, full sync and a wait of half a minute for other
  // writers.
  static Result<std::unique_ptr<Database>> Open(const std::string& path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // The statement of `sql` (a literal), prepared once and kept. At most one Statement of the same
  // text may be in use at a time.
  Result<Statement> Prepare(const char* sql);
  Status Run(const char* sql);
  int64_t LastRow() const;
  // False after BEGIN until COMMIT, ROLLBACK, or an error that made SQLite roll back by itself.
  bool InAutocommit() const;

 private:
  explicit Database(std::string path) : path_(std::move(path)) {}
  sqlite3* database_ = nullptr;
  std::string path_;
  std::map<const char*, sqlite3_stmt*> statements_;
};

}  // namespace kinglet::store
