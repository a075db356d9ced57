// The names that dashboards know, all there at 0 before anything has happened: what a process shows
// that cannot even reach its API server.
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app.h"
#include "http/curl_transport.h"
#include "support/process.h"

namespace app {
namespace {

using testing::HasSubstr;
using testing::Not;

class MetricsListTest : public testing::Test {
 protected:
  MetricsListTest() {
    std::ofstream(path_) << "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                            "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n"
                            "contexts: [{name: c, context: {cluster: c}}]\n";
    cli::RunOptions options;
    options.kubeconfig = path_;
    options.metrics = {.host = "127.0.0.1", .port = support::free_port()};
    options.health.enabled = false;
    auto made = App::create(options);
    EXPECT_TRUE(made) << made.error().message;
    const auto client = *http::CurlTransport::create({.allow_plain_http = true});
    const auto answer = client->send(
        {.url = "http://127.0.0.1:" + std::to_string(options.metrics.port) + "/metrics"}, {});
    EXPECT_TRUE(answer) << answer.error().message;
    if (answer) text_ = answer->body;
  }
  ~MetricsListTest() override { std::filesystem::remove(path_); }

  // The lines that begin with `name`, without the comments.
  std::vector<std::string> lines(const std::string& name) const {
    std::vector<std::string> found;
    std::istringstream text(text_);
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with(name)) found.push_back(line);
    }
    return found;
  }
  // The families that are exposed.
  std::set<std::string> families() const {
    std::set<std::string> found;
    for (const std::string& line : lines("# TYPE ")) {
      const std::string rest = line.substr(7);
      found.insert(rest.substr(0, rest.find(' ')));
    }
    return found;
  }

  const std::string path_ =
      testing::TempDir() + "duplicert_metrics_" + std::to_string(getpid()) + ".kubeconfig";
  std::string text_{};
};

// Those of objects come and go with their objects: certificates, profiles, accounts.
const std::set<std::string> kOfObjects{"duplicert_certificate_expiration_timestamp_seconds",
                                       "duplicert_certificate_renewal_timestamp_seconds",
                                       "duplicert_certificate_ready",
                                       "duplicert_profile_ready",
                                       "duplicert_duplicates_issued_total",
                                       "duplicert_orders_placed_total",
                                       "duplicert_ca_rate_limit_remaining"};

const std::set<std::string> kAlways{
    // controller-runtime: pkg/internal/controller/metrics, pkg/certwatcher/metrics
    "controller_runtime_reconcile_total", "controller_runtime_reconcile_errors_total",
    "controller_runtime_terminal_reconcile_errors_total",
    "controller_runtime_reconcile_panics_total", "controller_runtime_reconcile_timeouts_total",
    "controller_runtime_reconcile_time_seconds", "controller_runtime_max_concurrent_reconciles",
    "controller_runtime_active_workers", "certwatcher_read_certificate_total",
    "certwatcher_read_certificate_errors_total",
    // client-go: util/workqueue, tools/leaderelection, tools/metrics
    "workqueue_depth", "workqueue_adds_total", "workqueue_queue_duration_seconds",
    "workqueue_work_duration_seconds", "workqueue_unfinished_work_seconds",
    "workqueue_longest_running_processor_seconds", "workqueue_retries_total",
    "leader_election_master_status", "leader_election_slowpath_total", "rest_client_requests_total",
    "rest_client_request_duration_seconds", "rest_client_request_size_bytes",
    "rest_client_response_size_bytes", "rest_client_rate_limiter_duration_seconds",
    "rest_client_request_retries_total", "rest_client_dns_resolution_duration_seconds",
    // Prometheus: every process
    "process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
    "process_start_time_seconds", "process_open_fds", "process_max_fds",
    // ours
    "duplicert_build_info", "duplicert_decisions_total", "duplicert_ca_requests_total",
    "duplicert_ca_request_duration_seconds", "duplicert_issuance_duration_seconds",
    "duplicert_stale_cache_total", "duplicert_events_written_total",
    "duplicert_events_dropped_total"};

TEST_F(MetricsListTest, IsWholeFromTheStart) {
  EXPECT_EQ(families(), kAlways);
}

TEST_F(MetricsListTest, BeginsAtZero) {
  for (const std::string& family : kAlways) {
    const bool has_value = family.starts_with("process_") || family == "duplicert_build_info" ||
                           family == "controller_runtime_max_concurrent_reconciles";
    if (has_value) continue;
    const auto found = lines(family);
    EXPECT_FALSE(found.empty()) << family;
    for (const std::string& line : found) EXPECT_THAT(line, testing::EndsWith(" 0")) << line;
  }
}

TEST_F(MetricsListTest, HasTheSeriesOfEachControllerAndResult) {
  for (const std::string controller : {"request", "order", "profile"}) {
    for (const std::string result : {"success", "error", "requeue", "requeue_after"}) {
      EXPECT_THAT(text_, HasSubstr("controller_runtime_reconcile_total{controller=\"" + controller +
                                   "\",result=\"" + result + "\"} 0"));
    }
    EXPECT_THAT(text_, HasSubstr("workqueue_depth{controller=\"" + controller + "\",name=\"" +
                                 controller + "\""));
  }
}

TEST_F(MetricsListTest, IsInTheManual) {
  std::ifstream file(DUPLICERT_SOURCE_DIR "/docs/operations.md");
  const std::string manual{std::istreambuf_iterator<char>(file), {}};
  for (const std::set<std::string>& names : {kAlways, kOfObjects}) {
    for (const std::string& name : names) {
      if (!name.starts_with("duplicert_")) continue;
      EXPECT_THAT(manual, HasSubstr(name));
    }
  }
}

TEST_F(MetricsListTest, PassesPromtool) {
  const char* const home = std::getenv("HOME");
  const std::string unpacked =
      std::string(home == nullptr ? "" : home) + "/.cache/duplicert/checks/root/usr/bin/promtool";
  const bool is_there = std::filesystem::exists(unpacked);
  const auto checked = support::run(
      {.argv = {is_there ? unpacked : "promtool", "check", "metrics"}, .input = text_});
  if (checked.exit_code == 127) {
    GTEST_SKIP() << "no promtool: apt-get install prometheus, or run hack/chart-check.py once";
  }

  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
}

}  // namespace
}  // namespace app
