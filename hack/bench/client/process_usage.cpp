#include "process_usage.h"

#include <fstream>
#include <sstream>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace bench {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

std::string proc_file(int pid, const char* name) {
  return "/proc/" + std::to_string(pid) + "/" + name;
}

// The fields of /proc/PID/stat after the name of the program, which may hold anything: the first
// is field 3 of proc(5).
std::vector<std::string> stat_fields(int pid) {
  std::ifstream file(proc_file(pid, "stat"));
  std::string line;
  std::getline(file, line);
  const auto end = line.rfind(')');
  std::vector<std::string> fields;
  if (end == std::string::npos) return fields;
  std::istringstream rest(line.substr(end + 1));
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

double ticks(const std::string& field) {
  return std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double status_kib(const std::string& text, const std::string& name) {
  const auto at = text.find("\n" + name + ":");
  return at == std::string::npos ? 0 : std::stod(text.substr(at + name.size() + 2));
}

double seconds_since(steady_clock::time_point begun) {
  return std::chrono::duration<double>(steady_clock::now() - begun).count();
}

}  // namespace

base::Result<Usage> usage_of(int pid) {
  constexpr std::size_t kUserTime = 14 - 3;
  constexpr std::size_t kSystemTime = 15 - 3;
  const auto fields = stat_fields(pid);
  if (fields.size() <= kSystemTime) {
    return base::fail(base::Code::kNotFound, "read /proc: no process " + std::to_string(pid));
  }
  std::ifstream file(proc_file(pid, "status"));
  const std::string status(std::istreambuf_iterator<char>(file), {});
  return Usage{.cpu_seconds = ticks(fields[kUserTime]) + ticks(fields[kSystemTime]),
               .rss_kib = status_kib(status, "VmRSS"),
               .rss_peak_kib = status_kib(status, "VmHWM")};
}

base::Result<double> age_seconds(int pid) {
  constexpr std::size_t kStartTime = 22 - 3;
  const auto fields = stat_fields(pid);
  if (fields.size() <= kStartTime) {
    return base::fail(base::Code::kNotFound, "read /proc: no process " + std::to_string(pid));
  }
  timespec since_boot{};
  clock_gettime(CLOCK_BOOTTIME, &since_boot);
  return static_cast<double>(since_boot.tv_sec) + static_cast<double>(since_boot.tv_nsec) / 1e9 -
         ticks(fields[kStartTime]);
}

void forget_peak(int pid) {
  std::ofstream(proc_file(pid, "clear_refs")) << "5";
}

nlohmann::json snapshot(const Processes& processes) {
  nlohmann::json all = nlohmann::json::object();
  for (const auto& [name, pid] : processes) {
    const auto usage = usage_of(pid);
    if (!usage) continue;
    all[name] = {{"cpu_seconds", usage->cpu_seconds},
                 {"rss_kib", usage->rss_kib},
                 {"rss_peak_kib", usage->rss_peak_kib}};
  }
  return all;
}

UsageSampler::UsageSampler(Processes processes, std::chrono::milliseconds interval)
    : processes_(std::move(processes)),
      interval_(interval),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void UsageSampler::run(const std::stop_token& stop) {
  const auto begun = steady_clock::now();
  while (!stop.stop_requested()) {
    nlohmann::json point = snapshot(processes_);
    point["t"] = seconds_since(begun);
    const base::MutexLock lock(mutex_);
    points_.push_back(point.dump());
    changed_.wait_for(mutex_, stop, interval_, [] { return false; });
  }
}

nlohmann::json UsageSampler::series() const {
  const base::MutexLock lock(mutex_);
  nlohmann::json all = nlohmann::json::array();
  for (const std::string& point : points_) all.push_back(nlohmann::json::parse(point));
  return all;
}

double wait_idle(int pid, std::chrono::milliseconds at_most) {
  constexpr double kBusyShare = 0.05;
  const auto begun = steady_clock::now();
  auto before = usage_of(pid);
  while (before && steady_clock::now() - begun < at_most) {
    std::this_thread::sleep_for(1s);
    const auto after = usage_of(pid);
    if (!after || after->cpu_seconds - before->cpu_seconds < kBusyShare) break;
    before = after;
  }
  return seconds_since(begun);
}

}  // namespace bench
