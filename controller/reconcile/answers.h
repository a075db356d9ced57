// Answers: what this process remembers of its POSTs, by the public key of the CSR. Thread-safe.
// Memory only, and only a short cut: after a restart the CA's own list tells the same (R7).
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "rules/observed.h"

namespace reconcile {

inline constexpr std::chrono::seconds kLookSpacing{1};

struct Answer {
  rules::CaView::Post post = rules::CaView::Post::kUnknown;
  bool rate_limited = false;  // kNotSent because of the CA's rate limit
  bool awaits_approval = false;
  std::int64_t certificate_id = 0;  // 0: not told
  std::string chain_pem{};          // empty: not told
  base::Steady ended_at{};          // when the POST ended: a look must begin later
};

// The looks at an order's list of duplicates that did not show a key.
struct FruitlessLooks {
  int count = 0;
  base::Steady last{};  // when the last of them began
};

class Answers {
 public:
  void put(const std::string& public_key_sha256, Answer answer);
  std::optional<Answer> get(const std::string& public_key_sha256) const;
  void forget(const std::string& public_key_sha256);
  // Keeps how the POST ended, and drops what it said about the certificate.
  void forget_certificate(const std::string& public_key_sha256);
  // A look that began at `began` did not show the key. Looks that are closer together than
  // kLookSpacing count as one. Each POST begins the count anew. Returns all of them.
  FruitlessLooks note_fruitless(const std::string& public_key_sha256, base::Steady began);

 private:
  mutable base::Mutex mutex_;
  std::map<std::string, Answer> answers_ GUARDED_BY(mutex_);
  std::map<std::string, FruitlessLooks> fruitless_ GUARDED_BY(mutex_);
};

}  // namespace reconcile
