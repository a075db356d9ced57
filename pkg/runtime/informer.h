// Informer<T>: a Store<T> that follows the API server, and handlers that hear of each change.
// Entry points: on_change, start, wait_synced, store.
//
// One thread per watched namespace (one in all if all are watched). Handlers are called on these
// threads after the store and its indexes have changed; for one object in order, for objects of
// different namespaces at the same time. Intermediate states may be skipped. A handler is quick: it
// turns the change into keys and adds them to a queue.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/check.h"
#include "base/log.h"
#include "runtime/progress.h"
#include "runtime/store.h"
#include "runtime/watcher.h"

namespace runtime {

struct InformerOptions {
  kube::Resource resource{};
  std::vector<std::string> namespaces{};  // empty: all
  std::string label_selector{};
  std::string field_selector{};
  kube::View view = kube::View::kWhole;  // kMetadata: PartialObjectMetadata, never the contents
  WatchLimits limits{};
};

// Set up and started by one thread; store(), has_synced(), wait_synced() and has_seen() are
// thread-safe.
template <class T>
class Informer {
 public:
  // Turns an object into what is kept of it. An object that does not decode is logged and counts as
  // absent: nobody should act on a state that is no longer true. Thread-safe.
  using Decode = std::function<base::Result<T>(const nlohmann::json&)>;
  using Handler = std::function<void(const Change<T>&)>;

  // `client` and `clock` must outlive the informer.
  Informer(kube::Client& client, InformerOptions options, Decode decode, const base::Clock& clock);
  ~Informer() { stop(); }
  Informer(const Informer&) = delete;
  Informer& operator=(const Informer&) = delete;

  // Both before start().
  void add_index(std::string name, typename Store<T>::IndexFunction values_of) {
    store_.add_index(std::move(name), std::move(values_of));
  }
  void on_change(Handler handler) { handlers_.push_back(std::move(handler)); }

  void start();
  // Ends the watches and waits for the threads. The store stays as it is. May be called twice.
  void stop();

  const Store<T>& store() const { return store_; }
  // True once the first listing of every namespace is in the store and all handlers have seen it.
  bool has_synced() const { return progress_.has_synced(); }
  // Blocks until has_synced(). False at the end of `at_most`, or if `stop` is requested.
  bool wait_synced(std::chrono::milliseconds at_most, const std::stop_token& stop) const {
    return progress_.wait_synced(at_most, stop);
  }
  // Why the first listing is not there yet, for people; nullopt: it is, or has not failed so far.
  std::optional<base::Error> problem() const { return progress_.problem(); }
  // Whether the store holds everything up to `resource_version` of an object in `namespace_`:
  // a reconciler that wrote asks before it trusts what it reads (KEP-5647). Versions that cannot be
  // compared count as seen.
  bool has_seen(const std::string& namespace_, const std::string& resource_version) const {
    return progress_.has_seen(namespace_, resource_version);
  }

 private:
  // What the thread of one namespace keeps. The first listing goes to the store as it comes, for
  // nobody reads that before has_synced(). Those after it, and a first one that had to begin again,
  // are buffered: then readers never see half of it, or what it no longer has.
  struct Feed {
    std::string namespace_{};
    int listings = 0;  // begun
    std::vector<Kept<T>> buffered{};

    bool fills_store() const { return listings == 1; }
  };

  WatchHandlers handlers_of(const std::shared_ptr<Feed>& feed);
  std::shared_ptr<const T> decoded(const nlohmann::json& object) const;
  base::Result<T> decode_safely(const nlohmann::json& object) const;
  void apply(const nlohmann::json& object, bool initial);
  void remove(const nlohmann::json& object);
  void tell(const Change<T>& change) const;

  // Constant after start().
  kube::Client& client_;
  const InformerOptions options_;
  const Decode decode_;
  const base::Clock& clock_;
  std::vector<Handler> handlers_;

  // With their own synchronisation.
  Store<T> store_;
  Progress progress_;

  std::vector<std::jthread> threads_;  // last: they end before what they use
};

// Namespaces to watch: one empty name if all are.
std::vector<std::string> watched_namespaces(const InformerOptions& options);
WatchScope scope_of(const InformerOptions& options, const std::string& namespace_);
// The key of an object that could not be decoded, from its raw metadata.
std::string raw_key(const nlohmann::json& object);

template <class T>
Informer<T>::Informer(kube::Client& client, InformerOptions options, Decode decode,
                      const base::Clock& clock)
    : client_(client),
      options_(std::move(options)),
      decode_(std::move(decode)),
      clock_(clock),
      progress_(watched_namespaces(options_)) {}

template <class T>
void Informer<T>::start() {
  BASE_CHECK(threads_.empty());
  for (const std::string& namespace_ : watched_namespaces(options_)) {
    threads_.emplace_back([this, namespace_](const std::stop_token& stop) {
      const auto feed = std::make_shared<Feed>(Feed{namespace_, {}});
      Watcher watcher(client_, scope_of(options_, namespace_), handlers_of(feed), clock_,
                      options_.limits);
      watcher.run(stop);
    });
  }
}

template <class T>
void Informer<T>::stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  for (std::jthread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

template <class T>
WatchHandlers Informer<T>::handlers_of(const std::shared_ptr<Feed>& feed) {
  return {
      .init =
          [feed] {
            ++feed->listings;
            feed->buffered.clear();
          },
      .buffer =
          [this, feed](const nlohmann::json& object) {
            if (feed->fills_store()) return apply(object, /*initial=*/true);
            if (auto value = decoded(object))
              feed->buffered.push_back(store_.keep(std::move(value)));
          },
      .unbuffer =
          [this, feed](const nlohmann::json& object) {
            if (feed->fills_store()) return remove(object);
            std::erase_if(feed->buffered, [key = raw_key(object)](const auto& kept) {
              return key_of(*kept.get()) == key;
            });
          },
      .init_done =
          [this, feed] {
            if (feed->fills_store()) return;
            const auto changes =
                store_.replace(std::exchange(feed->buffered, {}), feed->namespace_);
            for (std::size_t at = 0; at < changes.size(); ++at) tell(changes[at]);
          },
      .apply = [this](const nlohmann::json& object) { apply(object, /*initial=*/false); },
      .remove = [this](const nlohmann::json& object) { remove(object); },
      .seen = [this,
               feed](const std::string& version) { progress_.seen(feed->namespace_, version); },
      .failed = [this,
                 feed](const base::Error& error) { progress_.failed(feed->namespace_, error); },
  };
}

template <class T>
std::shared_ptr<const T> Informer<T>::decoded(const nlohmann::json& object) const {
  base::Result<T> value = decode_safely(object);
  if (value) return std::make_shared<const T>(*std::move(value));
  base::log_error("object cannot be decoded and is ignored", {{"kind", options_.resource.kind},
                                                              {"key", raw_key(object)},
                                                              {"error", value.error().message}});
  return nullptr;
}

// One odd object must not end the watch of all others, nor an exception cross the HTTP library.
template <class T>
base::Result<T> Informer<T>::decode_safely(const nlohmann::json& object) const {
  try {
    return decode_(object);
  } catch (const std::exception& thrown) {
    return base::fail(base::Code::kInternal, std::string("exception in decode: ") + thrown.what());
  }
}

template <class T>
void Informer<T>::apply(const nlohmann::json& object, bool initial) {
  auto value = decoded(object);
  auto change = value ? store_.upsert(std::move(value)) : store_.remove(raw_key(object));
  if (!change) return;
  change->initial = initial;
  tell(*change);
}

template <class T>
void Informer<T>::remove(const nlohmann::json& object) {
  if (const auto change = store_.remove(raw_key(object))) tell(*change);
}

template <class T>
void Informer<T>::tell(const Change<T>& change) const {
  for (const Handler& handler : handlers_) handler(change);
}

}  // namespace runtime
