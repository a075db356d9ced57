#include "reconcile/item_memory.h"

#include <nlohmann/json.hpp>

#include "kube/response.h"
#include "reconcile/secrets.h"

namespace reconcile {
namespace {

std::shared_ptr<nlohmann::json> wiped_at_its_end(nlohmann::json&& secret) {
  return {new nlohmann::json(std::move(secret)), [](nlohmann::json* held) {
            wipe(*held);
            delete held;  // NOLINT(cppcoreguidelines-owning-memory): a deleter
          }};
}

}  // namespace

base::Result<std::shared_ptr<nlohmann::json>> ItemMemory::secret(kube::Client& client,
                                                                 const kube::ObjectKey& key,
                                                                 std::stop_token stop) {
  if (const auto known = secrets_.find(key); known != secrets_.end()) return known->second;
  auto read = client.get(kube::kSecrets, key, std::move(stop));
  if (!read && read.error().code != base::Code::kNotFound) return std::unexpected(read.error());
  auto& slot = secrets_[key];
  if (read) slot = wiped_at_its_end(*std::move(read));
  return slot;
}

void ItemMemory::wrote(const kube::ObjectKey& key, nlohmann::json&& secret) {
  if (own_writes_ != nullptr) {
    own_writes_->wrote(request_, key, kube::metadata_text(secret, "resourceVersion"));
  }
  secrets_[key] = wiped_at_its_end(std::move(secret));
}

void ItemMemory::deleted(const kube::ObjectKey& key) {
  auto& secret = secrets_[key];
  if (own_writes_ != nullptr && secret) {
    own_writes_->deleted(request_, key, kube::metadata_text(*secret, "uid"));
  }
  secret = nullptr;
}

}  // namespace reconcile
