// Rows to SQL and back, generated from columns.h. Only store.cpp includes it.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "simulator/columns.h"
#include "simulator/sqlite.h"

namespace simulator::table {

template <class T>
constexpr bool kIsText =
    std::is_same_v<T, std::string> || std::is_same_v<T, std::vector<std::string>>;

// Lists are kept as lines; none of our values holds a line feed.
inline std::string join(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

inline std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t to = text.find('\n', from);
    lines.push_back(text.substr(from, to - from));
    from = to == std::string::npos ? text.size() : to + 1;
  }
  return lines;
}

inline void bind(Statement& s, int i, const std::string& value) {
  s.bind(i, value);
}
inline void bind(Statement& s, int i, const std::vector<std::string>& value) {
  s.bind(i, join(value));
}
inline void bind(Statement& s, int i, base::TimePoint value) {
  s.bind(i, std::int64_t{value.time_since_epoch().count()});
}
template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
void bind(Statement& s, int i, T value) {
  s.bind(i, static_cast<std::int64_t>(value));
}

inline void read(const Statement& s, int i, std::string& value) {
  value = s.text(i);
}
inline void read(const Statement& s, int i, std::vector<std::string>& value) {
  value = split(s.text(i));
}
inline void read(const Statement& s, int i, base::TimePoint& value) {
  value = base::TimePoint{std::chrono::milliseconds{s.number(i)}};
}
template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
void read(const Statement& s, int i, T& value) {
  value = static_cast<T>(s.number(i));
}

template <class Row>
std::string names() {
  std::string list;
  auto visit = [&](const char* name, const auto&) {
    if (!list.empty()) list += ", ";
    list += name;
  };
  const Row row{};
  Table<Row>::columns(visit, row);
  return list;
}

template <class Row>
void create(Database& db) {
  std::string list;
  auto visit = [&]<class T>(const char* name, const T&) {
    list += std::string(name) + (kIsText<T> ? " TEXT NOT NULL, " : " INTEGER NOT NULL, ");
  };
  const Row row{};
  Table<Row>::columns(visit, row);
  db.run("CREATE TABLE IF NOT EXISTS " + std::string(Table<Row>::kName) + " (" + list +
         "PRIMARY KEY (" + Table<Row>::kKey + "))");
}

// Adds the row, or replaces the one with its key.
template <class Row>
void put(Database& db, const Row& row) {
  static const std::string sql = [] {
    const std::string columns = names<Row>();
    std::string marks = "?";
    for (const char c : columns) {
      if (c == ',') marks += ",?";
    }
    return "INSERT OR REPLACE INTO " + std::string(Table<Row>::kName) + " (" + columns +
           ") VALUES (" + marks + ")";
  }();
  Statement statement = db.prepare(sql);
  int position = 0;
  auto visit = [&](const char*, const auto& value) { bind(statement, ++position, value); };
  Table<Row>::columns(visit, row);
  statement.step();
}

// The rows that fit `rest` ("WHERE order_id=? ORDER BY id"), with `values` for its marks.
template <class Row, class... Values>
std::vector<Row> select(Database& db, const std::string& rest, const Values&... values) {
  Statement statement =
      db.prepare("SELECT " + names<Row>() + " FROM " + Table<Row>::kName + " " + rest);
  int position = 0;
  (bind(statement, ++position, values), ...);
  std::vector<Row> rows;
  while (statement.step()) {
    Row row;
    int column = 0;
    auto visit = [&](const char*, auto& value) { read(statement, column++, value); };
    Table<Row>::columns(visit, row);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace simulator::table
