// Thin owners of a SQLite database and its prepared statements, for store.cpp.
// Thread-compatible: one thread at a time. Entry point: Database::open.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace simulator {

// A statement that is being used; resets itself when it goes out of scope. Bind first, by
// position from 1, then step. SQLite's failures break the invariants of a simulator that owns its
// file, so they are remembered and reported by Database::error().
class Statement {
 public:
  Statement(sqlite3_stmt* handle, bool& failed) : handle_(handle), failed_(failed) {}
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  void bind(int position, std::int64_t value);
  void bind(int position, std::string_view text);
  // True while there is a row.
  bool step();
  std::int64_t number(int column) const;
  std::string text(int column) const;

 private:
  sqlite3_stmt* handle_;
  bool& failed_;
};

class Database {
 public:
  // Opens or makes the file, in WAL mode with synchronous=NORMAL: what was committed survives the
  // end of the process at any instant (sqlite.org, "pragma synchronous").
  // kInternal: the file cannot be opened, or is no database.
  static base::Result<Database> open(const std::string& path);
  Database(Database&& other) noexcept = default;
  Database& operator=(Database&& other) noexcept = default;
  ~Database();

  // The prepared statement for `sql`, made once and kept. `sql` is ours, never a user's.
  Statement prepare(const std::string& sql);
  void run(const std::string& sql);
  // True if anything failed since the last call; the reason goes to the log.
  bool take_failure();

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  struct Finaliser {
    void operator()(sqlite3_stmt* handle) const;
  };
  explicit Database(sqlite3* handle) : handle_(handle) {}

  std::unique_ptr<sqlite3, Closer> handle_;
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finaliser>> statements_;
  std::unique_ptr<bool> failed_ = std::make_unique<bool>(false);
};

}  // namespace simulator
