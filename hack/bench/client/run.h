// What the workloads share. Internal to the benchmark's client.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "process_usage.h"
#include "workloads.h"

namespace bench {

// Does `work(i)` for 0 <= i < count on `parallel` threads; the first error ends it.
inline base::Result<void> in_parallel(std::size_t count, std::size_t parallel,
                                      const std::function<base::Result<void>(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::optional<base::Error> failed;
  std::mutex mutex;
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < parallel; ++t) {
      threads.emplace_back([&] {
        for (std::size_t i = next++; i < count; i = next++) {
          auto done = work(i);
          if (done) continue;
          const std::lock_guard lock(mutex);
          failed = done.error();
          next = count;
        }
      });
    }
  }
  if (failed) return std::unexpected(*failed);
  return {};
}

// The template for object number `i`, parsed, with {name}, {i}, {group} and {now} filled in.
inline base::Result<nlohmann::json> filled(const Settings& settings, const std::string& name,
                                           std::size_t i) {
  std::string text = settings.template_text;
  const auto replace = [&](std::string_view what, const std::string& with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
      text.replace(at, what.size(), with);
      at += with.size();
    }
  };
  replace("{name}", name);
  replace("{i}", std::to_string(i));
  replace("{group}", std::to_string(i % settings.groups));
  replace("{now}", base::format_time(base::SystemClock().now()));
  auto parsed = nlohmann::json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return base::fail(base::Code::kInvalid, "the template is no JSON");
  return parsed;
}

inline nlohmann::json percentiles(std::vector<double> values) {
  if (values.empty()) return nullptr;
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  };
  return {{"median", at(0.5)}, {"p90", at(0.9)}, {"p99", at(0.99)}, {"max", values.back()}};
}

// The frame of a run: resources before and after, wall-clock bounds for the audit log.
class Run {
 public:
  explicit Run(const Settings& settings)
      : settings_(settings),
        before_(snapshot(settings.processes)),
        wall_begun_(base::SystemClock().now()),
        sampler_(settings.processes, std::chrono::milliseconds{250}) {
    for (const auto& [name, pid] : settings.processes) forget_peak(pid);
  }

  std::chrono::steady_clock::time_point begun() const { return begun_; }
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  }

  // Waits until the subject has nothing left to do; what it does until then belongs to the run.
  nlohmann::json finish() {
    const auto subject = settings_.processes.find(settings_.subject);
    const double settle = subject == settings_.processes.end()
                              ? 0
                              : wait_idle(subject->second, std::chrono::seconds{60});
    return {{"count", settings_.count},
            {"parallel", settings_.parallel},
            {"settle_seconds", settle},
            {"begun", base::format_micro_time(wall_begun_)},
            {"ended", base::format_micro_time(base::SystemClock().now())},
            {"before", before_},
            {"after", snapshot(settings_.processes)},
            {"series", sampler_.series()}};
  }

 private:
  const Settings& settings_;
  const nlohmann::json before_;
  const base::TimePoint wall_begun_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  UsageSampler sampler_;
};

}  // namespace bench
