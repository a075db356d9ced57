#include "runtime/informer.h"

#include <nlohmann/json.hpp>

namespace runtime {
namespace {

std::string text_at(const nlohmann::json& object, const char* field) {
  const auto at = object.find(field);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace

std::vector<std::string> watched_namespaces(const InformerOptions& options) {
  if (options.namespaces.empty()) return {""};
  return options.namespaces;
}

WatchScope scope_of(const InformerOptions& options, const std::string& namespace_) {
  return {.resource = options.resource,
          .namespace_ = namespace_,
          .label_selector = options.label_selector,
          .field_selector = options.field_selector,
          .view = options.view};
}

std::string raw_key(const nlohmann::json& object) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return {};
  return kube::ObjectKey{text_at(*metadata, "namespace"), text_at(*metadata, "name")}.text();
}

}  // namespace runtime
