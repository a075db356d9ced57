#include "plan/manifest.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace plan {
namespace {

namespace fs = std::filesystem;
using base::Code;
using base::Result;
using nlohmann::json;

constexpr std::size_t kFileBytesMax = std::size_t{4} << 20U;
// Aliases of aliases can make a small file huge.
constexpr int kValuesMax = 100'000;
constexpr int kDepthMax = 100;

std::unexpected<base::Error> invalid(const std::string& message) {
  return base::fail(Code::kInvalid, message);
}

std::string at(const std::string& file, const YAML::Mark& mark) {
  return mark.is_null() ? file : fmt::format("{}:{}:{}", file, mark.line + 1, mark.column + 1);
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// What kubectl makes of a plain scalar (YAML 1.1, as sigs.k8s.io/yaml reads it).
json scalar_of(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  const bool plain = node.Tag() == "?";
  if (!plain) return text;
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return nullptr;
  if (is_one_of(text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) {
    return false;
  }
  if (const auto number = whole<std::int64_t>(text)) return *number;
  const bool numeric = text.find_first_not_of("0123456789+-.eE") == std::string::npos;
  if (const auto number = numeric ? whole<double>(text) : std::nullopt) return *number;
  return text;
}

// Turns a tree of YAML into JSON. Owned by one document.
class Converter {
 public:
  explicit Converter(const std::string& file) : file_(file) {}

  Result<json> convert(const YAML::Node& node, int depth = 0) {
    if (++values_ > kValuesMax || depth > kDepthMax) {
      return invalid(fmt::format("{}: the document is too large or too deep", file_));
    }
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return scalar_of(node);
      case YAML::NodeType::Sequence:
        return list(node, depth);
      case YAML::NodeType::Map:
        return map(node, depth);
      case YAML::NodeType::Null:
      case YAML::NodeType::Undefined:
        return json(nullptr);
    }
    return json(nullptr);
  }

 private:
  Result<json> list(const YAML::Node& node, int depth) {
    json items = json::array();
    for (const YAML::Node& item : node) {
      auto value = TRY(convert(item, depth + 1));
      items.push_back(std::move(value));
    }
    return items;
  }

  Result<json> map(const YAML::Node& node, int depth) {
    json object = json::object();
    json merged = json::object();
    for (const auto& pair : node) {
      const YAML::Node& name = pair.first;
      if (!name.IsScalar()) {
        return invalid(fmt::format("{}: the name of a field is not text", at(file_, name.Mark())));
      }
      auto value = TRY(convert(pair.second, depth + 1));
      if (name.Scalar() == "<<" && value.is_object()) {
        merged = std::move(value);
        continue;
      }
      if (object.contains(name.Scalar())) {
        return invalid(fmt::format("{}: the field {} is there twice; keep one of them",
                                   at(file_, name.Mark()), name.Scalar()));
      }
      object[name.Scalar()] = std::move(value);
    }
    for (auto& [name, value] : merged.items()) {
      if (!object.contains(name)) object[name] = value;
    }
    return object;
  }

  const std::string& file_;
  int values_ = 0;
};

Result<void> add_object(json object, const std::string& place, std::vector<Manifest>& found) {
  if (object.is_null()) return {};
  const std::string kind = object.is_object() ? object.value("kind", json()).dump() : "";
  if (!object.is_object() || kind.size() <= 2 || kind.front() != '"') {
    return invalid(fmt::format(
        "{}: not a Kubernetes manifest: it has no kind; give files with apiVersion, kind, metadata "
        "and spec",
        place));
  }
  const auto items = object.find("items");
  if (!kind.ends_with("List\"") || items == object.end() || !items->is_array()) {
    found.push_back({.place = place, .object = std::move(object)});
    return {};
  }
  for (std::size_t i = 0; i < items->size(); ++i) {
    TRY_VOID(add_object((*items)[i], fmt::format("{}, item {}", place, i + 1), found));
  }
  return {};
}

Result<std::string> read_stream(std::istream& in, const std::string& name) {
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) return invalid(fmt::format("{}: cannot be read", name));
  return text;
}

Result<std::string> read_file(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) return invalid(fmt::format("{}: {}", path.string(), error.message()));
  if (size > kFileBytesMax) return invalid(fmt::format("{}: larger than 4 MiB", path.string()));
  std::ifstream in(path, std::ios::binary);
  if (!in) return invalid(fmt::format("{}: cannot be opened", path.string()));
  return read_stream(in, path.string());
}

Result<std::vector<fs::path>> files_in(const fs::path& directory) {
  constexpr std::array<std::string_view, 3> kEndings{".yaml", ".yml", ".json"};
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const bool wanted = std::ranges::find(kEndings, entry->path().extension()) != kEndings.end();
    if (wanted && entry->is_regular_file(error)) files.push_back(entry->path());
  }
  if (error) return invalid(fmt::format("{}: {}", directory.string(), error.message()));
  if (files.empty()) {
    return invalid(
        fmt::format("{}: there is no .yaml, .yml or .json file in it", directory.string()));
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

Result<std::vector<Manifest>> parse_manifests(const std::string& text, const std::string& file) {
  std::vector<Manifest> found;
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    for (std::size_t i = 0; i < documents.size(); ++i) {
      auto object = TRY(Converter(file).convert(documents[i]));
      const bool several = documents.size() > 1;
      const std::string place = several ? fmt::format("{}, document {}", file, i + 1) : file;
      TRY_VOID(add_object(std::move(object), place, found));
    }
  } catch (const YAML::Exception& error) {
    return invalid(fmt::format("{}: not YAML: {}", at(file, error.mark), error.msg));
  }
  return found;
}

Result<std::vector<Manifest>> read_manifests(const std::vector<std::string>& paths,
                                             std::istream& input) {
  std::vector<Manifest> all;
  const auto add = [&](const std::string& text, const std::string& name) -> Result<void> {
    auto found = TRY(parse_manifests(text, name));
    std::ranges::move(found, std::back_inserter(all));
    return {};
  };
  for (const std::string& path : paths) {
    if (path == "-") {
      const std::string text = TRY(read_stream(input, "standard input"));
      TRY_VOID(add(text, "standard input"));
      continue;
    }
    const bool is_directory = fs::is_directory(path);
    const auto files = is_directory ? TRY(files_in(path)) : std::vector<fs::path>{path};
    for (const fs::path& file : files) {
      const std::string text = TRY(read_file(file));
      TRY_VOID(add(text, file.string()));
    }
  }
  return all;
}

}  // namespace plan
