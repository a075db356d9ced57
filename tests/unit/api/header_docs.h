// Reads the structs of controller/api/*.h as text: the fields, their types and their comments.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace header_docs {

struct Field {
  std::string type{};  // without std::optional<> and std::vector<>
  std::string doc{};   // the comment above it as one line
};

struct Struct {
  std::string doc{};
  std::map<std::string, Field> fields{};
};

inline std::string inner_type(std::string type) {
  static const std::regex wrapper("^std::(optional|vector)<(.*)>$");
  for (std::smatch match; std::regex_match(type, match, wrapper);) type = match[2].str();
  return type == "Conditions" ? "Condition" : type;
}

inline void read_structs(const std::filesystem::path& header, std::map<std::string, Struct>& out) {
  static const std::regex comment_line("^ *// ?(.*)$");
  static const std::regex struct_line("^struct (\\w+) \\{$");
  static const std::regex field_line("^  ([\\w:<>, ]+?) (\\w+)(\\{\\}| = .*);.*$");
  std::ifstream file(header);
  EXPECT_TRUE(file) << "cannot open " << header;
  std::string doc;
  Struct* current = nullptr;
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (std::regex_match(line, match, comment_line)) {
      doc += (doc.empty() ? "" : " ") + match[1].str();
      continue;
    }
    if (std::regex_match(line, match, struct_line)) {
      current = &out[match[1].str()];
      current->doc = doc;
    } else if (current != nullptr && std::regex_match(line, match, field_line)) {
      current->fields[match[2].str()] = {.type = inner_type(match[1].str()), .doc = doc};
    }
    if (line == "};") current = nullptr;
    doc.clear();
  }
}

// All structs of the API's headers by name.
inline std::map<std::string, Struct> read_api_structs() {
  const auto folder = std::filesystem::path(DUPLICERT_SOURCE_DIR) / "controller/api";
  std::map<std::string, Struct> structs;
  for (const char* name : {"conditions.h", "spec_parts.h", "automation_profile.h",
                           "duplicate_certificate_request.h", "certificate_order.h"}) {
    read_structs(folder / name, structs);
  }
  return structs;
}

// The member for a JSON name: "commonName" -> "common_name", "orderID" -> "order_id",
// "requestsPer3Minutes" -> "requests_per_3_minutes", "auto" -> "auto_" (a word of C++).
inline std::string member_name(const std::string& json_name) {
  std::string out;
  for (std::size_t at = 0; at < json_name.size(); ++at) {
    const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const char now = json_name[at];
    const char before = at > 0 ? json_name[at - 1] : '_';
    const char after = at + 1 < json_name.size() ? json_name[at + 1] : '\0';
    const bool new_word = (upper(now) && (lower(before) || digit(before))) ||
                          (digit(now) && lower(before) && upper(after));
    if (new_word) out += '_';
    out += upper(now) ? static_cast<char>(now - 'A' + 'a') : now;
  }
  const bool is_keyword = out == "auto" || out == "namespace" || out == "operator";
  return is_keyword ? out + "_" : out;
}

}  // namespace header_docs
