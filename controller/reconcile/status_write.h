// Writes the status of an object over exactly the version that it was computed from: a process with
// an old view would date conditions anew, or take back what was told since.
#pragma once

#include <stop_token>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "api/metadata.h"
#include "kube/client.h"

namespace reconcile {

// What `status` was computed from.
struct StatusTarget {
  const kube::Resource& resource;
  const api::ObjectMeta& meta;
  std::string_view words;  // for errors: what is written, "the ledger"
};

// The object as the API server has it then, or what `answer` says of it. kConflict: there is a
// newer version, or another object of that name. kNotFound: it was deleted meanwhile. Blocks for
// the answer.
base::Result<nlohmann::json> write_status(kube::Client& client, const StatusTarget& target,
                                          nlohmann::json status, std::stop_token stop,
                                          kube::View answer = kube::View::kMetadata);

}  // namespace reconcile
