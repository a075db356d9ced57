// Reads the YAML of our manifests as JSON, for tests. Entry point: read_yaml_file().
// It knows block and flow collections, plain, quoted, folded and literal scalars, comments and
// "---"; no anchors, tags or plain scalars over several lines. What it cannot read fails the test.
// yaml-cpp is not used because controller/api and its tests depend on base and JSON alone.
#pragma once

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace yaml_text {

using nlohmann::json;

inline void complain(std::string_view what, std::string_view text) {
  ADD_FAILURE() << "YAML reader: " << what << text;
}

inline json plain_scalar(const std::string& text) {
  if (text.empty() || text == "null" || text == "~") return nullptr;
  if (text == "true") return true;
  if (text == "false") return false;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size()) return number;
  return text;
}

// One value in flow style: a scalar, [a, b] or {a: b}.
class Flow {
 public:
  explicit Flow(std::string_view text) : text_(text) {}

  json read_all() {
    json value = read("");
    skip_spaces();
    if (at_ != text_.size()) complain("cannot read YAML: ", text_);
    return value;
  }

  // A quoted text, or everything before one of `stops`.
  json read(std::string_view stops) {
    skip_spaces();
    if (eat('[')) return read_list();
    if (eat('{')) return read_map();
    if (peek() == '\'' || peek() == '"') return read_quoted();
    return plain_scalar(read_plain(stops));
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_spaces() {
    while (peek() == ' ') ++at_;
  }
  bool eat(char wanted) {
    if (peek() != wanted) return false;
    ++at_;
    return true;
  }

  std::string read_quoted() {
    const char quote = text_[at_++];
    std::string out;
    while (at_ < text_.size()) {
      const char now = text_[at_++];
      if (now == quote && quote == '\'' && peek() == quote)
        ++at_;  // '' is one '
      else if (now == quote)
        return out;
      if (now == '\\' && quote == '"') complain("escapes are not read: ", text_);
      out += now;
    }
    complain("no closing quote: ", text_);
    return out;
  }

  std::string read_plain(std::string_view stops) {
    const std::size_t start = at_;
    while (at_ < text_.size() && stops.find(text_[at_]) == std::string_view::npos) {
      ++at_;
    }
    std::string out(text_.substr(start, at_ - start));
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
  }

  json read_list() {
    json list = json::array();
    while (skip_spaces(), !eat(']')) {
      list.push_back(read(",]"));
      skip_spaces();
      if (!eat(',') && peek() != ']') return complain("no closing ]: ", text_), list;
    }
    return list;
  }

  json read_map() {
    json map = json::object();
    while (skip_spaces(), !eat('}')) {
      const json key = read(":");
      skip_spaces();
      if (!eat(':')) return complain("no colon: ", text_), map;
      map[key.get<std::string>()] = read(",}");
      skip_spaces();
      if (!eat(',') && peek() != '}') return complain("no closing }: ", text_), map;
    }
    return map;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// One document in block style.
class Block {
 public:
  explicit Block(std::vector<std::string> lines) : lines_(std::move(lines)) {}

  json read() {
    skip_blank();
    json value = read_node(indent());
    skip_blank();
    if (at_ < lines_.size()) complain("cannot read YAML line: ", lines_[at_]);
    return value;
  }

 private:
  static std::size_t indent_of(const std::string& line) {
    const auto first = line.find_first_not_of(' ');
    return first == std::string::npos ? 0 : first;
  }
  std::size_t indent() const { return at_ < lines_.size() ? indent_of(lines_[at_]) : 0; }

  static bool is_blank(const std::string& line) {
    const auto first = line.find_first_not_of(' ');
    return first == std::string::npos || line[first] == '#';
  }
  void skip_blank() {
    while (at_ < lines_.size() && is_blank(lines_[at_])) ++at_;
  }

  bool is_item(std::size_t level) const {
    return at_ < lines_.size() && indent() == level && lines_[at_].substr(level, 2) == "- ";
  }

  // Where the value of "key: value" or "key:" begins; npos if the text is no such thing.
  static std::size_t value_at(std::string_view text) {
    char quote = '\0';
    if (text.starts_with('[') || text.starts_with('{')) return std::string_view::npos;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (quote != '\0') {
        if (text[at] == quote) quote = '\0';
      } else if (at == 0 && (text[at] == '\'' || text[at] == '"')) {
        quote = text[at];
      } else if (text[at] == ':' && (at + 1 == text.size() || text[at + 1] == ' ')) {
        return at + 1;
      }
    }
    return std::string_view::npos;
  }

  json read_node(std::size_t level) {
    if (is_item(level)) return read_list(level);
    return read_map(level);
  }

  json read_list(std::size_t level) {
    json list = json::array();
    while (skip_blank(), is_item(level)) {
      lines_[at_][level] = ' ';  // "- a: 1" is a node that begins two columns later
      const std::string text = lines_[at_].substr(level + 2);
      if (value_at(text) == std::string::npos) {
        list.push_back(read_value(text, level));
      } else {
        list.push_back(read_map(level + 2));
      }
    }
    return list;
  }

  json read_map(std::size_t level) {
    json map = json::object();
    while (skip_blank(), at_ < lines_.size() && indent() == level && !is_item(level)) {
      const std::string text = lines_[at_].substr(level);
      const std::size_t value = value_at(text);
      if (value == std::string::npos) return complain("no key in: ", text), map;
      const json key = Flow(text.substr(0, value - 1)).read_all();
      const std::string name = key.is_string() ? key.get<std::string>() : key.dump();
      map[name] = read_value(text.substr(value), level);
    }
    return map;
  }

  // `text` is what stands behind the colon or hyphen of the current line.
  json read_value(std::string text, std::size_t level) {
    text = without_comment(text);
    ++at_;
    if (text == ">-") return read_lines(level, ' ');
    if (text == "|") return read_lines(level, '\n').get<std::string>() + "\n";
    if (text.empty()) {
      skip_blank();
      if (indent() > level || is_item(level)) return read_node(indent());
      return nullptr;
    }
    while (!is_balanced(text) && at_ < lines_.size()) text += " " + without_comment(lines_[at_++]);
    return Flow(text).read_all();
  }

  json read_lines(std::size_t level, char separator) {
    std::string out;
    const std::size_t inner = indent();
    while (at_ < lines_.size() && inner > level && indent() >= inner) {
      if (!out.empty()) out += separator;
      out += lines_[at_++].substr(inner);
    }
    return out;
  }

  static std::string without_comment(const std::string& line) {
    const auto first = line.find_first_not_of(' ');
    if (first == std::string::npos) return "";
    const bool quoted = line.find_first_of("'\"") != std::string::npos;
    const auto comment = quoted ? std::string::npos : line.find(" #", first);
    std::string text = line.substr(first, comment == std::string::npos ? comment : comment - first);
    while (text.ends_with(' ')) text.pop_back();
    return text;
  }

  static bool is_balanced(std::string_view text) {
    if (!text.starts_with('[') && !text.starts_with('{')) return true;
    int depth = 0;
    char quote = '\0';
    for (const char now : text) {
      if (quote != '\0')
        quote = now == quote ? '\0' : quote;
      else if (now == '\'' || now == '"')
        quote = now;
      else if (now == '[' || now == '{')
        ++depth;
      else if (now == ']' || now == '}')
        --depth;
    }
    return depth == 0;
  }

  std::vector<std::string> lines_;
  std::size_t at_ = 0;
};

// All documents of a text; documents without content are left out.
inline std::vector<json> read_yaml(const std::string& text) {
  std::vector<json> documents;
  std::vector<std::string> lines;
  const auto flush = [&] {
    json document = Block(std::exchange(lines, {})).read();
    if (!document.empty()) documents.push_back(std::move(document));
  };
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (line == "---")
      flush();
    else
      lines.push_back(line);
  }
  flush();
  return documents;
}

inline std::vector<json> read_yaml_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << "cannot open " << path;
  std::stringstream text;
  text << file.rdbuf();
  return read_yaml(text.str());
}

}  // namespace yaml_text
