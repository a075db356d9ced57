// FakeClock: a base::Clock that stands still until a test moves it. Entry point: advance().
// Thread-safe. It wakes nobody: code that sleeps on a condition variable is driven by its own
// notify, or by a pure step that takes `now`.
#pragma once

#include <chrono>
#include <mutex>

#include "base/clock.h"

namespace support {

class FakeClock final : public base::Clock {
 public:
  // 2026-05-01T00:00:00Z, an arbitrary day that the test data agree on.
  static constexpr base::TimePoint kStart{std::chrono::seconds{1'777'593'600}};

  explicit FakeClock(base::TimePoint start = kStart) : now_(start) {}

  base::TimePoint now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  base::Steady steady_now() const override {
    const std::lock_guard lock(mutex_);
    return steady_now_;
  }

  // Moves both clocks forward by `step`, which is not negative.
  void advance(std::chrono::milliseconds step) {
    const std::lock_guard lock(mutex_);
    now_ += step;
    steady_now_ += step;
  }

  // Sets the wall clock alone, backwards too, as an administrator or NTP does.
  void set_wall(base::TimePoint now) {
    const std::lock_guard lock(mutex_);
    now_ = now;
  }

 private:
  mutable std::mutex mutex_;
  base::TimePoint now_;
  base::Steady steady_now_{std::chrono::hours{1}};
};

inline constexpr base::TimePoint kNow = FakeClock::kStart;

}  // namespace support
