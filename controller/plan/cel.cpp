#include "plan/cel.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace plan {
namespace {

using base::Code;
using nlohmann::json;
using Value = base::Result<json>;

bool is_word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

Value no_value(std::string why) {
  return base::fail(Code::kNotFound, std::move(why));
}

// Reads an expression and works out its value in one go. All of it is read, also what does not
// count: an error is a value like others until something needs it.
class Reader {
 public:
  Reader(std::string_view text, const json& self, Patterns& patterns)
      : rest_(text), self_(self), patterns_(patterns) {}

  Value read() {
    Value value = choice();
    if (skip_space(); !rest_.empty()) misread();
    if (misread_) return base::fail(Code::kInvalid, *misread_);
    return value;
  }

 private:
  Value choice() {
    Value condition = either();
    if (!take("?")) return condition;
    Value yes = choice();
    if (!take(":")) misread();
    Value no = choice();
    if (!condition) return condition;
    if (!condition->is_boolean()) return no_value("the condition of ?: is neither true nor false");
    return condition->get<bool>() ? yes : no;
  }

  Value either() {
    Value value = both();
    while (take("||")) value = joined(std::move(value), both(), true);
    return value;
  }
  Value both() {
    Value value = relation();
    while (take("&&")) value = joined(std::move(value), relation(), false);
    return value;
  }
  // The side that settles the whole outweighs an error of the other one.
  static Value joined(Value left, Value right, bool settles) {
    if ((left && *left == settles) || (right && *right == settles)) return json(settles);
    if (!left) return left;
    if (!right) return right;
    if (!left->is_boolean() || !right->is_boolean()) return no_value("neither true nor false");
    return json(!settles);
  }

  Value relation() {
    Value left = sum();
    for (const std::string_view sign : {"==", "!=", ">", "<", "in"}) {
      if (take(sign)) return related(left, sign, sum());
    }
    return left;
  }
  static Value related(const Value& left, std::string_view sign, const Value& right) {
    if (!left) return left;
    if (!right) return right;
    if (sign == "==") return json(*left == *right);
    if (sign == "!=") return json(*left != *right);
    if (sign == "in") return contained(*left, *right);
    if (!left->is_number() || !right->is_number()) return no_value("not a number");
    return json(sign == ">" ? *left > *right : *left < *right);
  }
  static Value contained(const json& item, const json& in) {
    if (in.is_array()) return json(std::find(in.begin(), in.end(), item) != in.end());
    if (in.is_object() && item.is_string()) return json(in.contains(item.get<std::string>()));
    return no_value("neither a list nor a map");
  }

  Value sum() {
    Value value = negation();
    while (take("+")) {
      const Value more = negation();
      if (!value) continue;
      if (!more) {
        value = more;
      } else if (!value->is_string() || !more->is_string()) {
        value = no_value("only texts are added");
      } else {
        value = json(value->get<std::string>() + more->get<std::string>());
      }
    }
    return value;
  }

  Value negation() {
    if (!take("!")) return member();
    const Value value = negation();
    if (!value) return value;
    return value->is_boolean() ? json(!value->get<bool>()) : no_value("neither true nor false");
  }

  Value member() {
    Value value = primary();
    while (take(".")) {
      const std::string name = word();
      if (take("(")) {
        const Value argument = choice();
        if (!take(")")) misread();
        value = called(value, name, argument);
      } else if (value) {
        value = field(*value, name);
      }
    }
    return value;
  }
  static Value field(const json& of, const std::string& name) {
    if (!of.is_object() || !of.contains(name)) return no_value("there is no field " + name);
    return of[name];
  }
  Value called(const Value& on, const std::string& name, const Value& argument) {
    const bool known =
        name == "matches" || name == "startsWith" || name == "endsWith" || name == "contains";
    if (!known) return misread();
    if (!on) return on;
    if (!argument) return argument;
    if (!on->is_string() || !argument->is_string()) return no_value(name + ": not a text");
    const auto& text = on->get_ref<const std::string&>();
    const auto& part = argument->get_ref<const std::string&>();
    if (name == "startsWith") return json(text.starts_with(part));
    if (name == "endsWith") return json(text.ends_with(part));
    if (name == "contains") return json(text.find(part) != std::string::npos);
    const auto fits = patterns_.fit(part, text);
    return fits ? Value(json(*fits)) : misread();
  }

  Value primary() {
    if (take("(")) return closed(choice());
    if (take("[")) return list();
    skip_space();
    if (rest_.starts_with("r'") || rest_.starts_with("r\"")) return text(true);
    if (rest_.starts_with('\'') || rest_.starts_with('"')) return text(false);
    if (!rest_.empty() && std::isdigit(static_cast<unsigned char>(rest_.front())) != 0) {
      return number();
    }
    const std::string name = word();
    if (name == "self") return self_;
    if (name == "true" || name == "false") return json(name == "true");
    if ((name != "has" && name != "size") || !take("(")) return misread();
    const Value of = closed(choice());
    if (name == "has") return json(of.has_value());
    if (!of) return of;
    return of->is_string() ? no_value("the size of a text") : json(of->size());
  }
  Value closed(Value value) {
    if (!take(")")) return misread();
    return value;
  }
  Value list() {
    json items = json::array();
    if (take("]")) return items;
    std::optional<Value> wrong;
    do {
      Value item = choice();
      if (!item) wrong = item;
      if (item) items.push_back(*std::move(item));
    } while (take(","));
    if (!take("]")) return misread();
    return wrong ? *wrong : Value(items);
  }
  Value number() {
    std::int64_t value = 0;
    const auto end = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value).ptr;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return json(value);
  }
  // A raw text (r'...') has no escapes; of the others, only those of quotes and of itself.
  Value text(bool raw) {
    if (raw) rest_.remove_prefix(1);
    const char quote = rest_.front();
    std::string value;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == quote) {
        rest_.remove_prefix(i + 1);
        return json(value);
      }
      if (!raw && rest_[i] == '\\') {
        ++i;
        if (i >= rest_.size() || std::string_view("\\'\"").find(rest_[i]) == std::string_view::npos)
          return misread();
      }
      value += rest_[i];
    }
    return misread();
  }

  void skip_space() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())) != 0) {
      rest_.remove_prefix(1);
    }
  }
  std::string word() {
    skip_space();
    std::size_t length = 0;
    while (length < rest_.size() && is_word_character(rest_[length])) ++length;
    if (length == 0) misread();
    std::string taken(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return taken;
  }
  bool take(std::string_view token) {
    skip_space();
    if (!rest_.starts_with(token)) return false;
    const bool is_word = is_word_character(token.front());
    if (is_word && rest_.size() > token.size() && is_word_character(rest_[token.size()])) {
      return false;
    }
    if (token == "!" && rest_.starts_with("!=")) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  Value misread() {
    if (!misread_) misread_ = fmt::format("cannot be read from here on: {}", rest_);
    return base::fail(Code::kInvalid, *misread_);
  }

  std::string_view rest_;
  const json& self_;
  Patterns& patterns_;
  std::optional<std::string> misread_{};
};

}  // namespace

base::Result<bool> Patterns::fit(const std::string& pattern, const std::string& text) {
  auto at = compiled_.find(pattern);
  if (at == compiled_.end()) {
    try {
      at = compiled_.emplace(pattern, std::regex(pattern)).first;
    } catch (const std::regex_error& error) {
      return base::fail(Code::kInvalid, fmt::format("{}: {}", pattern, error.what()));
    }
  }
  return std::regex_search(text, at->second);
}

Value Cel::evaluate(std::string_view expression, const json& self) {
  return Reader(expression, self, patterns_).read();
}

}  // namespace plan
