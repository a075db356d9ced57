#include "kube/watch_decoder.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "kube/response.h"

namespace kube {
namespace {

using base::Code;
using base::Result;
using nlohmann::json;

std::optional<WatchType> type_of(const std::string& text) {
  if (text == "ADDED") return WatchType::kAdded;
  if (text == "MODIFIED") return WatchType::kModified;
  if (text == "DELETED") return WatchType::kDeleted;
  if (text == "BOOKMARK") return WatchType::kBookmark;
  return std::nullopt;
}

Result<void> decode_line(std::string_view line, ManagedFields managed_fields,
                         const WatchSink& sink) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return {};
  json event = TRY(parse_json(line, managed_fields));
  const bool has_parts = event.is_object() && event.contains("type") && event["type"].is_string() &&
                         event.contains("object") && event["object"].is_object();
  if (!has_parts) return base::fail(Code::kCorrupt, "read watch event: no type or object");
  const auto name = event["type"].get<std::string>();
  if (name == "ERROR") return std::unexpected(error_of_status(event["object"]));
  const auto type = type_of(name);
  if (!type) return {};  // a newer server's; its object would not be understood either
  return sink(*type, std::move(event["object"]));
}

}  // namespace

Result<void> WatchDecoder::feed(std::string_view bytes, const WatchSink& sink) {
  for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
    if (partial_.size() + end > kLineBytesMax) break;
    partial_.append(bytes.substr(0, end));
    const std::string line = std::exchange(partial_, {});
    TRY_VOID(decode_line(line, managed_fields_, sink));
    bytes.remove_prefix(end + 1);
  }
  if (partial_.size() + std::min(bytes.find('\n'), bytes.size()) > kLineBytesMax) {
    return base::fail(Code::kCorrupt,
                      "read watch event: longer than " + std::to_string(kLineBytesMax) + " bytes");
  }
  partial_.append(bytes);
  return {};
}

}  // namespace kube
