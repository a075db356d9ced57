#include "app/heap.h"

#include <cstdint>
#include <link.h>
#include <malloc.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace app {
namespace {

constexpr int kArenas = 2;
// mallopt(3): setting it also ends the growth of both thresholds with what is freed.
constexpr int kMmapThreshold = 128 * 1024;
constexpr int kTrimThreshold = 128 * 1024;
constexpr long kBurstPages = 256;

long minor_faults() {
  rusage usage{};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_minflt : 0;
}

// Of one loaded object the segments that are never written, not even by the dynamic linker: what is
// unmapped of them is read from the same file again.
int let_go_of_segments(dl_phdr_info* object, std::size_t /*size*/, void* /*unused*/) {
  if (std::string_view(object->dlpi_name).contains("vdso")) return 0;  // it is no file
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) / page * page;
    const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_filesz;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the dynamic linker tells addresses as numbers
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void keep_heap_small() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, kArenas);
  mallopt(M_MMAP_THRESHOLD, kMmapThreshold);
  mallopt(M_TRIM_THRESHOLD, kTrimThreshold);
#endif
}

bool MemoryTrimmer::trim_after_burst() {
  const long faults = minor_faults();
  if (faults - faults_ < kBurstPages) return false;
#ifdef __GLIBC__
  malloc_trim(0);
  dl_iterate_phdr(let_go_of_segments, nullptr);
#endif
  faults_ = minor_faults();
  return true;
}

}  // namespace app
