// How long to wait after a failure. Pure; randomness comes in as a number.
#pragma once

#include <chrono>

namespace rules {

// Transient failures: 5 s, doubling to 30 min, with up to 25 % added by `jitter` in [0, 1).
// `failures` counts those in a row, from 1.
std::chrono::milliseconds transient_backoff(int failures, double jitter);

// Refusals by the CA: 6 h, doubling to 24 h; `urgent` (the certificate is about to end): 1 h.
std::chrono::seconds refusal_backoff(int refusals, bool urgent);

// Looks at the CA for a duplicate that was accepted `age` ago: at first every 2 s, then ever
// slower, at most every 5 min.
std::chrono::seconds poll_interval(std::chrono::seconds age);

// How long a submission whose answer was lost may stay unlisted before it is sent again:
// `window`, doubled with each of the `sends`.
std::chrono::seconds settle_window(std::chrono::seconds window, int sends);

}  // namespace rules
