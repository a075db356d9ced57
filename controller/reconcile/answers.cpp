#include "reconcile/answers.h"

namespace reconcile {

void Answers::put(const std::string& public_key_sha256, Answer answer) {
  const base::MutexLock lock(mutex_);
  answers_.insert_or_assign(public_key_sha256, std::move(answer));
  fruitless_.erase(public_key_sha256);
}

std::optional<Answer> Answers::get(const std::string& public_key_sha256) const {
  const base::MutexLock lock(mutex_);
  const auto at = answers_.find(public_key_sha256);
  return at == answers_.end() ? std::nullopt : std::optional(at->second);
}

void Answers::forget(const std::string& public_key_sha256) {
  const base::MutexLock lock(mutex_);
  answers_.erase(public_key_sha256);
  fruitless_.erase(public_key_sha256);
}

FruitlessLooks Answers::note_fruitless(const std::string& public_key_sha256, base::Steady began) {
  const base::MutexLock lock(mutex_);
  FruitlessLooks& looks = fruitless_[public_key_sha256];
  if (looks.count == 0 || began - looks.last >= kLookSpacing) {
    ++looks.count;
    looks.last = began;
  }
  return looks;
}

void Answers::forget_certificate(const std::string& public_key_sha256) {
  const base::MutexLock lock(mutex_);
  const auto at = answers_.find(public_key_sha256);
  if (at == answers_.end()) return;
  at->second.certificate_id = 0;
  at->second.chain_pem.clear();
}

}  // namespace reconcile
