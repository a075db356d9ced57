#include "app/heap.h"

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace app {
namespace {

// Of this process, in KiB: "RssAnon" and "RssFile" of proc(5), status.
long resident_kib(const std::string& kind) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(kind + ":")) return std::stol(line.substr(kind.size() + 1));
  }
  return 0;
}

// Touches `blocks` KiB in blocks that the allocator keeps when they are freed, because the last one
// stays.
std::unique_ptr<char[]> burst(std::size_t blocks) {
  std::vector<std::unique_ptr<char[]>> held;
  for (std::size_t i = 0; i < blocks; ++i) held.push_back(std::make_unique<char[]>(1000));
  return std::move(held.back());
}

TEST(MemoryTrimmer, GivesBackWhatABurstHasTouchedOnce) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "needs glibc's own allocator";
#endif
  MemoryTrimmer trimmer;
  const auto kept = burst(20'000);
  const long anonymous = resident_kib("RssAnon");
  const long files = resident_kib("RssFile");

  EXPECT_TRUE(trimmer.trim_after_burst());

  EXPECT_LT(resident_kib("RssAnon"), anonymous - 15'000);
  EXPECT_LT(resident_kib("RssFile"), files / 2);
  EXPECT_FALSE(trimmer.trim_after_burst()) << "nothing was touched since";
  const auto again = burst(20'000);
  EXPECT_TRUE(trimmer.trim_after_burst());
}

}  // namespace
}  // namespace app
