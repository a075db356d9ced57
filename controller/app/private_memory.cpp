#include "app/private_memory.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace app {

void keep_memory_private() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  prctl(PR_SET_DUMPABLE, 0);  // LeakSanitizer attaches to its own process
#endif
}

}  // namespace app
