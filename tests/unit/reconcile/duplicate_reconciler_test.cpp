// What a reconciler does when its caches are older than what was written last. A cache may lag for
// as long as it likes: nothing may be renewed twice because of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/reconcile/request_world.h"

namespace reconcile {
namespace {

using namespace std::chrono_literals;
using test::kStatusPath;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class ReconcilerWithOldCaches : public test::RequestWorld {};

TEST_F(ReconcilerWithOldCaches, DecidesNothingBeforeItHasSeenItsOwnStatus) {
  cache(test::request());
  ASSERT_EQ(reconcile().error.message, "");
  ASSERT_THAT(api_.calls(), Contains(kStatusPath));
  const std::size_t before = api_.calls().size();

  const runtime::Outcome outcome = reconcile();

  EXPECT_EQ(api_.calls().size(), before) << "acts on a request from before its own write";
  EXPECT_EQ(outcome.kind, runtime::Outcome::Kind::kAfter);
  EXPECT_EQ(outcome.delay, 50ms);
}

TEST_F(ReconcilerWithOldCaches, GoesOnWhenVersionsCannotBeCompared) {
  written_version_ = "";
  cache(test::request());
  ASSERT_EQ(reconcile().error.message, "");
  const std::size_t before = api_.calls().size();

  reconcile();

  EXPECT_GT(api_.calls().size(), before);
}

// The cache tells of the certificate before the last one, which is due; the Secret is new.
TEST_F(ReconcilerWithOldCaches, ReadsTheSecretBeforeItRenewsWhatWasRenewed) {
  use_account();
  cache(due_request());
  cache_secret(meta_of_secret("5"));
  secret_ = new_secret();

  ASSERT_EQ(reconcile().error.message, "");

  EXPECT_THAT(ca_calls_, Contains(HasSubstr("GET"))) << "the cached certificate is not due";
  EXPECT_THAT(ca_calls_, Not(Contains(HasSubstr("POST")))) << "a second duplicate";
  EXPECT_THAT(api_.calls(), Not(Contains(HasSubstr("POST")))) << "a second key";
}

TEST_F(ReconcilerWithOldCaches, RenewsWhatTheReadShowsAsDue) {
  use_account();
  cache(due_request());
  cache_secret(meta_of_secret("5"));

  live_requests_ = {{{"metadata", {{"name", "shop"}, {"uid", due_request().meta.uid}}}}};

  reconcile();  // the Secret is gone

  EXPECT_THAT(api_.calls(), Contains("POST /api/v1/namespaces/team-a/secrets"));
}

}  // namespace
}  // namespace reconcile
