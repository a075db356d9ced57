// When a certificate is due. Pure. Rules: docs/rules.md, "When a certificate is due".
#pragma once

#include <chrono>
#include <cstdint>

#include "api/defaults.h"
#include "base/clock.h"

namespace rules {

struct Validity {
  base::TimePoint not_before{};
  base::TimePoint not_after{};
};

// The remaining validity below which a certificate is due: the policy's, clamped to 2/3 of the
// lifetime, so that a short-lived certificate is not renewed in a loop.
std::chrono::seconds effective_before(const Validity& validity,
                                      const api::EffectiveRenewal& renewal);

// The instant at which the certificate is due, in UTC, whole seconds: effective_before() before
// its end, moved earlier by up to 5 % of that, by `jitter_seed` alone, so that the same object
// keeps its renewal time across restarts.
base::TimePoint renewal_time(const Validity& validity, const api::EffectiveRenewal& renewal,
                             std::uint64_t jitter_seed);

}  // namespace rules
