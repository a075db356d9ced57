#include "plan/table.h"

#include <algorithm>

#include <fmt/format.h>

namespace plan {
namespace {

std::string_view code_of(Color color) {
  switch (color) {
    case Color::kNone:
      return "";
    case Color::kGreen:
      return "\x1b[32m";
    case Color::kYellow:
      return "\x1b[33m";
    case Color::kRed:
      return "\x1b[31m";
    case Color::kBold:
      return "\x1b[1m";
    case Color::kDim:
      return "\x1b[2m";
  }
  return "";
}

std::string harmless(std::string_view text) {
  std::string safe(text);
  for (char& c : safe) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20U || byte == 0x7fU) c = ' ';
  }
  return safe;
}

// Columns on the screen: bytes that do not continue a UTF-8 sequence.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string paint(std::string_view text, Color color, bool on) {
  const std::string safe = harmless(text);
  if (!on || color == Color::kNone || safe.empty()) return safe;
  return fmt::format("{}{}\x1b[0m", code_of(color), safe);
}

Table::Table(std::vector<std::string> headers) : headers_(std::move(headers)) {}

void Table::add(std::vector<Cell> row) {
  row.resize(headers_.size());
  rows_.push_back(std::move(row));
}

std::string Table::text(bool color) const {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < headers_.size(); ++column) {
    std::size_t widest = width_of(headers_[column]);
    for (const auto& row : rows_) widest = std::max(widest, width_of(row[column].text));
    widths.push_back(widest);
  }
  std::vector<std::vector<Cell>> lines;
  std::vector<Cell> head;
  for (const std::string& header : headers_)
    head.push_back({.text = header, .color = Color::kBold});
  lines.push_back(std::move(head));
  lines.insert(lines.end(), rows_.begin(), rows_.end());
  std::string all;
  for (const auto& line : lines) {
    std::string written;
    std::size_t owed = 0;  // blanks before the next text
    for (std::size_t column = 0; column < line.size(); ++column) {
      const Cell& cell = line[column];
      if (!cell.text.empty()) {
        written += std::string(owed, ' ') + paint(cell.text, cell.color, color);
        owed = 0;
      }
      owed += widths[column] - width_of(cell.text) + 2;
    }
    all += written + "\n";
  }
  return all;
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  const std::string safe = harmless(text);
  std::string all;
  std::string line;
  std::size_t start = 0;
  while (start < safe.size()) {
    const std::size_t end = std::min(safe.find(' ', start), safe.size());
    const std::string word = safe.substr(start, end - start);
    start = end + 1;
    if (word.empty()) continue;
    const bool full = !line.empty() && indent + width_of(line) + 1 + width_of(word) > width;
    if (full) {
      all += std::string(indent, ' ') + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  if (!line.empty()) all += std::string(indent, ' ') + line + "\n";
  return all;
}

}  // namespace plan
