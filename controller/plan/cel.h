// Cel: what a validation rule of a CRD says of a value, or the words of its message. The part of
// the Common Expression Language that the rules in crds/ use: self, has, size, matches, startsWith,
// endsWith, contains, in, comparisons, !, &&, ||, ?:, +, text, numbers and lists.
// Sources: kubernetes.io/docs/reference/using-api/cel, and the language's own definition, cel-spec.
// Entry point: Cel::evaluate. Owned by one thread.
#pragma once

#include <map>
#include <regex>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"

namespace plan {

// Regular expressions, each compiled once.
class Patterns {
 public:
  // Whether the pattern occurs in `text`. kInvalid: it is no regular expression. Check the length
  // first: std::regex recurses for each character.
  base::Result<bool> fit(const std::string& pattern, const std::string& text);

 private:
  std::map<std::string, std::regex> compiled_{};
};

class Cel {
 public:
  // The value of `expression`, with `self`, an object without nulls whose defaults are filled in.
  // kInvalid: the expression is not of this part of the language, whatever `self` is. kNotFound: it
  // has no value, because a field is missing or a value is of another type.
  base::Result<nlohmann::json> evaluate(std::string_view expression, const nlohmann::json& self);

 private:
  Patterns patterns_{};
};

}  // namespace plan
