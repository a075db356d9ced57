// What bounds the passes of one work item, the same for requests and for entries of the ledger.
#pragma once

#include <chrono>

namespace reconcile {

// No healthy object needs more; a loop that does not end is a bug, and the queue's back-off then
// keeps it from spinning.
inline constexpr int kPassesMax = 12;
// How soon to look again when the cache has not caught up with our own write.
inline constexpr std::chrono::milliseconds kStaleRetry{50};
// Nothing sleeps longer: the clock may be set, and a forgotten wake-up heals.
inline constexpr std::chrono::hours kSleepMax{12};

}  // namespace reconcile
