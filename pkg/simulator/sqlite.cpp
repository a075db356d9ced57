#include "simulator/sqlite.h"

#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/check.h"
#include "base/log.h"

namespace simulator {

Statement::~Statement() {
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
}

void Statement::bind(int position, std::int64_t value) {
  if (sqlite3_bind_int64(handle_, position, value) != SQLITE_OK) failed_ = true;
}

void Statement::bind(int position, std::string_view text) {
  const auto size = static_cast<int>(text.size());
  // An empty view may hold a null pointer, which SQLite would store as NULL.
  const char* data = text.empty() ? "" : text.data();
  if (sqlite3_bind_text(handle_, position, data, size, SQLITE_TRANSIENT) != SQLITE_OK) {
    failed_ = true;
  }
}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    failed_ = true;
    base::log_error("simulator: SQLite failed", {{"error", sqlite3_errstr(code)}});
  }
  return code == SQLITE_ROW;
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(handle_, column);
}

std::string Statement::text(int column) const {
  const unsigned char* data = sqlite3_column_text(handle_, column);
  if (data == nullptr) return {};
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  return {reinterpret_cast<const char*>(data), size};
}

void Database::Closer::operator()(sqlite3* handle) const {
  sqlite3_close(handle);
}
void Database::Finaliser::operator()(sqlite3_stmt* handle) const {
  sqlite3_finalize(handle);
}

Database::~Database() {
  statements_.clear();
}

base::Result<Database> Database::open(const std::string& path) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open(path.c_str(), &handle);
  Database database(handle);
  if (code != SQLITE_OK) {
    return base::fail(base::Code::kInternal,
                      fmt::format("open {}: {}", path, sqlite3_errstr(code)));
  }
  sqlite3_busy_timeout(handle, 2000);
  for (const char* sql : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL"}) {
    char* message = nullptr;
    if (sqlite3_exec(handle, sql, nullptr, nullptr, &message) != SQLITE_OK) {
      const std::string why = message == nullptr ? "unknown" : message;
      sqlite3_free(message);
      return base::fail(base::Code::kInternal, fmt::format("open {}: {}", path, why));
    }
  }
  return database;
}

Statement Database::prepare(const std::string& sql) {
  auto& slot = statements_[sql];
  if (slot == nullptr) {
    sqlite3_stmt* handle = nullptr;
    const int code = sqlite3_prepare_v3(handle_.get(), sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT,
                                        &handle, nullptr);
    if (code != SQLITE_OK) {
      base::log_error("simulator: SQLite refused a statement",
                      {{"error", sqlite3_errmsg(handle_.get())}, {"sql", sql}});
    }
    BASE_CHECK(handle != nullptr);
    slot.reset(handle);
  }
  return {slot.get(), *failed_};
}

void Database::run(const std::string& sql) {
  Statement statement = prepare(sql);
  while (statement.step()) {
  }
}

bool Database::take_failure() {
  return std::exchange(*failed_, false);
}

}  // namespace simulator
