#include "reconcile/answers.h"

namespace reconcile {

void Answers::put(const std::string& public_key_sha256, Answer answer) {
  const base::MutexLock lock(mutex_);
  answers_.insert_or_assign(public_key_sha256, std::move(answer));
}

std::optional<Answer> Answers::get(const std::string& public_key_sha256) const {
  const base::MutexLock lock(mutex_);
  const auto at = answers_.find(public_key_sha256);
  return at == answers_.end() ? std::nullopt : std::optional(at->second);
}

void Answers::forget(const std::string& public_key_sha256) {
  const base::MutexLock lock(mutex_);
  answers_.erase(public_key_sha256);
}

void Answers::forget_certificate(const std::string& public_key_sha256) {
  const base::MutexLock lock(mutex_);
  const auto at = answers_.find(public_key_sha256);
  if (at == answers_.end()) return;
  at->second.certificate_id = 0;
  at->second.chain_pem.clear();
}

}  // namespace reconcile
