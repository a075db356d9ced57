#include "kube/json.h"

#include <cstring>
#include <memory>
#include <simdjson.h>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/bytes.h"

namespace kube {
namespace {

using base::Code;
using base::Result;
using nlohmann::json;
namespace dom = simdjson::dom;

// What a parser needs grows with the longest text, to 14 times as much: those of lists are not
// kept.
constexpr std::size_t kKeptBytes = std::size_t{64} << 10U;

// Makes values of elements; without an answer if they are nested too deeply.
class Builder {
 public:
  explicit Builder(ManagedFields managed_fields) : drops_(managed_fields == ManagedFields::kDrop) {}

  bool build(const dom::element& from, json& to, int depth = 0) {
    switch (from.type()) {
      case dom::element_type::OBJECT:
        return depth < kNestingMax && build_object(from, to, depth + 1);
      case dom::element_type::ARRAY:
        return depth < kNestingMax && build_array(from, to, depth + 1);
      case dom::element_type::STRING:
        to = std::string(std::string_view(from));
        return true;
      case dom::element_type::INT64:
        to = std::int64_t(from);
        if (to.get<std::int64_t>() >= 0) to = static_cast<std::uint64_t>(to.get<std::int64_t>());
        return true;
      case dom::element_type::UINT64:
        to = std::uint64_t(from);
        return true;
      case dom::element_type::DOUBLE:
        to = double(from);
        return true;
      case dom::element_type::BOOL:
        to = bool(from);
        return true;
      case dom::element_type::NULL_VALUE:
        to = nullptr;
        return true;
    }
    return false;
  }

 private:
  bool build_object(const dom::object& from, json& to, int depth) {
    to = json::object();
    auto& members = to.get_ref<json::object_t&>();
    const bool in_metadata = std::exchange(next_is_metadata_, false);
    for (const auto& [name, value] : from) {
      if (drops_ && in_metadata && name == "managedFields") continue;
      next_is_metadata_ = name == "metadata";
      if (!build(value, members[std::string(name)], depth)) return false;
      next_is_metadata_ = false;
    }
    return true;
  }
  bool build_array(const dom::array& from, json& to, int depth) {
    to = json::array();
    auto& items = to.get_ref<json::array_t&>();
    items.reserve(from.size());
    next_is_metadata_ = false;
    for (const dom::element item : from) {
      if (!build(item, items.emplace_back(), depth)) return false;
    }
    return true;
  }

  const bool drops_;
  bool next_is_metadata_ = false;
};

// simdjson unescapes all texts of a document into a buffer of its own, which for `size` bytes has
// at least this size (dom::document::allocate).
void wipe_texts(dom::parser& parser, std::size_t size) {
  std::uint8_t* const texts = parser.doc.string_buf.get();
  if (texts != nullptr && parser.capacity() >= size) explicit_bzero(texts, 5 * size / 3);
}

Result<json> parse_with(dom::parser& parser, const std::string& padded, std::size_t size,
                        ManagedFields managed_fields) {
  dom::element root;
  const auto error = parser.parse(padded.data(), size, /*realloc_if_needed=*/false).get(root);
  json value;
  const bool built = !error && Builder(managed_fields).build(root, value);
  wipe_texts(parser, size);
  if (error) return base::fail(Code::kCorrupt, "parse JSON: not JSON");
  if (!built) return base::fail(Code::kCorrupt, "parse JSON: nested too deeply");
  return value;
}

}  // namespace

Result<json> parse_json(std::string_view text, ManagedFields managed_fields) {
  std::string padded;
  padded.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  padded = text;
  Result<json> value = [&] {
    if (text.size() > kKeptBytes) {
      dom::parser parser;
      return parse_with(parser, padded, text.size(), managed_fields);
    }
    thread_local dom::parser parser(kKeptBytes);
    return parse_with(parser, padded, text.size(), managed_fields);
  }();
  base::wipe(padded);
  return value;
}

}  // namespace kube
