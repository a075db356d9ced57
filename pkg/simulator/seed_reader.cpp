#include "simulator/seed_reader.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include "simulator/rules.h"

namespace simulator {
namespace {

struct ReadTime {
  base::TimePoint time{};
  bool whole_day = false;
};

std::optional<ReadTime> read_time(const std::string& text, base::TimePoint now) {
  if (text == "now") return ReadTime{now, false};
  if (const auto date = base::parse_date(text)) return ReadTime{*date, true};
  if (const auto time = base::parse_time(text)) return ReadTime{*time, false};
  if (!text.starts_with('-') && !text.starts_with('+')) return std::nullopt;
  const auto span = base::parse_duration(std::string_view(text).substr(1));
  if (!span) return std::nullopt;
  return ReadTime{text.front() == '-' ? now - *span : now + *span, text.ends_with('d')};
}

}  // namespace

SeedReader::SeedReader(std::shared_ptr<const YAML::Node> node, std::string path,
                       base::TimePoint now, std::shared_ptr<std::string> problem)
    : node_(std::move(node)), path_(std::move(path)), now_(now), problem_(std::move(problem)) {}

base::Result<SeedReader> SeedReader::parse(std::string_view yaml, base::TimePoint now) {
  YAML::Node root;
  try {
    root = YAML::Load(std::string(yaml));
  } catch (const YAML::Exception& error) {
    return base::fail(base::Code::kInvalid, fmt::format("seed: {}", error.what()));
  }
  if (!root.IsMap()) return base::fail(base::Code::kInvalid, "seed: the document is no mapping");
  return SeedReader(std::make_shared<const YAML::Node>(root), "", now,
                    std::make_shared<std::string>());
}

base::Result<void> SeedReader::result() const {
  if (problem_->empty()) return {};
  return base::fail(base::Code::kInvalid, *problem_);
}

void SeedReader::complain(std::string_view key, std::string_view why) const {
  if (!problem_->empty()) return;
  const std::string_view dot = path_.empty() || key.empty() ? "" : ".";
  *problem_ = fmt::format("seed: {}{}{}: {}", path_, dot, key, why);
}

void SeedReader::only(std::initializer_list<std::string_view> keys) const {
  if (!node_->IsMap()) return;
  for (const auto& entry : *node_) {
    const std::string key = entry.first.Scalar();
    if (std::ranges::find(keys, key) == keys.end()) complain(key, "there is no such field");
  }
}

bool SeedReader::has(const std::string& key) const {
  return node_->IsMap() && (*node_)[key].IsDefined() && !(*node_)[key].IsNull();
}

std::optional<std::string> SeedReader::scalar(const std::string& key) const {
  if (!has(key)) return std::nullopt;
  const YAML::Node value = (*node_)[key];
  if (value.IsScalar()) return value.Scalar();
  complain(key, "wanted one value, not a list or mapping");
  return std::nullopt;
}

std::string SeedReader::text(const std::string& key, std::string absent) const {
  return scalar(key).value_or(std::move(absent));
}

std::string SeedReader::required_text(const std::string& key) const {
  std::string value = text(key);
  if (value.empty()) complain(key, "it is required");
  return value;
}

Id SeedReader::number(const std::string& key, Id absent) const {
  const auto text = scalar(key);
  if (!text) return absent;
  Id value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error == std::errc{} && end == text->data() + text->size() && value >= 0) return value;
  complain(key, fmt::format("\"{}\" is no number", *text));
  return absent;
}

Id SeedReader::required_number(const std::string& key) const {
  const Id value = number(key, 0);
  if (value == 0) complain(key, "it is required");
  return value;
}

bool SeedReader::flag(const std::string& key, bool absent) const {
  const auto text = scalar(key);
  if (!text) return absent;
  if (*text == "true" || *text == "false") return *text == "true";
  complain(key, fmt::format("\"{}\" is neither true nor false", *text));
  return absent;
}

std::vector<std::string> SeedReader::texts(const std::string& key) const {
  std::vector<std::string> values;
  if (!has(key)) return values;
  const YAML::Node list = (*node_)[key];
  if (!list.IsSequence()) {
    complain(key, "wanted a list");
    return values;
  }
  for (const YAML::Node& item : list) {
    if (!item.IsScalar()) complain(key, "wanted a list of texts");
    values.push_back(item.IsScalar() ? item.Scalar() : "");
  }
  return values;
}

base::TimePoint SeedReader::time(const std::string& key, base::TimePoint absent) const {
  const auto text = scalar(key);
  if (!text) return absent;
  if (const auto read = read_time(*text, now_)) return read->time;
  complain(key, fmt::format("\"{}\" is no date; try 2026-04-30, -179d or +20d", *text));
  return absent;
}

base::TimePoint SeedReader::end(const std::string& key, base::TimePoint absent) const {
  const base::TimePoint exact = time(key, absent);
  const auto read = read_time(text(key), now_);
  return read && read->whole_day ? end_after_days(exact, 1) : exact;
}

std::size_t SeedReader::word(const std::string& key, std::initializer_list<std::string_view> words,
                             std::size_t absent) const {
  const auto text = scalar(key);
  if (!text) return absent;
  const auto* found = std::ranges::find(words, *text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  complain(key, fmt::format("\"{}\" is none of {}", *text, fmt::join(words, ", ")));
  return absent;
}

std::vector<SeedReader> SeedReader::items(const std::string& key, const std::string& name) const {
  std::vector<SeedReader> readers;
  if (!has(key)) return readers;
  const YAML::Node list = (*node_)[key];
  if (!list.IsSequence()) complain(key, "wanted a list");
  const std::string path = path_.empty() ? key : path_ + "." + key;
  for (std::size_t i = 0; list.IsSequence() && i < list.size(); ++i) {
    YAML::Node item = list[i];
    if (item.IsScalar()) {
      YAML::Node whole;
      whole[name] = item;
      item = whole;
    }
    readers.push_back(SeedReader(std::make_shared<const YAML::Node>(item),
                                 fmt::format("{}[{}]", path, i), now_, problem_));
    if (!item.IsMap()) readers.back().complain("", "wanted a mapping");
  }
  return readers;
}

}  // namespace simulator
