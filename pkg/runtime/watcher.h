// Watcher: the driver of watch_step: makes the calls, and hands each object on as it arrives.
// Entry point: Watcher::run. Owned by one thread. Informer<T> puts a typed store behind it.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/clock.h"
#include "kube/client.h"
#include "runtime/watch_step.h"

namespace runtime {

// What part of a collection is watched.
struct WatchScope {
  kube::Resource resource{};
  std::string namespace_{};  // empty: all
  std::string label_selector{};
  std::string field_selector{};
  kube::View view = kube::View::kWhole;
};

// What happens to the local copy. Called in order, on the thread of run().
// No list is ever whole in memory: one object of it, or one page, is JSON, the rest is what
// `buffer` keeps.
struct WatchHandlers {
  std::function<void()> init{};                         // a listing begins: drop what was buffered
  std::function<void(const nlohmann::json&)> buffer{};  // one object of the listing
  std::function<void(const nlohmann::json&)> unbuffer{};  // it is gone before the listing ended
  std::function<void()> init_done{};                      // the copy becomes what was buffered
  std::function<void(const nlohmann::json&)> apply{};     // the newest state of one object
  std::function<void(const nlohmann::json&)> remove{};    // one object is gone
  // After each of the last three, and after a bookmark: all changes up to `resource_version` have
  // been handed on. Empty: not called.
  std::function<void(const std::string& resource_version)> seen{};
  // A listing or a stream failed, and is tried again. Empty: not called.
  std::function<void(const base::Error&)> failed{};
};

class Watcher {
 public:
  // `client` and `clock` must outlive the watcher.
  Watcher(kube::Client& client, WatchScope scope, WatchHandlers handlers, const base::Clock& clock,
          const WatchLimits& limits = {});

  // Keeps the copy up to date until `stop` is requested. Failures are logged and tried again.
  void run(const std::stop_token& stop);

 private:
  void take(const WatchInput& input);
  void list_page(const std::stop_token& stop);
  void read_list(const std::stop_token& stop);
  void read_stream(const std::stop_token& stop);
  void take_page(const nlohmann::json& page);
  base::Result<void> take_event(kube::WatchType type, const nlohmann::json& object);
  void carry_out(const nlohmann::json& object);
  void take_error(const base::Error& error);

  kube::Client& client_;
  const WatchScope scope_;
  const WatchHandlers handlers_;
  const base::Clock& clock_;
  const WatchLimits limits_;
  WatchTransition next_{};
};

}  // namespace runtime
