#include "support/process.h"

#include <signal.h>

#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace support {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Run, GivesExitCodeOutputAndErrorsApart) {
  const auto result = run({.argv = {"sh", "-c", "echo out; echo err >&2; exit 7"}});

  EXPECT_EQ(result.exit_code, 7);
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
}

TEST(Run, PassesInputAndEnvironment) {
  const auto result = run({.argv = {"sh", "-c", "cat; printf %s \"$COLOUR\""},
                           .env = {{"COLOUR", "green"}},
                           .input = "line\n"});

  EXPECT_EQ(result.out, "line\ngreen");
}

TEST(Run, Says127WithReasonWhenProgramIsMissing) {
  const auto result = run({.argv = {"/nonexistent/program"}});

  EXPECT_EQ(result.exit_code, 127);
  EXPECT_NE(result.err.find("No such file"), std::string::npos) << result.err;
}

TEST(Run, Says124WhenTimeIsUp) {
  const auto result = run({.argv = {"sleep", "60"}, .timeout_ms = milliseconds{50}});

  EXPECT_EQ(result.exit_code, 124);
}

TEST(Process, ShowsOutputWhileItRuns) {
  const TempDir dir;
  Process process({.argv = {"sh", "-c", "echo ready; exec sleep 60"}}, dir.file("log"));

  EXPECT_TRUE(process.wait_for_output("ready", seconds{10}));
  EXPECT_TRUE(process.running());
  EXPECT_EQ(process.terminate(), 128 + SIGTERM);
  EXPECT_FALSE(process.running());
}

TEST(Process, IsKilledWhenItIgnoresTheRequestToEnd) {
  const TempDir dir;
  Process process({.argv = {"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"}},
                  dir.file("log"));
  ASSERT_TRUE(process.wait_for_output("ready", seconds{10}));

  EXPECT_EQ(process.terminate(milliseconds{100}), 128 + SIGKILL);
}

TEST(Process, EndsWithItsOwner) {
  const TempDir dir;
  pid_t pid = 0;
  {
    const Process process({.argv = {"sleep", "60"}}, dir.file("log"));
    pid = process.pid();
  }

  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(FreePort, IsBelowTheEphemeralRange) {
  const auto port = free_port();

  EXPECT_GE(port, 20'000);
  EXPECT_LT(port, 30'000);
}

}  // namespace
}  // namespace support
