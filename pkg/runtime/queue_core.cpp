#include "runtime/queue_core.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace runtime {

Urgency more_urgent(const Urgency& a, const Urgency& b) {
  return {.priority = std::max(a.priority, b.priority), .due = std::min(a.due, b.due)};
}

bool QueueCore::add(const std::string& key, base::Steady at, const Urgency& urgency) {
  const auto [position, is_new] = entries_.try_emplace(key);
  Entry& entry = position->second;
  if (is_new) {
    entry = {.urgency = urgency, .at = at, .sequence = 0, .ready = false};
    delay(position->first, entry);
  } else if (entry.ready) {
    raise(position->first, entry, more_urgent(entry.urgency, urgency));
  } else {
    entry.urgency = more_urgent(entry.urgency, urgency);
    delayed_.erase({entry.at, &position->first});
    entry.at = std::min(entry.at, at);
    delay(position->first, entry);
  }
  return is_new;
}

std::chrono::milliseconds QueueCore::fail(const std::string& key) {
  int& failures = failures_[key];
  if (failures < std::numeric_limits<int>::max()) ++failures;
  return delay_after(backoff_, failures);
}

void QueueCore::forget(const std::string& key) {
  failures_.erase(key);
}

int QueueCore::failures(const std::string& key) const {
  const auto at = failures_.find(key);
  return at == failures_.end() ? 0 : at->second;
}

std::optional<QueueItem> QueueCore::take(base::Steady now) {
  promote(now);
  if (ready_.empty()) return std::nullopt;
  const auto at = entries_.find(*ready_.begin()->key);
  unrank(at->first, at->second);
  const auto taken = entries_.extract(at);
  const Entry& entry = taken.mapped();
  taken_.insert(taken.key());
  return QueueItem{.key = taken.key(),
                   .urgency = entry.urgency,
                   .waited = std::max(now - entry.at, base::Steady::duration{0})};
}

void QueueCore::done(const std::string& key) {
  BASE_CHECK(taken_.erase(key) == 1);
  const auto at = entries_.find(key);
  if (at != entries_.end()) delay(at->first, at->second);
}

bool QueueCore::has_work(base::Steady now) const {
  const bool due = !delayed_.empty() && delayed_.begin()->at <= now;
  return due || !ready_.empty() || !taken_.empty();
}

std::optional<base::Steady> QueueCore::next_due() const {
  if (delayed_.empty()) return std::nullopt;
  return delayed_.begin()->at;
}

const std::map<int, std::size_t>& QueueCore::depth(base::Steady now) {
  promote(now);
  return depth_;
}

std::vector<QueueView> QueueCore::view(base::Steady now) const {
  std::map<std::string, QueueView> keys;
  for (const auto& [key, entry] : entries_) {
    const bool due = entry.at <= now;
    keys[key] = {.key = key,
                 .state = due ? QueueView::State::kDue : QueueView::State::kDelayed,
                 .due_in = due ? base::Steady::duration{0} : entry.at - now,
                 .priority = entry.urgency.priority};
  }
  for (const std::string& key : taken_) keys[key] = {.key = key, .state = QueueView::State::kTaken};
  std::vector<QueueView> all;
  for (auto& [key, one] : keys) {
    one.failures = failures(key);
    all.push_back(std::move(one));
  }
  return all;
}

// An entry whose key has a worker waits in entries_ alone, until done().
void QueueCore::delay(const std::string& key, const Entry& entry) {
  if (!taken_.contains(key)) delayed_.insert({entry.at, &key});
}

void QueueCore::promote(base::Steady now) {
  while (!delayed_.empty() && delayed_.begin()->at <= now) {
    const std::string& key = *delayed_.begin()->key;
    delayed_.erase(delayed_.begin());
    rank(key, entries_.at(key));
  }
}

// A key that becomes more urgent starts at the end of its new level.
void QueueCore::raise(const std::string& key, Entry& entry, const Urgency& urgency) {
  if (urgency == entry.urgency) return;
  unrank(key, entry);
  entry.urgency = urgency;
  rank(key, entry);
}

void QueueCore::rank(const std::string& key, Entry& entry) {
  entry.ready = true;
  entry.sequence = ++sequence_;
  ready_.insert({.urgency = entry.urgency, .sequence = entry.sequence, .key = &key});
  ++depth_[entry.urgency.priority];
}

void QueueCore::unrank(const std::string& key, const Entry& entry) {
  ready_.erase({.urgency = entry.urgency, .sequence = entry.sequence, .key = &key});
  --depth_[entry.urgency.priority];
}

bool QueueCore::Rank::operator<(const Rank& other) const {
  if (urgency.priority != other.urgency.priority) {
    return urgency.priority > other.urgency.priority;
  }
  return std::tie(urgency.due, sequence) < std::tie(other.urgency.due, other.sequence);
}

}  // namespace runtime
