// Table: rows of text in aligned columns, as kubectl prints them, and the colours of terminals.
// Pure. Entry point: Table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plan {

enum class Color { kNone, kGreen, kYellow, kRed, kBold, kDim };

// `text` in that colour if `on`, else as it is. Control characters in it become spaces: what others
// wrote must not steer a terminal.
std::string paint(std::string_view text, Color color, bool on);

struct Cell {
  std::string text{};
  Color color = Color::kNone;
};

class Table {
 public:
  explicit Table(std::vector<std::string> headers);
  void add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }
  // Columns two spaces apart, each line ends in LF; trailing blanks are cut.
  std::string text(bool color) const;

 private:
  std::vector<std::string> headers_;
  std::vector<std::vector<Cell>> rows_{};
};

// `text` broken at blanks into lines of at most `width` characters, each behind `indent` blanks.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width = 100);

}  // namespace plan
