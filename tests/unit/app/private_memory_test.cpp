#include "app/private_memory.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace app {
namespace {

// In a child: what is given up does not come back.
int exit_code_of(int (*child)()) {
  const pid_t pid = fork();
  if (pid == 0) _exit(child());
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(KeepMemoryPrivate, AllowsNoCoreDump) {
  const int code = exit_code_of([] {
    keep_memory_private();
    rlimit limit{};
    return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0 ? 0
                                                                                             : 1;
  });

  EXPECT_EQ(code, 0);
}

TEST(KeepMemoryPrivate, AllowsNoDebuggerAndNoPipeOfTheCore) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer attaches to its own process";
#endif
  EXPECT_EQ(prctl(PR_GET_DUMPABLE), 1) << "nothing to show";

  const int code = exit_code_of([] {
    keep_memory_private();
    return prctl(PR_GET_DUMPABLE);
  });

  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace app
