// BudgetCore: how many calls an API key may still make, and which kind of call goes first.
// The pure part of rate_budget.h: no clock, no threads; `now` must not go backwards.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace certcentral {

// Who goes first when calls are scarce. In this order.
enum class Urgency {
  kMoney,       // an order in flight
  kExpiring,    // a certificate that is due
  kNew,         // a request without a certificate
  kBackground,  // inventories, checks of the account
};
inline constexpr std::size_t kUrgencyCount = 4;

// "money", "expiring", "new", "background".
std::string_view name_of(Urgency urgency);

// CertCentral allows these for each API key, over rolling windows
// (dev.digicert.com, /en/certcentral-apis/services-api/rate-limits).
struct RateLimits {
  int requests_per_3_minutes = 1000;
  int requests_per_5_seconds = 100;

  bool operator==(const RateLimits&) const = default;
};

// The smaller of each limit: for profiles that share a key.
RateLimits smaller(const RateLimits& a, const RateLimits& b);

// Thread-compatible. Guarantees, in each window:
// - never more calls than the limit. Windows are counted a little longer than CertCentral counts
//   them, because a slow call may arrive there together with later ones;
// - each urgency keeps a tenth of the limit (limits below 4 are too small to be shared out). In the
//   short window that tenth is held free for it, whatever the others ask for. In the long window
//   this would leave three tenths unused whenever one urgency alone has work for minutes; there a
//   few calls are held free (1 % for money, 0.5 % for the others), and whoever is_below_share()
//   goes before all others (BudgetLine).
class BudgetCore {
 public:
  explicit BudgetCore(const RateLimits& limits = {});

  // How long a call must wait if no other is made meanwhile; zero: it may go now.
  std::chrono::milliseconds wait_for(Urgency urgency, base::Steady now) const;
  // Counts a call that goes now. Only after wait_for() said zero for the same `now`.
  void take(Urgency urgency, base::Steady now);
  // Whether it has used less than its tenth, in both windows.
  bool is_below_share(Urgency urgency, base::Steady now) const;

  // After a 429: nobody goes before retry_after has passed or, without one, for 5 s at first,
  // doubled each time up to 3 min until a call succeeds. 429s that arrive during the pause do not
  // double it.
  void pause(std::optional<std::chrono::seconds> retry_after, base::Steady now);
  void note_success();

  // Calls that could go now, whatever their urgency: the tighter window. 0 during a pause.
  std::size_t remaining(base::Steady now) const;

  // Limits of less than one call count as one. Calls already made stay counted.
  void set_limits(const RateLimits& limits);

 private:
  struct Usage {
    std::array<std::size_t, kUrgencyCount> by_urgency{};
    std::size_t total = 0;

    void add(Urgency urgency);
    void remove(Urgency urgency);
  };
  struct Call {
    base::Steady at{};
    Urgency urgency{};
  };
  enum class Length { kShort, kLong };
  struct Window {
    Length kind{};
    std::chrono::milliseconds length{};
    std::size_t limit = 1;
    std::deque<Call> calls{};  // oldest first
    Usage usage{};             // of `calls`

    std::size_t share() const;
    std::size_t held_for(Urgency urgency) const;
    bool admits(const Usage& usage, Urgency urgency) const;
    bool is_below_share(Urgency urgency, base::Steady now) const;
    std::chrono::milliseconds wait_for(Urgency urgency, base::Steady now) const;
    void forget(base::Steady now);
    Usage usage_at(base::Steady now) const;
  };

  std::array<Window, 2> windows_;
  base::Steady paused_until_{};
  std::chrono::seconds next_pause_;
};

}  // namespace certcentral
