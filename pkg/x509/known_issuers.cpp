#include "x509/known_issuers.h"

namespace x509 {
namespace {

constexpr std::size_t kKept = 64;  // an account has a handful

}  // namespace

std::optional<Certificate> KnownIssuers::find(std::string_view der) const {
  const base::MutexLock lock(mutex_);
  const auto at = certificates_.find(der);
  return at == certificates_.end() ? std::nullopt : std::optional(at->second);
}

void KnownIssuers::put(std::string_view der, const Certificate& certificate) {
  if (!certificate.is_ca()) return;
  const base::MutexLock lock(mutex_);
  if (certificates_.size() >= kKept) certificates_.clear();
  certificates_.insert_or_assign(std::string(der), certificate);
}

}  // namespace x509
