#include "metrics/registry.h"

#include <algorithm>
#include <locale>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <prometheus/check_names.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "base/check.h"

namespace metrics {
namespace {

// One family. The series are ours and not prometheus::Family's, because that one destroys a removed
// series under the handles that still point at it, and has no order.
struct Series {
  std::string help{};
  prometheus::MetricType type = prometheus::MetricType::Untyped;
  std::vector<double> buckets{};
  std::map<Labels, std::shared_ptr<prometheus::Counter>> counters{};
  std::map<Labels, std::shared_ptr<prometheus::Gauge>> gauges{};
  std::map<Labels, std::shared_ptr<prometheus::Histogram>> histograms{};
};

// One family that is told at each expose().
struct Told {
  std::string help{};
  std::function<void(const Registry::Tell&)> tell_all{};
};

void check_labels(const Labels& labels) {
  for (const auto& [name, value] : labels) BASE_CHECK(prometheus::CheckLabelName(name));
}

template <class T>
void collect_into(prometheus::MetricFamily& family,
                  const std::map<Labels, std::shared_ptr<T>>& series) {
  for (const auto& [labels, metric] : series) {
    prometheus::ClientMetric sample = metric->Collect();
    for (const auto& [name, value] : labels) sample.label.push_back({name, value});
    family.metric.push_back(std::move(sample));
  }
}

void append_family(std::string& text, const std::string& name, const Series& series) {
  prometheus::MetricFamily family{name, series.help, series.type, {}};
  collect_into(family, series.counters);
  collect_into(family, series.gauges);
  collect_into(family, series.histograms);
  if (family.metric.empty()) return;
  std::ostringstream serialized;
  serialized.imbue(std::locale::classic());
  prometheus::TextSerializer().Serialize(serialized, {std::move(family)});
  text += serialized.view();
}

// prometheus.io, docs/instrumenting/exposition_formats: backslash, quote and line feed.
void append_escaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    c == '\n' ? text += "\\n" : text += c;
  }
}

void append_series(std::string& text, const std::string& name, const Labels& labels, double value) {
  text += name;
  char before = '{';
  for (const auto& [label, content] : labels) {
    text += before;
    text.append(label).append("=\"");
    append_escaped(text, content);
    text += '"';
    before = ',';
  }
  if (!labels.empty()) text += '}';
  // As many digits as prometheus-cpp writes.
  fmt::format_to(std::back_inserter(text), " {:.16g}\n", value);
}

void append_told(std::string& text, const std::string& name, const Told& told) {
  const std::size_t begin = text.size();
  text += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name, told.help);
  const std::size_t first = text.size();
  told.tell_all(
      [&](const Labels& labels, double value) { append_series(text, name, labels, value); });
  if (text.size() == first) text.resize(begin);  // a family without series is left out
}

}  // namespace

struct Registry::State {
  // Held while samplers run, so that a sampler's end waits for a running call. Taken before mutex.
  base::Mutex samplers_mutex;
  std::list<std::function<void()>> samplers GUARDED_BY(samplers_mutex);
  std::map<std::string, Told, std::less<>> told GUARDED_BY(samplers_mutex);

  base::Mutex mutex;
  std::map<std::string, Series, std::less<>> families GUARDED_BY(mutex);
  std::size_t bytes_last GUARDED_BY(mutex) = 0;  // of the text

  Series& family(const Family& description, prometheus::MetricType type) REQUIRES(mutex);
  std::string text();
};

Series& Registry::State::family(const Family& description, prometheus::MetricType type) {
  const auto [at, is_new] = families.try_emplace(description.name);
  Series& series = at->second;
  if (is_new) {
    BASE_CHECK(prometheus::CheckMetricName(description.name));
    series.help = description.help;
    series.type = type;
  }
  BASE_CHECK(series.type == type);
  return series;
}

std::string Registry::State::text() {
  const base::MutexLock samplers_lock(samplers_mutex);
  for (const auto& refresh : samplers) refresh();
  const base::MutexLock lock(mutex);
  std::string text;
  text.reserve(bytes_last + bytes_last / 8);  // megabytes, if there are ten thousand requests
  auto next = told.begin();
  for (const auto& [name, series] : families) {
    for (; next != told.end() && next->first < name; ++next) {
      append_told(text, next->first, next->second);
    }
    append_family(text, name, series);
  }
  for (; next != told.end(); ++next) append_told(text, next->first, next->second);
  bytes_last = text.size();
  return text;
}

Registry::Registry() : state_(std::make_shared<State>()) {}
Registry::~Registry() = default;

Counter Registry::counter(const Family& family, const Labels& labels) {
  check_labels(labels);
  const base::MutexLock lock(state_->mutex);
  auto& series = state_->family(family, prometheus::MetricType::Counter).counters[labels];
  if (!series) series = std::make_shared<prometheus::Counter>();
  return Counter(series);
}

Gauge Registry::gauge(const Family& family, const Labels& labels) {
  check_labels(labels);
  const base::MutexLock lock(state_->mutex);
  auto& series = state_->family(family, prometheus::MetricType::Gauge).gauges[labels];
  if (!series) series = std::make_shared<prometheus::Gauge>();
  return Gauge(series);
}

Histogram Registry::histogram(const Family& family, const std::vector<double>& buckets,
                              const Labels& labels) {
  BASE_CHECK(std::is_sorted(buckets.begin(), buckets.end(), std::less_equal<>()));
  check_labels(labels);
  const base::MutexLock lock(state_->mutex);
  Series& in = state_->family(family, prometheus::MetricType::Histogram);
  if (in.histograms.empty()) in.buckets = buckets;
  auto& series = in.histograms[labels];
  if (!series) series = std::make_shared<prometheus::Histogram>(in.buckets);
  return Histogram(series);
}

bool Registry::remove(std::string_view family_name, const Labels& labels) {
  const base::MutexLock lock(state_->mutex);
  const auto at = state_->families.find(family_name);
  if (at == state_->families.end()) return false;
  Series& series = at->second;
  return series.counters.erase(labels) + series.gauges.erase(labels) +
             series.histograms.erase(labels) !=
         0;
}

Registry::Sampler Registry::add_sampler(std::function<void()> refresh) {
  const base::MutexLock lock(state_->samplers_mutex);
  const auto at = state_->samplers.insert(state_->samplers.end(), std::move(refresh));
  return {nullptr, [state = state_, at](std::nullptr_t) {
            const base::MutexLock inner(state->samplers_mutex);
            state->samplers.erase(at);
          }};
}

Registry::Sampler Registry::add_told(const Family& family,
                                     std::function<void(const Tell&)> tell_all) {
  BASE_CHECK(prometheus::CheckMetricName(family.name));
  const base::MutexLock lock(state_->samplers_mutex);
  const bool is_new =
      state_->told.try_emplace(family.name, Told{family.help, std::move(tell_all)}).second;
  BASE_CHECK(is_new);
  return {nullptr, [state = state_, name = family.name](std::nullptr_t) {
            const base::MutexLock inner(state->samplers_mutex);
            state->told.erase(name);
          }};
}

std::string Registry::expose() const {
  return state_->text();
}

void Counter::add(double amount) const {
  if (series_) series_->Increment(amount);
}
double Counter::value() const {
  return series_ ? series_->Value() : 0;
}

void Gauge::set(double value) const {
  if (series_) series_->Set(value);
}
void Gauge::add(double amount) const {
  if (series_) series_->Increment(amount);
}
double Gauge::value() const {
  return series_ ? series_->Value() : 0;
}

void Histogram::observe(double value) const {
  if (series_) series_->Observe(value);
}

std::vector<double> exponential_buckets(double first, double factor, int count) {
  std::vector<double> buckets;
  for (double bound = first; count > 0; bound *= factor, --count) buckets.push_back(bound);
  return buckets;
}

}  // namespace metrics
