#include "x509/key_pool.h"

#include <utility>

namespace x509 {

void KeyPool::want(const KeyParams& params) {
  if (params.algorithm != KeyAlgorithm::kRsa) return;
  const base::MutexLock lock(mutex_);
  if (keys_.try_emplace(params.size).second) changed_.notify_all();
}

std::optional<PrivateKey> KeyPool::take(const KeyParams& params) {
  if (params.algorithm != KeyAlgorithm::kRsa) return std::nullopt;
  const base::MutexLock lock(mutex_);
  auto& ready = keys_[params.size];
  changed_.notify_all();
  if (ready.empty()) return std::nullopt;
  std::optional<PrivateKey> taken(std::move(ready.back()));
  ready.pop_back();
  return taken;
}

base::Result<PrivateKey> KeyPool::key(const KeyParams& params) {
  if (auto taken = take(params)) return *std::move(taken);
  return PrivateKey::generate(params);
}

std::optional<KeyParams> KeyPool::first_lack() const {
  for (const auto& [size, ready] : keys_) {
    if (ready.size() < most_) return KeyParams{.algorithm = KeyAlgorithm::kRsa, .size = size};
  }
  return std::nullopt;
}

std::optional<KeyParams> KeyPool::lacking() const {
  const base::MutexLock lock(mutex_);
  return first_lack();
}

std::optional<KeyParams> KeyPool::wait_lacking(const std::stop_token& stop) const {
  const base::MutexLock lock(mutex_);
  changed_.wait(mutex_, stop, [this]() REQUIRES(mutex_) { return first_lack().has_value(); });
  return stop.stop_requested() ? std::nullopt : first_lack();
}

void KeyPool::put(PrivateKey key) {
  const base::MutexLock lock(mutex_);
  const auto at = keys_.find(key.params().size);
  const bool lacks = key.params().algorithm == KeyAlgorithm::kRsa && at != keys_.end() &&
                     at->second.size() < most_;
  if (lacks) at->second.push_back(std::move(key));
}

std::size_t KeyPool::size(const KeyParams& params) const {
  const base::MutexLock lock(mutex_);
  const auto at = keys_.find(params.size);
  return params.algorithm == KeyAlgorithm::kRsa && at != keys_.end() ? at->second.size() : 0;
}

}  // namespace x509
