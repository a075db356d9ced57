#include "workloads.h"

#include <cstdio>

#include "http/curl_transport.h"
#include "run.h"

namespace bench {
namespace {

using namespace std::chrono_literals;
using base::Result;
using nlohmann::json;
using std::chrono::steady_clock;

// A line of progress every few seconds; without any for two minutes it is given up.
bool wait_with_progress(Readiness& readiness, const Settings& settings, const Run& run,
                        std::size_t count) {
  constexpr auto kStuck = 120s;
  auto moved_at = steady_clock::now();
  std::size_t last = 0;
  while (steady_clock::now() - run.begun() < settings.at_most) {
    if (readiness.wait_ready(count, 5s)) return true;
    const std::size_t ready = readiness.ready_count();
    std::fprintf(stderr, "  %6.0f s: %zu of %zu ready\n", run.seconds(), ready, count);
    if (ready != last) moved_at = steady_clock::now();
    if (steady_clock::now() - moved_at > kStuck) return false;
    last = ready;
  }
  return false;
}

std::vector<double> values_of(const std::map<std::string, double>& map) {
  std::vector<double> values;
  for (const auto& [name, value] : map) values.push_back(value);
  return values;
}

// One point of the course for each hundredth of the objects.
json course_of(const std::vector<double>& times) {
  json course = json::array();
  const std::size_t step = std::max<std::size_t>(times.size() / 100, 1);
  for (std::size_t i = 0; i < times.size(); i += step) {
    course.push_back(json::array({times[i], i + 1}));
  }
  if (!times.empty()) course.push_back(json::array({times.back(), times.size()}));
  return course;
}

json outcome(Run& run, const Readiness& readiness, double written) {
  const auto times = readiness.ready_times(run.begun());
  json result = run.finish();
  result["written_seconds"] = written;
  result["ready"] = times.size();
  result["seconds"] = times.empty() ? 0.0 : times.back();
  result["latency"] = percentiles(values_of(readiness.latencies()));
  result["course"] = course_of(times);
  return result;
}

std::size_t number_of(const std::string& name) {
  return std::stoul(name.substr(name.rfind('-') + 1));
}

Result<void> create_one(kube::Client& client, const Settings& settings, const std::string& name) {
  const json object = TRY(filled(settings, name, number_of(name)));
  TRY_VOID(client.create(settings.goal.resource, settings.goal.namespace_, object, {}));
  return {};
}

std::string name_at(const Settings& settings, std::size_t i) {
  return settings.prefix + "-" + std::to_string(i);
}

Result<void> ask_again(kube::Client& client, const Settings& settings, const std::string& name) {
  const json patch = TRY(filled(settings, name, number_of(name)));
  const kube::ObjectKey key{settings.goal.namespace_, name};
  if (settings.apply_status) {
    TRY_VOID(client.apply_status(settings.goal.resource, key, patch, {}));
  } else {
    TRY_VOID(client.patch(settings.goal.resource, key, kube::PatchKind::kMerge, patch, {}));
  }
  return {};
}

// The sum of all series of one metric; -1 if nothing answers yet.
double metric(http::Transport& transport, const Settings& settings) {
  const auto answer = transport.send({.url = settings.metrics_url, .timeout = 1s}, {});
  if (!answer || answer->status != 200) return -1;
  double sum = 0;
  std::size_t at = 0;
  while (at < answer->body.size()) {
    const auto end = std::min(answer->body.find('\n', at), answer->body.size());
    const std::string line = answer->body.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(settings.reconciles)) continue;
    sum += std::stod(line.substr(line.rfind(' ') + 1));
  }
  return sum;
}

}  // namespace

Result<json> create_all(kube::Client& client, const Settings& settings) {
  Readiness readiness(client, settings.goal);
  TRY_VOID(readiness.start());
  Run run(settings);
  const auto one = [&](std::size_t i) -> Result<void> {
    const std::string name = name_at(settings, i);
    readiness.expect(name);
    return create_one(client, settings, name);
  };
  TRY_VOID(in_parallel(settings.count, settings.parallel, one));
  const double written = run.seconds();
  wait_with_progress(readiness, settings, run, settings.count);
  return outcome(run, readiness, written);
}

Result<json> renew_all(kube::Client& client, const Settings& settings) {
  Readiness readiness(client, settings.goal);
  TRY_VOID(readiness.start());
  const auto names = readiness.names();
  Run run(settings);
  const auto one = [&](std::size_t i) -> Result<void> {
    readiness.expect(names[i]);
    return ask_again(client, settings, names[i]);
  };
  TRY_VOID(in_parallel(names.size(), settings.parallel, one));
  const double written = run.seconds();
  wait_with_progress(readiness, settings, run, names.size());
  json result = outcome(run, readiness, written);
  result["count"] = names.size();
  return result;
}

Result<json> one_by_one(kube::Client& client, const Settings& settings) {
  Readiness readiness(client, settings.goal);
  TRY_VOID(readiness.start());
  Run run(settings);
  for (std::size_t i = 0; i < settings.count; ++i) {
    const std::string name = name_at(settings, i);
    readiness.expect(name);
    TRY_VOID(create_one(client, settings, name));
    if (!readiness.wait_ready(i + 1, 120s)) {
      return base::fail(base::Code::kUnavailable, name + " did not become ready");
    }
    std::this_thread::sleep_for(500ms);
  }
  return outcome(run, readiness, run.seconds());
}

Result<json> watch_start(const Settings& settings) {
  const int pid = settings.processes.at(settings.subject);
  const double age = TRY(age_seconds(pid));
  Run run(settings);
  auto transport = TRY(http::CurlTransport::create({.allow_plain_http = true}));
  double first = 0;
  double all = 0;
  json cpu_all = nullptr;
  while (all == 0 && run.seconds() < static_cast<double>(settings.at_most.count())) {
    const double asked_at = run.seconds();
    const double passes = metric(*transport, settings);
    const double now = age + run.seconds();
    if (passes > 0 && first == 0) first = now;
    if (passes >= static_cast<double>(settings.count)) {
      all = now;
      cpu_all = TRY(usage_of(pid)).cpu_seconds;
    }
    // Ten thousand rows of metrics take the subject longer than a pass: a tenth of the time at
    // most.
    const std::chrono::duration<double> took(run.seconds() - asked_at);
    std::this_thread::sleep_for(std::max<std::chrono::duration<double>>(50ms, 9 * took));
  }
  std::this_thread::sleep_for(settings.at_most - std::chrono::duration<double>(run.seconds()));
  const Usage used = TRY(usage_of(pid));
  json result = run.finish();
  result["first_reconcile_seconds"] = first;
  result["all_seen_seconds"] = all;
  result["cpu_seconds_when_all_seen"] = cpu_all;
  result["cpu_seconds_in_window"] = used.cpu_seconds;
  result["window_seconds"] = age + run.seconds();
  return result;
}

Result<json> stand_by(const Settings& settings) {
  Run run(settings);
  std::this_thread::sleep_for(settings.at_most);
  const double seconds = run.seconds();
  json result = run.finish();
  result["seconds"] = seconds;
  return result;
}

}  // namespace bench
