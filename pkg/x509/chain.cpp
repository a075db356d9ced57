#include "x509/chain.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace x509 {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// Longest valid first; the fingerprint makes the order total, so that no answer depends on the
// order in which the CA sent its certificates.
bool comes_first(const Certificate& a, const Certificate& b) {
  if (a.not_after() != b.not_after()) return a.not_after() > b.not_after();
  return a.sha256_fingerprint() < b.sha256_fingerprint();
}

std::vector<Certificate> sorted_once(std::vector<Certificate> certificates) {
  std::ranges::sort(certificates, comes_first);
  const auto rest = std::ranges::unique(certificates);
  certificates.erase(rest.begin(), rest.end());
  return certificates;
}

std::string names_of(const std::vector<Certificate>& certificates) {
  std::string names;
  for (const Certificate& certificate : certificates) {
    if (names.size() > 200) return names + ", ...";
    names += (names.empty() ? "" : ", ") + certificate.subject();
  }
  return names.empty() ? "nothing" : names;
}

// The leaf that carries our key; a CA certificate only if nothing else does (self-signed pairs of
// other origin are often marked as CA).
Result<std::size_t> find_leaf(const std::vector<Certificate>& pool, const std::string& key_sha256) {
  std::size_t leaf = kNone;
  for (std::size_t at = 0; at < pool.size(); ++at) {
    if (pool[at].public_key_sha256() != key_sha256) continue;
    if (leaf == kNone || (pool[leaf].is_ca() && !pool[at].is_ca())) leaf = at;
  }
  if (leaf == kNone) {
    return fail(Code::kCorrupt, "build chain: no certificate for our key; sent: " + names_of(pool));
  }
  return leaf;
}

bool can_issue(const Certificate& issuer, const Certificate& subject) {
  return issuer.is_ca() && subject.names_as_issuer(issuer) && subject.is_signed_by(issuer);
}

// The shortest way from the leaf upwards: indices into `pool`, the leaf first. Breadth first, every
// certificate visited once, so that cross-signs that sign each other cannot make it long.
std::vector<std::size_t> find_path(const std::vector<Certificate>& pool, std::size_t leaf) {
  std::vector<std::size_t> below(pool.size(), kNone);
  std::deque<std::size_t> queue{leaf};
  below[leaf] = leaf;
  std::size_t top = kNone;
  while (!queue.empty()) {
    const std::size_t at = queue.front();
    queue.pop_front();
    if (pool[at].is_self_signed()) {
      top = at;
      break;
    }
    const std::size_t known = queue.size();
    for (std::size_t up = 0; up < pool.size(); ++up) {
      if (below[up] != kNone || !can_issue(pool[up], pool[at])) continue;
      below[up] = at;
      queue.push_back(up);
    }
    if (queue.size() == known && top == kNone) top = at;  // nobody above it was sent
  }
  std::vector<std::size_t> path{top};
  while (path.back() != leaf) path.push_back(below[path.back()]);
  std::ranges::reverse(path);
  return path;
}

// An issuer that was sent but did not issue means that something is damaged or forged.
Result<void> check_end(const std::vector<Certificate>& pool, const Certificate& top) {
  if (top.is_self_signed()) return {};
  for (const Certificate& issuer : pool) {
    if (!top.names_as_issuer(issuer) || can_issue(issuer, top)) continue;
    const std::string names = "\"" + issuer.subject() + "\" over \"" + top.subject() + "\"";
    if (!issuer.is_ca()) return fail(Code::kCorrupt, "build chain: not a CA: " + names);
    return fail(Code::kCorrupt, "build chain: signature does not verify: " + names);
  }
  return {};
}

Result<void> check_dates(const Certificate& certificate, base::TimePoint now) {
  if (certificate.is_valid_at(now)) return {};
  return fail(Code::kCorrupt, "build chain: \"" + certificate.subject() + "\" is valid from " +
                                  base::format_time(certificate.not_before()) + " to " +
                                  base::format_time(certificate.not_after()));
}

}  // namespace

std::string Chain::tls_crt() const {
  std::string pem = leaf.to_pem();
  for (const Certificate& certificate : intermediates) pem += certificate.to_pem();
  return pem;
}

Result<Chain> build_chain(const std::vector<Certificate>& sent,
                          const std::string& public_key_sha256,
                          std::optional<base::TimePoint> now) {
  const std::vector<Certificate> pool = sorted_once(sent);
  const std::size_t leaf = TRY(find_leaf(pool, public_key_sha256));
  const std::vector<std::size_t> path = find_path(pool, leaf);
  TRY_VOID(check_end(pool, pool[path.back()]));

  Chain chain{.leaf = pool[leaf]};
  for (const std::size_t at : path) {
    if (at == leaf) continue;
    chain.top = pool[at];
    if (!pool[at].is_self_signed()) chain.intermediates.push_back(pool[at]);
  }
  if (!now) return chain;
  TRY_VOID(check_dates(chain.leaf, *now));
  for (const Certificate& certificate : chain.intermediates) {
    TRY_VOID(check_dates(certificate, *now));
  }
  return chain;
}

}  // namespace x509
