#include "reconcile/shared_looks.h"

#include <atomic>
#include <future>
#include <stdexcept>

#include <gtest/gtest.h>

namespace reconcile {
namespace {

using namespace std::chrono_literals;

TEST(SharedLooks, AreNotMadeForWhatIsFresh) {
  SharedLooks looks;

  const auto looked = looks.once(
      "orders", [] { return true; }, [] { return base::fail(base::Code::kInternal, "a look"); });

  EXPECT_TRUE(looked);
}

TEST(SharedLooks, ThatFailLetTheNextOneLook) {
  SharedLooks looks;
  const auto stale = [] { return false; };

  const auto first =
      looks.once("orders", stale, [] { return base::fail(base::Code::kUnavailable, "down"); });
  const auto second = looks.once("orders", stale, [] { return base::Result<void>{}; });

  EXPECT_EQ(first.error().code, base::Code::kUnavailable);
  EXPECT_TRUE(second);
}

// Exceptions of libraries end the pass alone (runtime/reconciler.h): the others go on.
TEST(SharedLooks, ThatThrowLetTheNextOneLook) {
  SharedLooks looks;
  std::atomic<bool> fresh = false;
  const auto is_fresh = [&] { return fresh.load(); };
  EXPECT_THROW((void)looks.once("orders", is_fresh,
                                []() -> base::Result<void> { throw std::runtime_error("odd"); }),
               std::runtime_error);

  auto next = std::async(std::launch::async, [&] {
    return looks.once("orders", is_fresh, [] { return base::Result<void>{}; }).has_value();
  });

  EXPECT_EQ(next.wait_for(10s), std::future_status::ready) << "it waits for a look that is over";
  fresh = true;  // lets it go all the same
  (void)looks.once("another", [] { return false; }, [] { return base::Result<void>{}; });
}

}  // namespace
}  // namespace reconcile
