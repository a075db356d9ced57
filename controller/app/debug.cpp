#include "app/debug.h"

#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "app/debug_facts.h"

namespace app {
namespace {

using nlohmann::json;
using runtime::QueueView;

std::string outcome_text(const runtime::Outcome& outcome) {
  switch (outcome.kind) {
    case runtime::Outcome::Kind::kDone:
      return "done: the next pass comes with a change";
    case runtime::Outcome::Kind::kAfter:
      return "the next pass comes after " + std::to_string(outcome.delay.count()) +
             " ms, or with a change";
    case runtime::Outcome::Kind::kFailed:
      return "failed (" + std::string(base::name_of(outcome.error.code)) +
             "): " + outcome.error.message;
  }
  return "";
}

std::string_view word(QueueView::State state) {
  switch (state) {
    case QueueView::State::kTaken:
      return "at work";
    case QueueView::State::kDue:
      return "due";
    case QueueView::State::kDelayed:
      return "waiting";
  }
  return "";
}

json queue_view(const runtime::WorkQueue& queue) {
  json keys = json::array();
  for (const QueueView& one : queue.view()) {
    keys.push_back({{"key", one.key},
                    {"state", word(one.state)},
                    {"dueInSeconds", std::chrono::duration<double>(one.due_in).count()},
                    {"priority", one.priority},
                    {"failures", one.failures}});
  }
  return keys;
}

json meta_view(const api::ObjectMeta& meta) {
  return {{"uid", meta.uid},
          {"resourceVersion", meta.resource_version},
          {"generation", meta.generation},
          {"labels", meta.labels},
          {"annotations", meta.annotations}};
}

template <class T>
json object_view(const T& object) {
  return {{"metadata", meta_view(object.meta)},
          {"spec", api::encode_spec(object.spec)},
          {"status", api::encode_status(object.status)}};
}

http::ServerResponse json_answer(std::string body) {
  return {.headers = {{"X-Content-Type-Options", "nosniff"}}, .body = std::move(body) + "\n"};
}

}  // namespace

reconcile::Telemetry DecisionLog::listen(reconcile::Telemetry inner) {
  reconcile::Telemetry outer = inner;
  outer.concluded = [this, next = inner.concluded](const rules::Observed& seen,
                                                   const rules::Decision& made) {
    if (next) next(seen, made);
    Entry entry{.seen = seen, .made = made};
    const base::MutexLock lock(mutex_);
    note(std::move(entry));
  };
  outer.ended = [this, next = inner.ended](const std::string& key,
                                           const runtime::Outcome& outcome) {
    if (next) next(key, outcome);
    const base::MutexLock lock(mutex_);
    if (const auto at = entries_.find(key); at != entries_.end()) {
      at->second.outcome = outcome;
    }
  };
  outer.gone = [this, next = inner.gone](const std::string& key) {
    if (next) next(key);
    const base::MutexLock lock(mutex_);
    forget(key);
  };
  return outer;
}

void DecisionLog::note(Entry&& entry) {
  const std::string key = api::key_of(entry.seen.request.meta);
  forget(key);
  entry.number = ++number_;
  entries_[key] = std::move(entry);
  keys_[number_] = key;
  if (keys_.size() > kMost) forget(std::string(keys_.begin()->second));
}

void DecisionLog::forget(const std::string& key) {
  const auto at = entries_.find(key);
  if (at == entries_.end()) return;
  keys_.erase(at->second.number);
  entries_.erase(at);
}

std::optional<std::string> DecisionLog::get(const std::string& key) const {
  Entry entry;
  {
    const base::MutexLock lock(mutex_);
    const auto at = entries_.find(key);
    if (at == entries_.end()) return std::nullopt;
    entry = at->second;
  }
  json view = json::parse(describe_decision(entry.seen, entry.made));
  view["outcome"] = entry.outcome ? outcome_text(*entry.outcome) : "";
  return view.dump(1);
}

std::optional<http::ServerResponse> DebugViews::answer(const http::ServerRequest& request) const {
  if (!request.from_loopback || !request.path.starts_with("/debug/")) return std::nullopt;
  const std::string key = request.query_value("key").value_or("");
  std::optional<std::string> body;
  if (request.path == "/debug/queue") body = queue();
  if (request.path == "/debug/store") body = key.empty() ? store_sizes() : store(key);
  if (request.path == "/debug/decision") body = decisions_.get(key);
  if (!body) return std::nullopt;
  return json_answer(*std::move(body));
}

std::string DebugViews::queue() const {
  return json{{"requests", queue_view(queues_.requests)},
              {"profiles", queue_view(queues_.profiles)},
              {"orders", queue_view(queues_.entries)}}
      .dump(1);
}

std::string DebugViews::store_sizes() const {
  return json{{"requests", caches_.requests.size()},
              {"profiles", caches_.profiles.size()},
              {"orders", caches_.entries.size()},
              {"secrets", caches_.secrets.size()},
              {"namespaces", caches_.namespaces.size()}}
      .dump(1);
}

std::optional<std::string> DebugViews::store(const std::string& key) const {
  json found = json::object();
  if (const auto one = caches_.requests.get(key)) found["request"] = object_view(*one);
  if (const auto one = caches_.profiles.get(key)) found["profile"] = object_view(*one);
  if (const auto one = caches_.entries.get(key)) found["order"] = object_view(*one);
  if (const auto one = caches_.secrets.get(key)) found["secret"] = meta_view(one->meta);
  if (found.empty()) return std::nullopt;
  return found.dump(1);
}

}  // namespace app
