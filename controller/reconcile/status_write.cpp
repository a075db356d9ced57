#include "reconcile/status_write.h"

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace reconcile {

base::Result<nlohmann::json> write_status(kube::Client& client, const StatusTarget& target,
                                          nlohmann::json status, std::stop_token stop,
                                          kube::View answer) {
  const auto& [resource, meta, words] = target;
  const nlohmann::json object{{"apiVersion", resource.api_version()},
                              {"kind", resource.kind},
                              {"metadata",
                               {{"name", meta.name},
                                {"namespace", meta.namespace_},
                                {"uid", meta.uid},
                                {"resourceVersion", meta.resource_version}}},
                              {"status", std::move(status)}};
  auto written = client.replace_status(resource, {meta.namespace_, meta.name}, object,
                                       std::move(stop), answer);
  if (written) return written;
  return std::unexpected(base::wrap("write " + std::string(words), std::move(written).error()));
}

}  // namespace reconcile
