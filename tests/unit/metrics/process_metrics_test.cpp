#include "metrics/process_metrics.h"

#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace metrics {
namespace {

using testing::HasSubstr;

// proc(5): pid (comm) state ppid pgrp session tty_nr tpgid flags minflt cminflt majflt cmajflt
// utime stime cutime cstime priority nice num_threads itrealvalue starttime vsize rss.
constexpr std::string_view kLine =
    "42 (a) b (c) S 1 42 42 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 3 0 1000 8192000 25 "
    "18446744073709551615 1 1 0\n";

TEST(ParseProcessStat, ReadsTheFieldsBehindACommandNameWithParentheses) {
  const auto facts = parse_process_stat(
      kLine, {.ticks_per_second = 100, .page_bytes = 4096, .boot_time = 1'700'000'000});

  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->cpu_seconds, 2);
  EXPECT_EQ(facts->start_time, 1'700'000'010);
  EXPECT_EQ(facts->virtual_bytes, 8'192'000);
  EXPECT_EQ(facts->resident_bytes, 102'400);
}

TEST(ParseProcessStat, RefusesShortLines) {
  for (const std::string_view line : {"", "42 (a", "42 (a) S 1 2 3"}) {
    const auto facts = parse_process_stat(line, {});
    ASSERT_FALSE(facts) << line;
    EXPECT_EQ(facts.error().code, base::Code::kCorrupt);
  }
}

TEST(ProcessFacts, CountOpenFiles) {
  const auto before = read_process_facts();
  const std::ifstream one_more("/proc/self/status");
  const auto after = read_process_facts();

  ASSERT_TRUE(before && after);
  EXPECT_EQ(after->open_fds, before->open_fds + 1);
  EXPECT_GE(after->max_fds, after->open_fds);
  EXPECT_GT(after->resident_bytes, 0);
  EXPECT_GT(after->start_time, 1'700'000'000);
}

TEST(ProcessMetrics, ArePublishedAndCpuTimeNeverGoesDown) {
  Registry registry;
  const ProcessMetrics process(registry);
  const Counter cpu = registry.counter({"process_cpu_seconds_total", ""});

  const std::string text = registry.expose();
  const double first = cpu.value();
  registry.expose();

  for (const char* name :
       {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
        "process_virtual_memory_bytes", "process_max_fds", "process_start_time_seconds"}) {
    EXPECT_THAT(text, HasSubstr(name));
  }
  EXPECT_GE(cpu.value(), first);
}

}  // namespace
}  // namespace metrics
