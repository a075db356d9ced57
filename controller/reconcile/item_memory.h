// ItemMemory: what the passes of one work item share, so that a Secret that one of them has read or
// written need not be read and parsed by the next. It ends with the item, or with an effect that
// fails. What somebody else changes meanwhile is noticed by the effects: they carry preconditions.
// Owned by one pass at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "kube/client.h"
#include "reconcile/own_writes.h"
#include "x509/parse_memo.h"

namespace reconcile {

class ItemMemory {
 public:
  ItemMemory() = default;
  // Of the item of `request` ("namespace/name"), whose writes are told to `own_writes`, which must
  // outlive it; null: to nobody.
  ItemMemory(std::shared_ptr<x509::KnownIssuers> issuers, OwnWrites* own_writes,
             std::string request)
      : own_writes_(own_writes), request_(std::move(request)), parsed_(std::move(issuers)) {}

  // The Secret as last read or written here, else as the API server has it; null: there is none.
  // Errors of the API server pass through. Its text is wiped when nobody holds it any more.
  base::Result<std::shared_ptr<nlohmann::json>> secret(kube::Client& client,
                                                       const kube::ObjectKey& key,
                                                       std::stop_token stop);
  // What the API server has answered to a write.
  void wrote(const kube::ObjectKey& key, nlohmann::json&& secret);
  void deleted(const kube::ObjectKey& key);

  x509::ParseMemo& parsed() { return parsed_; }

 private:
  OwnWrites* const own_writes_ = nullptr;
  const std::string request_{};
  std::map<kube::ObjectKey, std::shared_ptr<nlohmann::json>> secrets_{};
  x509::ParseMemo parsed_{};
};

}  // namespace reconcile
