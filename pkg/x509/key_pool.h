// KeyPool: RSA keys that were made ahead of time, so that a burst of requests does not wait for
// their making (60 ms and more each). Thread-safe. Entry points: key() for who needs one, lacking()
// and put() for who fills the pool while nothing else is to be done.
//
// Each key is handed out once, and belongs to nobody before that. A key that is not handed out is
// wiped with the pool, as OpenSSL wipes each private key when its last owner is gone.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/result.h"
#include "base/thread_annotations.h"
#include "x509/private_key.h"

namespace x509 {

class KeyPool {
 public:
  static constexpr std::size_t kMostOfASize = 100;
  explicit KeyPool(std::size_t most_of_a_size = kMostOfASize) : most_(most_of_a_size) {}

  // Such keys may be needed: from now on the pool lacks them. Only for RSA; others are made in less
  // time than it takes to keep them.
  void want(const KeyParams& params);

  // One of the pool, else a new one as by PrivateKey::generate. Counts as want().
  base::Result<PrivateKey> key(const KeyParams& params);

  // What the pool has too few of, the smallest keys first; nullopt: nothing.
  std::optional<KeyParams> lacking() const;
  // Blocks until there is something; nullopt if `stop` is requested.
  std::optional<KeyParams> wait_lacking(const std::stop_token& stop) const;
  // Takes a new key that nobody else has. One that is not lacking is dropped.
  void put(PrivateKey key);
  // Of that kind, ready to be handed out.
  std::size_t size(const KeyParams& params) const;

 private:
  std::optional<PrivateKey> take(const KeyParams& params);
  std::optional<KeyParams> first_lack() const REQUIRES(mutex_);

  const std::size_t most_;
  mutable base::Mutex mutex_;
  mutable base::ConditionVariable changed_;
  std::map<int, std::vector<PrivateKey>> keys_ GUARDED_BY(mutex_);  // by size; all that are wanted
};

}  // namespace x509
