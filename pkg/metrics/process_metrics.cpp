#include "metrics/process_metrics.h"

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace metrics {
namespace {

// Fields of /proc/self/stat counted from the one after the command name, which is field 2 and may
// hold spaces and parentheses (proc(5)).
constexpr std::size_t kUserTime = 11;
constexpr std::size_t kSystemTime = 12;
constexpr std::size_t kStartTime = 19;
constexpr std::size_t kVirtualSize = 20;
constexpr std::size_t kResidentPages = 21;
constexpr std::size_t kFieldCount = 22;

double number(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    if (end > 0) found.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return found;
}

base::Result<std::string> read_file(const char* path) {
  std::ifstream in(path);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (text.empty()) return base::fail(base::Code::kUnavailable, std::string("read ") + path);
  return text;
}

// The "btime" line of /proc/stat.
base::Result<double> boot_time() {
  static constexpr std::string_view kLabel = "\nbtime ";
  const std::string text = TRY(read_file("/proc/stat"));
  const std::size_t at = text.find(kLabel);
  if (at == std::string::npos) return base::fail(base::Code::kCorrupt, "/proc/stat has no btime");
  return number(std::string_view(text).substr(at + kLabel.size(), text.find('\n', at + 1)));
}

double count_open_fds() {
  std::error_code error;
  const std::filesystem::directory_iterator fds("/proc/self/fd", error);
  // The iterator itself has one open.
  return error ? 0 : static_cast<double>(std::distance(begin(fds), end(fds)) - 1);
}

double max_fds() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

struct ProcessSeries {
  explicit ProcessSeries(Registry& registry)
      : cpu(registry.counter({"process_cpu_seconds_total", "User and system CPU time spent."})),
        resident(registry.gauge({"process_resident_memory_bytes", "Resident memory size."})),
        virtual_size(registry.gauge({"process_virtual_memory_bytes", "Virtual memory size."})),
        start_time(registry.gauge(
            {"process_start_time_seconds", "Start time of the process since the Unix epoch."})),
        open_fds(registry.gauge({"process_open_fds", "Number of open file descriptors."})),
        max_fds(registry.gauge({"process_max_fds", "Maximum number of open file descriptors."})) {}

  void refresh() const {
    const auto facts = read_process_facts();
    if (!facts) return;
    cpu.add(facts->cpu_seconds - cpu.value());
    resident.set(facts->resident_bytes);
    virtual_size.set(facts->virtual_bytes);
    start_time.set(facts->start_time);
    open_fds.set(facts->open_fds);
    max_fds.set(facts->max_fds);
  }

  Counter cpu;
  Gauge resident;
  Gauge virtual_size;
  Gauge start_time;
  Gauge open_fds;
  Gauge max_fds;
};

}  // namespace

base::Result<ProcessFacts> parse_process_stat(std::string_view line, const StatUnits& units) {
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string_view::npos) {
    return base::fail(base::Code::kCorrupt, "parse process stat: no command name");
  }
  const auto fields = words(line.substr(name_end + 1));
  if (fields.size() < kFieldCount) {
    return base::fail(base::Code::kCorrupt, "parse process stat: too few fields");
  }
  ProcessFacts facts;
  facts.cpu_seconds =
      (number(fields[kUserTime]) + number(fields[kSystemTime])) / units.ticks_per_second;
  facts.resident_bytes = number(fields[kResidentPages]) * units.page_bytes;
  facts.virtual_bytes = number(fields[kVirtualSize]);
  facts.start_time = units.boot_time + number(fields[kStartTime]) / units.ticks_per_second;
  return facts;
}

base::Result<ProcessFacts> read_process_facts() {
  const double booted = TRY(boot_time());
  const StatUnits units{.ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK)),
                        .page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE)),
                        .boot_time = booted};
  const std::string line = TRY(read_file("/proc/self/stat"));
  ProcessFacts facts = TRY(parse_process_stat(line, units));
  facts.open_fds = count_open_fds();
  facts.max_fds = max_fds();
  return facts;
}

ProcessMetrics::ProcessMetrics(Registry& registry)
    : sampler_(registry.add_sampler([series = ProcessSeries(registry)] { series.refresh(); })) {}

}  // namespace metrics
