#include "metrics/registry.h"

#include <algorithm>
#include <locale>
#include <sstream>
#include <utility>

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

}  // namespace

struct Registry::State {
  // Held while samplers run, so that a sampler's end waits for a running call. Taken before mutex.
  base::Mutex samplers_mutex;
  std::list<std::function<void()>> samplers GUARDED_BY(samplers_mutex);

  base::Mutex mutex;
  std::map<std::string, Series, std::less<>> families GUARDED_BY(mutex);

  Series& family(const Family& description, prometheus::MetricType type) REQUIRES(mutex);
  void run_samplers();
  std::vector<prometheus::MetricFamily> collect();
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

void Registry::State::run_samplers() {
  const base::MutexLock lock(samplers_mutex);
  for (const auto& refresh : samplers) refresh();
}

std::vector<prometheus::MetricFamily> Registry::State::collect() {
  const base::MutexLock lock(mutex);
  std::vector<prometheus::MetricFamily> collected;
  for (const auto& [name, series] : families) {
    prometheus::MetricFamily family{name, series.help, series.type, {}};
    collect_into(family, series.counters);
    collect_into(family, series.gauges);
    collect_into(family, series.histograms);
    if (!family.metric.empty()) collected.push_back(std::move(family));
  }
  return collected;
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

std::string Registry::expose() const {
  state_->run_samplers();
  std::ostringstream text;
  text.imbue(std::locale::classic());
  prometheus::TextSerializer{}.Serialize(text, state_->collect());
  return std::move(text).str();
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
