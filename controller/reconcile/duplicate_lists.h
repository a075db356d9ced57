// DuplicateLists: the duplicates of orders, one listing for all who wait for theirs. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "certcentral/ca_api.h"
#include "reconcile/listing_pace.h"
#include "reconcile/shared_looks.h"
#include "rules/observed.h"

namespace reconcile {

struct KnownDuplicate {
  std::string public_key_sha256{};  // of the CSR; empty: there is none, or it does not parse
  std::string serial_number{};      // lower-case hexadecimal; empty: not issued yet
  rules::ListedDuplicate listed{};
};

// One listing, shared by all who asked for it and changed by nobody.
struct DuplicateList {
  base::Steady looked_at{};  // when the look began: what was accepted later may be missing
  std::vector<KnownDuplicate> entries{};

  // The entries whose CSR has this public key.
  std::vector<rules::ListedDuplicate> with_key(const std::string& public_key_sha256) const;
  bool shows_issued(const std::string& public_key_sha256) const;
};
using SharedDuplicates = std::shared_ptr<const DuplicateList>;

// Whether a caller needs a look of that age, or takes an older one while requests for the same
// order are being sent in a row (listing_pace.h).
enum class Patience { kNone, kWithTheOthers };

// What a caller needs of a list.
struct ListNeed {
  base::Steady since{};  // the look began then or later,
  Patience patience = Patience::kNone;
  // or it shows, for up to kShownAgeMax, that a certificate was issued for this key. Empty: none.
  std::string issued_for{};
};
inline constexpr std::chrono::seconds kShownAgeMax{60};

class DuplicateLists {
 public:
  // `clock` must outlive it.
  explicit DuplicateLists(const base::Clock& clock) : clock_(clock) {}

  // The duplicates of `order_id`; with patience perhaps from an older look, or null if there was
  // none yet. Errors of the CA pass through, and what was known stays. Blocks for the CA's answer.
  base::Result<SharedDuplicates> get(certcentral::CaApi& ca, std::int64_t order_id,
                                     const ListNeed& need, std::stop_token stop);

  // Around each POST for a duplicate of `order_id`.
  void begin_request(std::int64_t order_id);
  void end_request(std::int64_t order_id);

 private:
  using Keys = std::map<std::int64_t, std::string>;  // certificate id -> public key of its CSR
  struct OfOrder {
    SharedDuplicates list{};
    Keys keys{};  // kept across looks: parsing a CSR checks a signature
    ListingPace pace{};
  };

  base::Result<void> look(certcentral::CaApi& ca, std::int64_t order_id, std::stop_token stop);

  const base::Clock& clock_;
  SharedLooks looks_;
  base::Mutex mutex_;
  std::map<std::int64_t, OfOrder> orders_ GUARDED_BY(mutex_);
};

// Tells begin and end of a POST, whichever way it ends. `lists` must outlive it.
class RequestUnderWay {
 public:
  RequestUnderWay(DuplicateLists& lists, std::int64_t order_id)
      : lists_(lists), order_id_(order_id) {
    lists_.begin_request(order_id_);
  }
  ~RequestUnderWay() { lists_.end_request(order_id_); }
  RequestUnderWay(const RequestUnderWay&) = delete;
  RequestUnderWay& operator=(const RequestUnderWay&) = delete;

 private:
  DuplicateLists& lists_;
  const std::int64_t order_id_;
};

}  // namespace reconcile
