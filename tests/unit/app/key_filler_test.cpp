#include "app/key_filler.h"

#include <atomic>
#include <chrono>
#include <sched.h>
#include <thread>

#include <gtest/gtest.h>

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr x509::KeyParams kRsa{.algorithm = x509::KeyAlgorithm::kRsa, .size = 2048};

bool comes_true(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!condition() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(5ms);
  }
  return condition();
}

TEST(KeyFiller, FillsThePoolAndMakesUpForWhatIsTaken) {
  x509::KeyPool pool(2);
  const KeyFiller filler(pool, [] { return true; }, KeyFiller::Priority::kNormal);
  pool.want(kRsa);

  EXPECT_TRUE(comes_true([&] { return pool.size(kRsa) == 2; }));
  EXPECT_TRUE(pool.key(kRsa));
  EXPECT_TRUE(comes_true([&] { return pool.size(kRsa) == 2; }));
}

TEST(KeyFiller, MakesNothingWhileThereIsWork) {
  x509::KeyPool pool(1);
  std::atomic<bool> idle = false;
  std::atomic<int> asked = 0;
  const auto is_idle = [&] {
    ++asked;
    return idle.load();
  };
  const KeyFiller filler(pool, is_idle, KeyFiller::Priority::kNormal);
  pool.want(kRsa);

  EXPECT_TRUE(comes_true([&] { return asked > 1; }));
  EXPECT_EQ(pool.size(kRsa), 0U);
  idle = true;
  EXPECT_TRUE(comes_true([&] { return pool.size(kRsa) == 1; }));
}

TEST(KeyFiller, RunsOnlyWhereNobodyElseWantsTheProcessor) {
  x509::KeyPool pool(1);
  std::atomic<int> policy = -1;
  const KeyFiller filler(pool, [&] {
    policy = sched_getscheduler(0);
    return false;
  });
  pool.want(kRsa);

  EXPECT_TRUE(comes_true([&] { return policy == SCHED_IDLE; })) << policy;
}

}  // namespace
}  // namespace app
