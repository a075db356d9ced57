#include "kube/credentials.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "base/text.h"

namespace kube {
namespace {

// The file's text without blanks around it; empty if it cannot be read.
base::SecretString read_token(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  base::SecretString token{std::string(base::trimmed(text))};
  base::wipe(text);
  return token;
}

}  // namespace

TokenSource::TokenSource(base::SecretString text, std::string file, const base::Clock& clock)
    : text_(std::move(text)), file_(std::move(file)), clock_(clock) {}

TokenSource::TokenSource(Fetch fetch, const base::Clock& clock)
    : fetch_(std::move(fetch)), clock_(clock) {}

// Under the lock, although it runs a program: the others need what comes of it.
base::Result<base::SecretString> TokenSource::fetched() {
  const bool valid = read_at_ && (!expires_ || clock_.now() < *expires_);
  if (valid) return cached_;
  ExecCredential fresh = TRY(fetch_());
  cached_ = std::move(fresh.token);
  const bool is_same = fresh.client_certificate_pem == certificate_.pem &&
                       fresh.client_key_pem == certificate_.key_pem;
  if (!is_same) {
    certificate_ = {std::move(fresh.client_certificate_pem), std::move(fresh.client_key_pem)};
    ++certificate_version_;
  }
  expires_ = fresh.expires;
  read_at_ = clock_.steady_now();
  return cached_;
}

base::Result<base::SecretString> TokenSource::token() {
  if (file_.empty() && !fetch_) return text_;
  const base::MutexLock lock(mutex_);
  if (fetch_) return fetched();
  const auto now = clock_.steady_now();
  if (read_at_ && now - *read_at_ < kFileLifetime) return cached_;
  base::SecretString fresh = read_token(file_);
  if (fresh.empty() && cached_.empty()) {
    return base::fail(base::Code::kUnauthenticated,
                      "read token file '" + file_ + "': missing, unreadable or empty");
  }
  if (!fresh.empty()) cached_ = std::move(fresh);
  read_at_ = now;
  return cached_;
}

TokenSource::ClientCertificate TokenSource::certificate() {
  const base::MutexLock lock(mutex_);
  return certificate_;
}

bool TokenSource::drop(const base::SecretString& refused, std::uint64_t certificate_version) {
  if (file_.empty() && !fetch_) return false;
  const base::MutexLock lock(mutex_);
  if (cached_ == refused && certificate_version_ == certificate_version) read_at_.reset();
  return true;
}

}  // namespace kube
