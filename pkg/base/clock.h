// Clock: the one seam to the time of day, and the formats in which instants are written.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace base {

// An instant in UTC. Kubernetes and CertCentral use whole seconds; milliseconds are kept for logs.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;
using Steady = std::chrono::steady_clock::time_point;

// Thread-safe. Tests give a FakeClock (tests/support/fake_clock.h).
class Clock {
 public:
  virtual ~Clock() = default;
  // The wall clock: for comparing with instants that others wrote.
  virtual TimePoint now() const = 0;
  // The monotonic clock: for intervals.
  virtual Steady steady_now() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
  Steady steady_now() const override;
};

// RFC 3339 in UTC, whole seconds: "2026-04-30T09:15:00Z" (Kubernetes metav1.Time).
std::string format_time(TimePoint time);
// RFC 3339 in UTC with six digits: "2026-04-30T09:15:00.000000Z" (Kubernetes metav1.MicroTime).
std::string format_micro_time(TimePoint time);
// Reads RFC 3339 with any offset and fraction. kInvalid if it is anything else.
Result<TimePoint> parse_time(std::string_view text);
// Reads "YYYY-MM-DD" as midnight UTC, the start of that day. kInvalid otherwise.
Result<TimePoint> parse_date(std::string_view text);
// "YYYY-MM-DD" of the day that holds `time`, in UTC.
std::string format_date(TimePoint time);

// Reads the durations of our API: one or more of <number><d|h|m|s>, for example "30d" or "1h30m".
// kInvalid if the text is anything else or exceeds 100 years.
Result<std::chrono::seconds> parse_duration(std::string_view text);
// The shortest such text: "30d", "1h30m", "0s".
std::string format_duration(std::chrono::seconds duration);

}  // namespace base
