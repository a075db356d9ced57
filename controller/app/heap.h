// What this process keeps of memory that it does not need any more. glibc and Linux; elsewhere
// nothing is done.
#pragma once

namespace app {

// Two arenas instead of eight for each core, and large blocks go back to the kernel as they are
// freed. Call it before any thread starts.
void keep_heap_small();

// Gives pages back after a burst, the start among them. Owned by one thread.
class MemoryTrimmer {
 public:
  // Trims if this process has touched more than a megabyte of pages anew since it last did. Then
  // free pages of the heap go back, which the allocator would keep; and so do pages of code and
  // constants, which hold what only a start or a burst needs: the kernel has them in its cache, and
  // maps those that are wanted again. Cheap if there is nothing to do. Call it when there is no
  // work: it holds the arenas' locks for some milliseconds per 100 MB.
  // Returns whether it trimmed.
  bool trim_after_burst();

 private:
  long faults_ = 0;  // getrusage(2), ru_minflt, at the last trim
};

}  // namespace app
