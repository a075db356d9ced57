#include "runtime/informer.h"

#include <nlohmann/json.hpp>

#include "kube/response.h"

namespace runtime {

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
  return kube::ObjectKey{kube::metadata_text(object, "namespace"),
                         kube::metadata_text(object, "name")}
      .text();
}

}  // namespace runtime
