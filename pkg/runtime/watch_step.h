// watch_step: the state machine that keeps a local copy equal to one collection of the API server.
// Pure: the driver (watcher.h) makes the calls that it asks for and tells it what came of them.
//
//   Empty -> Listing (page by page), or Streaming -> Watching
//     ^______________________________________________| 410 Gone, or a long silence
//
// Streaming is a watch that begins with all objects (sendInitialEvents): neither side ever holds
// the whole list. It ends with them, and the watch goes on from there by a stream of its own, with
// time limits of its own. Where it does not work, for whatever reason, this watch lists by pages
// from then on. Pages that expire under us begin anew: all in one answer, as client-go's pager asks
// for then, would be the whole list in memory. A broken stream resumes from the last
// resourceVersion: an API server that restarts causes no listings. Only an expired version (410, as
// a status or as an ERROR event) lists again, and a stream on which nothing at all has arrived for
// minutes: servers send a bookmark each minute, but to a watcher that asks from a version of the
// future, as after a restore of etcd from a backup, they say nothing until the future has come. The
// shape is kube-rs's watcher (kube-runtime/src/watcher.rs); the numbers are client-go's
// (tools/cache/reflector.go). The protocol: kubernetes.io/docs/reference/using-api/api-concepts.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "runtime/backoff.h"

namespace runtime {

struct WatchState {
  enum class Phase { kEmpty, kListing, kStreaming, kWatching };

  Phase phase = Phase::kEmpty;
  std::string resource_version{};  // kWatching: the last one seen, where a new stream starts
  std::string continue_token{};    // kListing: of the next page
  bool by_pages = false;           // streaming the objects has failed once
  int failures = 0;                // in a row: the exponent of the back-off
  base::Steady failed_at{};        // the last of them
  base::Steady stream_began_at{};  // kWatching
  bool stream_was_silent = true;   // kWatching: nothing has arrived on this stream

  bool operator==(const WatchState&) const = default;
};

// What the driver tells.
struct WatchBegan {};  // the first input, once
struct PageListed {
  std::string resource_version{};
  std::string continue_token{};  // empty: the last page
};
struct StreamOpened {};  // the driver is about to open the stream that was asked for
struct EventArrived {
  enum class Type { kAdded, kModified, kDeleted, kBookmark, kInitialEventsEnd };
  Type type = Type::kAdded;
  std::string resource_version{};
};
struct StreamEnded {};  // by the server, cleanly
// A call failed, a stream broke, or an ERROR event arrived.
struct WatchFailed {
  enum class Why { kExpired, kThrottled, kRefused, kOther };  // kRefused: as invalid
  Why why = Why::kOther;
  std::optional<std::chrono::milliseconds> retry_after{};
};
using WatchInput =
    std::variant<WatchBegan, PageListed, StreamOpened, EventArrived, StreamEnded, WatchFailed>;

// What happens to the store with the objects of this input.
enum class StoreOp {
  kInit,      // a listing begins: forget what was buffered
  kBuffer,    // put the page's objects, or the event's, beside the earlier ones
  kUnbuffer,  // the event's object is gone again
  kInitDone,  // the store's contents become what was buffered
  kApply,     // the event's object is the newest state
  kDelete,    // the event's object is gone
};

// The next call of the driver, after `delay`.
enum class WatchCall {
  kListPage,     // with state.continue_token
  kOpenList,     // a stream that begins with all objects
  kOpenStream,   // from state.resource_version
  kKeepReading,  // the stream that is open
};

struct WatchTransition {
  WatchState state{};
  std::vector<StoreOp> ops{};  // in this order, before the call
  WatchCall call = WatchCall::kKeepReading;
  std::chrono::milliseconds delay{0};
};

struct WatchLimits {
  bool streamed_lists = false;  // try kOpenList
  Backoff backoff{};            // 0.8 s, doubled, to 30 s; each prolonged by up to as much again
  std::chrono::milliseconds forget_failures_after{std::chrono::minutes{2}};
  // A stream that ends sooner without a word counts as a failure.
  std::chrono::milliseconds shortest_stream{std::chrono::seconds{1}};
  // A stream that lasted this long without a word, not even a bookmark, is not resumed.
  std::chrono::milliseconds longest_silence{std::chrono::minutes{2}};
};

// `jitter` is in [0, 1). The first 410 in a while lists again at once, all other failures back off.
// Inputs that do not fit the state are a bug of the driver (BASE_CHECK).
WatchTransition watch_step(WatchState state, const WatchInput& input, base::Steady now,
                           double jitter, const WatchLimits& limits = {});

}  // namespace runtime
