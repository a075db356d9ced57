#include "kube/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

namespace kube {
namespace {

using nlohmann::json;

// Characters that stand for themselves in a JSON text: ASCII but for quote, backslash and controls.
constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

// How many characters of `text` from `at` on are plain.
std::size_t plain_run(std::string_view text, std::size_t at) {
  const auto* const begin = text.begin() + at;
  const auto* const end = std::find_if_not(
      begin, text.end(), [](char c) { return kPlain[static_cast<unsigned char>(c)]; });
  return static_cast<std::size_t>(end - begin);
}

// Objects, lists and what is common are read here; a text with an escape or beyond ASCII, and a
// number that is no plain integer, by nlohmann's parser.
class Reader {
 public:
  Reader(std::string_view text, int nesting_max) : text_(text), nesting_max_(nesting_max) {}

  bool read_whole(json& value) {
    if (!read_value(value)) return false;
    skip_blanks();
    return at_ == text_.size();
  }
  bool is_too_deep() const { return nesting_ > nesting_max_; }

 private:
  bool read_value(json& value) {
    skip_blanks();
    switch (peek()) {
      case '{':
        return read_object(value);
      case '[':
        return read_list(value);
      case '"':
        return read_text(value);
      case 't':
        return read_word("true", true, value);
      case 'f':
        return read_word("false", false, value);
      case 'n':
        return read_word("null", nullptr, value);
      default:
        return read_number(value);
    }
  }

  bool read_object(json& value) {
    value = json::object();
    auto& members = value.get_ref<json::object_t&>();
    return read_parts('}', [&] {
      json name;
      skip_blanks();
      if (peek() != '"' || !read_text(name)) return false;
      skip_blanks();
      if (!take(':')) return false;
      // The API server sorts most names: the place is at the end.
      const auto member =
          members.emplace_hint(members.end(), std::move(name.get_ref<std::string&>()), nullptr);
      return read_value(member->second);
    });
  }

  bool read_list(json& value) {
    value = json::array();
    auto& items = value.get_ref<json::array_t&>();
    return read_parts(']', [&] { return read_value(items.emplace_back()); });
  }

  // Parts with commas between them, from the opening bracket to the closing one.
  template <class ReadPart>
  bool read_parts(char closing, ReadPart read_part) {
    ++at_;
    if (++nesting_ > nesting_max_) return false;
    skip_blanks();
    if (peek() != closing) {
      do {
        if (!read_part()) return false;
        skip_blanks();
      } while (take(','));
    }
    if (!take(closing)) return false;
    --nesting_;
    return true;
  }

  bool read_text(json& value) {
    const std::size_t size = plain_run(text_, at_ + 1);
    const std::size_t end = at_ + 1 + size;
    if (end < text_.size() && text_[end] == '"') {
      value = std::string(text_.substr(at_ + 1, size));
      at_ = end + 1;
      return true;
    }
    return read_slowly(end_of_text(end), value);
  }

  // Behind the closing quote of a text that has none before `from`.
  std::size_t end_of_text(std::size_t from) const {
    while (from < text_.size() && text_[from] != '"') from += text_[from] == '\\' ? 2 : 1;
    return std::min(from + 1, text_.size());
  }

  bool read_number(json& value) {
    constexpr std::size_t kDigitsMax = 18;  // fit in 64 bits, whatever they are
    const std::size_t end = std::min(text_.find_first_not_of("+-.0123456789Ee", at_), text_.size());
    const std::string_view digits = text_.substr(at_, end - at_);
    std::uint64_t number = 0;
    const auto [rest, error] = std::from_chars(digits.begin(), digits.end(), number);
    const bool is_plain = error == std::errc{} && rest == digits.end() &&
                          digits.size() <= kDigitsMax && (digits.size() == 1 || digits[0] != '0');
    if (!is_plain) return read_slowly(end, value);
    value = number;
    at_ = end;
    return true;
  }

  bool read_slowly(std::size_t end, json& value) {
    value = json::parse(text_.substr(at_, end - at_), nullptr, false);
    at_ = end;
    return !value.is_discarded();
  }

  template <class Meaning>
  bool read_word(std::string_view word, Meaning meaning, json& value) {
    if (text_.substr(at_, word.size()) != word) return false;
    value = meaning;
    at_ += word.size();
    return true;
  }

  // '\0', which begins and ends nothing, at the end.
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char wanted) {
    if (peek() != wanted) return false;
    ++at_;
    return true;
  }
  void skip_blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  std::string_view text_;
  const int nesting_max_;
  std::size_t at_ = 0;
  int nesting_ = 0;
};

void write_text(const std::string& text, std::string& out) {
  if (plain_run(text, 0) != text.size()) {
    out += json(text).dump();
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

void write_value(const json& value, std::string& out);

void write_object(const json::object_t& members, std::string& out) {
  out += '{';
  bool is_first = true;
  for (const auto& [name, value] : members) {
    if (!std::exchange(is_first, false)) out += ',';
    write_text(name, out);
    out += ':';
    write_value(value, out);
  }
  out += '}';
}

void write_list(const json::array_t& items, std::string& out) {
  out += '[';
  bool is_first = true;
  for (const json& item : items) {
    if (!std::exchange(is_first, false)) out += ',';
    write_value(item, out);
  }
  out += ']';
}

void write_value(const json& value, std::string& out) {
  switch (value.type()) {
    case json::value_t::object:
      return write_object(value.get_ref<const json::object_t&>(), out);
    case json::value_t::array:
      return write_list(value.get_ref<const json::array_t&>(), out);
    case json::value_t::string:
      return write_text(value.get_ref<const std::string&>(), out);
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
      out += value.is_number_unsigned() ? std::to_string(value.get<std::uint64_t>())
                                        : std::to_string(value.get<std::int64_t>());
      return;
    default:
      out += value.dump();
  }
}

}  // namespace

base::Result<json> read_json(std::string_view text, int nesting_max) {
  Reader reader(text, nesting_max);
  json value;
  if (reader.read_whole(value)) return value;
  return base::fail(base::Code::kCorrupt, reader.is_too_deep() ? "parse JSON: nested too deeply"
                                                               : "parse JSON: not JSON");
}

std::string write_json(const json& value) {
  std::string out;
  write_value(value, out);
  return out;
}

}  // namespace kube
