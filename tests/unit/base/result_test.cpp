#include "base/result.h"

#include <gtest/gtest.h>

namespace base {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail(Code::kInvalid, "odd");
  return number / 2;
}

Result<int> quarter(int number) {
  const int first = TRY(half(number));
  const int second = TRY(half(first));
  return second;
}

TEST(Try, GivesTheValueOrReturnsTheError) {
  EXPECT_EQ(quarter(8), 2);
  ASSERT_FALSE(quarter(6));
  EXPECT_EQ(quarter(6).error().code, Code::kInvalid);
}

TEST(Wrap, PutsWhatWasTriedBeforeTheMessageAndKeepsTheRest) {
  const Error wrapped = wrap("list orders", {.code = Code::kExhausted,
                                             .message = "too many",
                                             .retry_after = std::chrono::seconds{5},
                                             .http_status = 429});

  EXPECT_EQ(wrapped.message, "list orders: too many");
  EXPECT_EQ(wrapped.code, Code::kExhausted);
  EXPECT_EQ(wrapped.retry_after, std::chrono::seconds{5});
  EXPECT_EQ(wrapped.http_status, 429);
}

TEST(RetryOf, GivesEachCodeItsPolicy) {
  EXPECT_EQ(retry_of({.code = Code::kConflict}), Retry::kObserveAgain);
  EXPECT_EQ(retry_of({.code = Code::kUnavailable}), Retry::kBackOff);
  EXPECT_EQ(retry_of({.code = Code::kPermissionDenied}), Retry::kSlow);
  EXPECT_EQ(retry_of({.code = Code::kInvalid}), Retry::kNever);
  EXPECT_EQ(retry_of({.code = Code::kCancelled}), Retry::kSilent);
}

}  // namespace
}  // namespace base
