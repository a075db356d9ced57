// Registry: every number that this process publishes, in Prometheus' text format.
// Entry points: Registry::counter, gauge, histogram (they return handles) and Registry::expose.
// Thread-safe. Handles are small values: keep them, do not look them up in a hot path.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_annotations.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
struct MetricFamily;
}  // namespace prometheus

namespace metrics {

// Names and values of labels. Values come from closed sets: each new one is a new series for ever,
// unless remove() is called.
using Labels = std::map<std::string, std::string>;

// Name in snake_case with base unit and, for counters, "_total"; help is one sentence.
// https://prometheus.io/docs/practices/naming/
struct Family {
  std::string name{};
  std::string help{};
};

// The handles below are thread-safe, may be copied, and stay valid after remove() and after the
// registry's end; what they count then is no longer exposed. A default-made handle ignores calls.
class Counter {
 public:
  Counter() = default;
  explicit Counter(std::shared_ptr<prometheus::Counter> series) : series_(std::move(series)) {}
  void add(double amount = 1) const;  // negative amounts are ignored
  double value() const;

 private:
  std::shared_ptr<prometheus::Counter> series_;
};

class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(std::shared_ptr<prometheus::Gauge> series) : series_(std::move(series)) {}
  void set(double value) const;
  void add(double amount) const;
  double value() const;

 private:
  std::shared_ptr<prometheus::Gauge> series_;
};

class Histogram {
 public:
  Histogram() = default;
  explicit Histogram(std::shared_ptr<prometheus::Histogram> series) : series_(std::move(series)) {}
  void observe(double value) const;

 private:
  std::shared_ptr<prometheus::Histogram> series_;
};

// `count` upper bounds: first, first*factor, first*factor^2, ...
std::vector<double> exponential_buckets(double first, double factor, int count);

class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // The series of `family` with these labels, made at 0 if it is new: asking for a series is how it
  // is declared, so that it is exposed before the first event. The same arguments give the same
  // series. The first call fixes the family's help text and, for histograms, its buckets.
  // A name that is not valid, or that another type has already, is a bug of ours: BASE_CHECK.
  Counter counter(const Family& family, const Labels& labels = {});
  Gauge gauge(const Family& family, const Labels& labels = {});
  // `buckets` are upper bounds, strictly rising, without +Inf.
  Histogram histogram(const Family& family, const std::vector<double>& buckets,
                      const Labels& labels = {});

  // Ends one series, for labels that name an object which is gone. False if there was none.
  bool remove(std::string_view family_name, const Labels& labels);

  // Runs `refresh` at the start of each expose(), for values that are sampled and not counted.
  // It may ask for series, but must not add or end a sampler. It is never called again once the
  // returned token is destroyed; that waits for a running call.
  using Sampler = std::shared_ptr<void>;
  [[nodiscard]] Sampler add_sampler(std::function<void()> refresh);

  // A family of gauges that are told anew at each expose() and kept nowhere here: for numbers of
  // each of thousands of objects, whose owner has them in less space. `tell_all` calls `tell` for
  // each series, no labels twice, with label names that Prometheus can read. Nobody else may ask
  // for that family. Ends as a sampler does; `tell_all` must not call the registry.
  using Tell = std::function<void(const Labels& labels, double value)>;
  [[nodiscard]] Sampler add_told(const Family& family,
                                 std::function<void(const Tell& tell)> tell_all);

  // Everything, in the text format 0.0.4, families and series in alphabetical order; told series
  // in the order in which they are told.
  // Serve it as kContentType.
  std::string expose() const;
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace metrics
