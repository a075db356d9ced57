#include "http/served_identity.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/log.h"

namespace http {
namespace {

using base::Code;
using base::Result;
using std::chrono::steady_clock;

// Far above any chain; a limit because the path may point at anything.
constexpr std::uintmax_t kFileBytesMax = std::uintmax_t{1} << 20U;

Result<std::string> read_file(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (!error && size > kFileBytesMax) {
    return base::fail(Code::kUnavailable, "read '" + path + "': larger than 1 MiB");
  }
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (error || !file.is_open() || text.empty()) {
    return base::fail(Code::kUnavailable, "read '" + path + "': missing, unreadable or empty");
  }
  return text;
}

}  // namespace

Result<std::unique_ptr<ServedIdentity>> ServedIdentity::of(std::string_view certificate_pem,
                                                           const base::SecretString& key_pem) {
  std::unique_ptr<ServedIdentity> made(new ServedIdentity());
  const base::MutexLock lock(made->mutex_);
  made->current_ =
      std::make_shared<const TlsIdentity>(TRY(TlsIdentity::parse(certificate_pem, key_pem)));
  return made;
}

Result<std::unique_ptr<ServedIdentity>> ServedIdentity::load(const CertificateFiles& files) {
  std::unique_ptr<ServedIdentity> made(new ServedIdentity());
  made->files_ = files;
  {
    const base::MutexLock lock(made->mutex_);
    TRY_VOID(made->look());
  }
  return made;
}

// Both files are read one after the other: a pair that is replaced in between does not match, and
// the next look finds the new one.
Result<void> ServedIdentity::look() {
  looked_at_ = steady_clock::now();
  auto certificate = read_file(files_->certificate);
  auto key = read_file(files_->key);
  base::SecretString secret(key ? std::exchange(*key, {}) : std::string());
  const bool is_same = certificate && *certificate == certificate_pem_ && secret == key_pem_;
  auto parsed = [&]() -> Result<TlsIdentity> {
    if (!certificate) return std::unexpected(certificate.error());
    if (!key) return std::unexpected(key.error());
    auto identity = TlsIdentity::parse(*certificate, secret);
    if (identity) return identity;
    return std::unexpected(
        base::wrap("'" + files_->certificate + "' and '" + files_->key + "'", identity.error()));
  }();
  if (files_->on_read) files_->on_read(parsed.has_value());
  if (!parsed) return std::unexpected(parsed.error());
  if (is_same) return {};
  current_ = std::make_shared<const TlsIdentity>(*std::move(parsed));
  certificate_pem_ = *std::move(certificate);
  key_pem_ = std::move(secret);
  return {};
}

// Under the lock, although it reads files: one handshake looks, the others need what it finds.
std::shared_ptr<const TlsIdentity> ServedIdentity::current() {
  const base::MutexLock lock(mutex_);
  if (!files_ || steady_clock::now() - looked_at_ < files_->look_every) return current_;
  const auto before = current_;
  const auto looked = look();
  const std::string trouble = looked ? "" : looked.error().message;
  if (!looked && trouble != told_) {
    base::log_warn("the served certificate cannot be read again; the old one stays in use",
                   {{"error", trouble}});
  }
  if (current_ != before) {
    base::log_info("serving a new certificate", {{"file", files_->certificate}});
  }
  told_ = trouble;
  return current_;
}

bool ServedIdentity::install(ssl_st* handshake) {
  return current()->install(handshake);
}

}  // namespace http
