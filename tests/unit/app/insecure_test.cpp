// A connection that is not verified: only when the kubeconfig says so, and then loudly.
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app.h"
#include "base/log.h"

namespace app {
namespace {

using testing::HasSubstr;
using testing::Not;

// What a process with that cluster in its kubeconfig says when it starts.
std::string log_of_start(const std::string& cluster) {
  const std::string path =
      testing::TempDir() + "duplicert_insecure_" + std::to_string(getpid()) + ".kubeconfig";
  std::ofstream(path) << "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                         "clusters: [{name: c, cluster: {" +
                             cluster + "}}]\ncontexts: [{name: c, context: {cluster: c}}]\n";
  cli::RunOptions options;
  options.kubeconfig = path;
  options.metrics.enabled = false;
  options.health.enabled = false;
  testing::internal::CaptureStderr();
  base::init_log(base::LogFormat::kJson, base::LogLevel::kError);
  {
    const auto app = App::create(options);
  }
  std::filesystem::remove(path);
  return testing::internal::GetCapturedStderr();
}

TEST(Insecure, IsShouted) {
  EXPECT_THAT(log_of_start("server: 'https://127.0.0.1:1', insecure-skip-tls-verify: true"),
              HasSubstr("THE API SERVER'S CERTIFICATE IS NOT VERIFIED"));
}

TEST(Insecure, IsNothingThatComesByItself) {
  EXPECT_THAT(log_of_start("server: 'https://127.0.0.1:1'"), Not(HasSubstr("NOT VERIFIED")));
}

}  // namespace
}  // namespace app
