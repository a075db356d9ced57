// SeedReader: typed access to the fields of a YAML mapping, for seed.cpp. It remembers the first
// problem, with the path of the field, so that the code that reads stays a list of fields.
// Thread-compatible.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "simulator/model.h"

namespace YAML {
class Node;
}

namespace simulator {

class SeedReader {
 public:
  // Reads the document. kInvalid: not YAML, or not a mapping.
  static base::Result<SeedReader> parse(std::string_view yaml, base::TimePoint now);

  // The first problem of this reader and of all that came from it: kInvalid with the field's path.
  base::Result<void> result() const;
  // Notes a problem of field `key` (or of the whole mapping for ""), unless there is one already.
  void complain(std::string_view key, std::string_view why) const;
  // Complains about fields that are not in `keys`.
  void only(std::initializer_list<std::string_view> keys) const;

  bool has(const std::string& key) const;
  // The field, or what is given as `absent`; complains if it cannot be read as wanted.
  std::string text(const std::string& key, std::string absent = "") const;
  std::string required_text(const std::string& key) const;
  Id number(const std::string& key, Id absent) const;
  Id required_number(const std::string& key) const;
  bool flag(const std::string& key, bool absent) const;
  std::vector<std::string> texts(const std::string& key) const;
  // A date, or an instant, or relative to now: "-179d", "+20d", "-1h".
  base::TimePoint time(const std::string& key, base::TimePoint absent) const;
  // The same, but whole days mean the last second of that day.
  base::TimePoint end(const std::string& key, base::TimePoint absent) const;
  // The index of the word, or `absent`; complains with the list of words.
  std::size_t word(const std::string& key, std::initializer_list<std::string_view> words,
                   std::size_t absent) const;
  // The items of a list; each is a mapping, or a scalar that stands for a mapping with only `name`.
  std::vector<SeedReader> items(const std::string& key, const std::string& name) const;

  base::TimePoint now() const { return now_; }

 private:
  SeedReader(std::shared_ptr<const YAML::Node> node, std::string path, base::TimePoint now,
             std::shared_ptr<std::string> problem);
  std::optional<std::string> scalar(const std::string& key) const;

  std::shared_ptr<const YAML::Node> node_;
  std::string path_;
  base::TimePoint now_;
  std::shared_ptr<std::string> problem_;
};

}  // namespace simulator
