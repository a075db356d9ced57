#include "runtime/event_series.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace runtime {
namespace {

// events.k8s.io/v1: reason and action.
constexpr std::size_t kWordBytesMax = 128;
// Names are at most 253 characters, and the suffix takes 17.
constexpr std::size_t kNameBytesMax = 236;
// Per object 25 events at once, then one per 5 min (client-go tools/record/events_cache.go).
constexpr base::TokenBucket::Limits kPerObject{.per_second = 1.0 / 300, .burst = 25};
// After so long without an event a bucket is full again, and need not be remembered.
constexpr std::chrono::seconds kRefill{25 * 300};

// At most `bytes` of `text`, cut between two characters of UTF-8.
void cut(std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return;
  const auto continues = [&text](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  while (bytes > 0 && continues(bytes)) --bytes;
  text.resize(bytes);
}

// Everything that makes two events the same; the parts cannot run into each other.
std::string identity_of(const Event& event) {
  const ObjectReference& regarding = event.regarding;
  std::string identity;
  for (const std::string& part :
       {regarding.resource.group, regarding.resource.kind, regarding.key.namespace_,
        regarding.key.name, regarding.uid, event.reason, event.action, event.note}) {
    identity += fmt::format("{}:{}", part.size(), part);
  }
  return identity += event.type == EventType::kWarning ? 'W' : 'N';
}

// The object's name as the start of another; objects such as ClusterRoles may have names that no
// Event can have.
std::string name_start(const ObjectReference& regarding) {
  std::string start = regarding.key.name.substr(0, kNameBytesMax);
  while (!start.empty() && (start.back() == '.' || start.back() == '-')) start.pop_back();
  return kube::is_dns_subdomain(start) ? start : "event";
}

// The median of the instants that `instant_of` tells of the entries of `map`.
template <class Map, class InstantOf>
base::Steady median(const Map& map, InstantOf instant_of) {
  std::vector<base::Steady> instants;
  instants.reserve(map.size());
  for (const auto& [key, entry] : map) instants.push_back(instant_of(entry));
  const auto middle = instants.begin() + static_cast<std::ptrdiff_t>(instants.size() / 2);
  std::ranges::nth_element(instants, middle);
  return *middle;
}

}  // namespace

std::vector<EventCall> EventSeries::record(Event event, const Now& now) {
  cut(event.note, kNoteBytesMax);
  cut(event.reason, kWordBytesMax);
  cut(event.action, kWordBytesMax);
  std::vector<EventCall> calls = sweep(now);
  const std::string identity = identity_of(event);
  const auto at = series_.find(identity);
  if (at != series_.end()) {
    count(at->second, now, calls);
    return calls;
  }
  if (!allowed(event, now.steady)) {
    ++dropped_;
    return calls;
  }
  const std::string& namespace_ = event.regarding.key.namespace_;
  EventCall call{
      .verb = EventCall::Verb::kCreate,
      .key = {namespace_.empty() ? "default" : namespace_, unique_name(event.regarding, now.wall)},
      .event = std::move(event),
      .first_time = now.wall,
      .count = 1,
      .last_time = now.wall};
  calls.push_back(call);
  series_.emplace(identity, Series{.call = std::move(call),
                                   .written = 1,
                                   .last_seen = now.steady,
                                   .written_at = now.steady});
  if (series_.size() > kOpenMost) close_oldest(now, calls);
  return calls;
}

void EventSeries::close_oldest(const Now& now, std::vector<EventCall>& calls) {
  const base::Steady middle = median(series_, [](const Series& one) { return one.last_seen; });
  for (auto at = series_.begin(); at != series_.end();) {
    Series& series = at->second;
    if (series.last_seen > middle) {
      ++at;
      continue;
    }
    if (series.written != series.call.count) calls.push_back(written(series, now.steady));
    at = series_.erase(at);
  }
}

void EventSeries::count(Series& series, const Now& now, std::vector<EventCall>& calls) {
  series.call.verb = EventCall::Verb::kCount;
  ++series.call.count;
  series.call.last_time = now.wall;
  series.last_seen = now.steady;
  if (series.call.count == 2) calls.push_back(written(series, now.steady));
}

EventCall EventSeries::written(Series& series, base::Steady now) {
  series.written = series.call.count;
  series.written_at = now;
  return series.call;
}

std::vector<EventCall> EventSeries::sweep(const Now& now) {
  std::vector<EventCall> calls;
  if (swept_at_ && now.steady - *swept_at_ < kSweepSpacing) return calls;
  swept_at_ = now.steady;
  for (auto& [identity, series] : series_) {
    if (series.written == series.call.count) continue;
    const bool ended = now.steady - series.last_seen >= kSilence;
    const bool due = now.steady - series.written_at >= kHeartbeat;
    if (ended || due) calls.push_back(written(series, now.steady));
  }
  std::erase_if(series_, [&now](const auto& entry) {
    return now.steady - entry.second.last_seen >= kSilence;
  });
  std::erase_if(budgets_,
                [&now](const auto& entry) { return now.steady - entry.second.used_at >= kRefill; });
  return calls;
}

std::vector<EventCall> EventSeries::flush() {
  std::vector<EventCall> calls;
  for (auto& [identity, series] : series_) {
    if (series.written != series.call.count) calls.push_back(series.call);
  }
  series_.clear();
  return calls;
}

std::string EventSeries::unique_name(const ObjectReference& regarding, base::TimePoint now) {
  const std::chrono::nanoseconds since = now.time_since_epoch();
  last_stamp_ = std::max<std::int64_t>(since.count(), last_stamp_ + 1);
  return fmt::format("{}.{:016x}", name_start(regarding), last_stamp_);
}

bool EventSeries::allowed(const Event& event, base::Steady now) {
  if (budgets_.size() >= kBudgetsMost) {
    const base::Steady middle = median(budgets_, [](const Budget& one) { return one.used_at; });
    std::erase_if(budgets_, [&](const auto& entry) { return entry.second.used_at <= middle; });
  }
  const auto [at, is_new] = budgets_.try_emplace(event.regarding.uid, kPerObject);
  at->second.used_at = now;
  return at->second.bucket.try_take(now);
}

}  // namespace runtime
