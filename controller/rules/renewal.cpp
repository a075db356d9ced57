#include "rules/renewal.h"

#include <algorithm>

namespace rules {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kJitterSteps = 1000;
constexpr std::int64_t kJitterPercentMax = 5;

seconds lifetime(const Validity& validity) {
  return std::max(seconds{0},
                  std::chrono::floor<seconds>(validity.not_after - validity.not_before));
}

}  // namespace

seconds effective_before(const Validity& validity, const api::EffectiveRenewal& renewal) {
  const seconds life = lifetime(validity);
  return std::min(api::renew_before(renewal, life), life * 2 / 3);
}

base::TimePoint renewal_time(const Validity& validity, const api::EffectiveRenewal& renewal,
                             std::uint64_t jitter_seed) {
  const seconds ahead = effective_before(validity, renewal);
  const auto step = static_cast<std::int64_t>(jitter_seed % (kJitterSteps + 1));
  const seconds jitter = ahead * kJitterPercentMax * step / (100 * kJitterSteps);
  return std::chrono::floor<seconds>(validity.not_after) - ahead - jitter;
}

}  // namespace rules
