#include "runtime/watcher.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/log.h"
#include "base/random.h"
#include "kube/response.h"
#include "runtime/pause.h"

namespace runtime {
namespace {

// Page size of client-go's pager (tools/pager).
constexpr std::int64_t kPageItems = 500;
// For all objects to arrive; a server that hangs before their end is asked by pages after this.
constexpr std::chrono::seconds kStreamedListMost{60};

WatchFailed failure_of(const base::Error& error) {
  const auto why = error.code == base::Code::kExpired     ? WatchFailed::Why::kExpired
                   : error.code == base::Code::kExhausted ? WatchFailed::Why::kThrottled
                   : error.code == base::Code::kInvalid   ? WatchFailed::Why::kRefused
                                                          : WatchFailed::Why::kOther;
  return {.why = why, .retry_after = error.retry_after};
}

EventArrived::Type type_of(kube::WatchType type, const nlohmann::json& object) {
  switch (type) {
    case kube::WatchType::kAdded:
      return EventArrived::Type::kAdded;
    case kube::WatchType::kModified:
      return EventArrived::Type::kModified;
    case kube::WatchType::kDeleted:
      return EventArrived::Type::kDeleted;
    case kube::WatchType::kBookmark:
      return kube::is_end_of_initial_events(object) ? EventArrived::Type::kInitialEventsEnd
                                                    : EventArrived::Type::kBookmark;
  }
  return EventArrived::Type::kBookmark;
}

}  // namespace

Watcher::Watcher(kube::Client& client, WatchScope scope, WatchHandlers handlers,
                 const base::Clock& clock, const WatchLimits& limits)
    : client_(client),
      scope_(std::move(scope)),
      handlers_(std::move(handlers)),
      clock_(clock),
      limits_(limits) {}

void Watcher::run(const std::stop_token& stop) {
  take(WatchBegan{});
  while (pause(next_.delay, stop)) {
    switch (next_.call) {
      case WatchCall::kListPage:
        list_page(stop);
        break;
      case WatchCall::kOpenList:
        read_list(stop);
        break;
      case WatchCall::kOpenStream:
        read_stream(stop);
        break;
      case WatchCall::kKeepReading:
        BASE_CHECK(false);  // there is no stream between two calls
    }
  }
}

// An event delays nothing: it needs no jitter, which is a call of the kernel.
void Watcher::take(const WatchInput& input) {
  const double jitter = std::holds_alternative<EventArrived>(input) ? 0 : base::random_unit();
  next_ = watch_step(std::move(next_.state), input, clock_.steady_now(), jitter, limits_);
}

void Watcher::list_page(const std::stop_token& stop) {
  const WatchState& state = next_.state;
  const kube::ListOptions options{.label_selector = scope_.label_selector,
                                  .field_selector = scope_.field_selector,
                                  .limit = kPageItems,
                                  .continue_token = state.continue_token,
                                  .resource_version{},
                                  .view = scope_.view};
  const auto page = client_.list(scope_.resource, scope_.namespace_, options, stop);
  if (!page) {
    take_error(page.error());
  } else {
    take_page(*page);
  }
}

void Watcher::take_page(const nlohmann::json& page) {
  const PageListed listed{.resource_version = kube::metadata_text(page, "resourceVersion"),
                          .continue_token = kube::metadata_text(page, "continue")};
  const auto items = page.find("items");
  const bool has_items = items != page.end() && items->is_array();
  if (listed.resource_version.empty() || (items != page.end() && !has_items && !items->is_null())) {
    take_error({.code = base::Code::kCorrupt, .message = "list without version or items"});
    return;
  }
  take(listed);
  for (const StoreOp op : next_.ops) {
    if (op == StoreOp::kInit) handlers_.init();
    if (op == StoreOp::kInitDone) handlers_.init_done();
    if (op != StoreOp::kBuffer || !has_items) continue;
    for (const nlohmann::json& item : *items) handlers_.buffer(item);
  }
  if (next_.call == WatchCall::kOpenStream && handlers_.seen) {
    handlers_.seen(next_.state.resource_version);
  }
}

// The stream of a list is left at the end of the list.
void Watcher::read_list(const std::stop_token& stop) {
  const kube::WatchOptions options{.label_selector = scope_.label_selector,
                                   .field_selector = scope_.field_selector,
                                   .resource_version{},
                                   .timeout = kStreamedListMost,
                                   .initial_events = true,
                                   .view = scope_.view};
  take(StreamOpened{});
  handlers_.init();
  bool complete = false;
  const auto ended = client_.watch(
      scope_.resource, scope_.namespace_, options,
      [&](kube::WatchType type, nlohmann::json&& object) -> base::Result<void> {
        TRY_VOID(take_event(type, object));
        complete = next_.call != WatchCall::kKeepReading;
        if (!complete) return {};
        return base::fail(base::Code::kCancelled, "the list is complete");
      },
      stop);
  if (complete) return;
  if (ended) {
    take(StreamEnded{});
  } else {
    take_error(ended.error());
  }
}

void Watcher::read_stream(const std::stop_token& stop) {
  const kube::WatchOptions options{.label_selector = scope_.label_selector,
                                   .field_selector = scope_.field_selector,
                                   .resource_version = next_.state.resource_version,
                                   .view = scope_.view};
  take(StreamOpened{});
  const auto ended = client_.watch(
      scope_.resource, scope_.namespace_, options,
      [this](kube::WatchType type, nlohmann::json&& object) { return take_event(type, object); },
      stop);
  if (ended) {
    take(StreamEnded{});
  } else {
    take_error(ended.error());
  }
}

base::Result<void> Watcher::take_event(kube::WatchType type, const nlohmann::json& object) {
  take(EventArrived{.type = type_of(type, object),
                    .resource_version = kube::metadata_text(object, "resourceVersion")});
  carry_out(object);
  const bool has_list = next_.state.phase == WatchState::Phase::kWatching;
  if (has_list && handlers_.seen) handlers_.seen(next_.state.resource_version);
  return {};
}

void Watcher::carry_out(const nlohmann::json& object) {
  for (const StoreOp op : next_.ops) {
    switch (op) {
      case StoreOp::kInit:
        handlers_.init();
        break;
      case StoreOp::kBuffer:
        handlers_.buffer(object);
        break;
      case StoreOp::kUnbuffer:
        handlers_.unbuffer(object);
        break;
      case StoreOp::kInitDone:
        handlers_.init_done();
        break;
      case StoreOp::kApply:
        handlers_.apply(object);
        break;
      case StoreOp::kDelete:
        handlers_.remove(object);
        break;
    }
  }
}

void Watcher::take_error(const base::Error& error) {
  if (error.code != base::Code::kCancelled) {
    base::log_warn("watch interrupted", {{"resource", scope_.resource.plural},
                                         {"namespace", scope_.namespace_},
                                         {"code", base::name_of(error.code)},
                                         {"error", error.message}});
    if (handlers_.failed) handlers_.failed(error);
  }
  take(failure_of(error));
}

}  // namespace runtime
