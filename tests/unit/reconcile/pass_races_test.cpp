// What changes in the middle of a pass, while it waits for the CA or the API server: nobody may
// sleep over it, and nothing may be done for what is no longer wanted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/reconcile/request_world.h"

namespace reconcile {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class ChangeInAPass : public test::RequestWorld {};

// The change wakes who waits for the entry, and this request is not one of them yet.
TEST_F(ChangeInAPass, OfTheEntryThatItIsAboutToWaitForIsNotSleptOver) {
  use_account();
  cache(test::request());
  cache(entry(api::OrderState::kOpen));
  orders_.clear();
  during_call_to_ca_ = [this] { cache(entry(api::OrderState::kIssued)); };

  const runtime::Outcome outcome = reconcile();

  EXPECT_LE(outcome.delay, 1s);
  EXPECT_EQ(sponsors_.waiting_for(entry(api::OrderState::kOpen).meta.name).size(), 1U);
}

TEST_F(ChangeInAPass, ThatDoesNotComeLetsTheRequestSleep) {
  use_account();
  cache(test::request());
  cache(entry(api::OrderState::kOpen));
  orders_.clear();

  EXPECT_GT(reconcile().delay, 1min);
}

// The look at the CA was before the order was there; the ledger is seen after it.
TEST_F(ChangeInAPass, OfTheLedgerNeedsAnotherLookAtTheOrders) {
  use_account();
  cache(due_request());
  cache_secret(meta_of_secret("5"));
  orders_ = {{12345, test::order_json(12345, "issued", days_from_now(10))}};
  during_read_of_secret_ = [this] {
    orders_[67890] = test::order_json(67890, "issued", "2099-01-01");
    cache(entry(api::OrderState::kIssued));
  };
  secret_ = due_secret();

  reconcile();

  EXPECT_THAT(ca_calls_, Contains(HasSubstr("order/certificate/67890")));
}

TEST_F(ChangeInAPass, OfTheLedgerDoesNotTakeWhatIsKnownOfTheOrderOutOfTheStatus) {
  use_account();
  cache(test::request());
  issues_ = true;
  during_create_of_secret_ = [this] { cache(entry(api::OrderState::kAbandoned)); };

  reconcile();

  test::json order;
  for (const auto& request : api_.requests()) {
    if (api_.call_of(request) != test::kStatusPath) continue;
    order = test::json::parse(request.body)["status"]["order"];
  }
  EXPECT_EQ(order["id"], 12345);
  EXPECT_EQ(order["productNameID"], "ssl_basic");
}

// The CA may have kept the pass waiting for long.
TEST_F(ChangeInAPass, OfTheRequestEndsItBeforeAnythingIsDone) {
  use_account();
  cache(test::request());
  during_call_to_ca_ = [this] {
    auto suspended = test::request();
    suspended.meta.resource_version = "8";
    suspended.spec.suspend = true;
    cache(suspended);
  };

  EXPECT_EQ(reconcile().error.code, base::Code::kCancelled) << "no failure: the change has come";

  EXPECT_THAT(ca_calls_, Contains(HasSubstr("order/certificate")));
  EXPECT_THAT(api_.calls(), Not(Contains(HasSubstr("POST")))) << "a key";
  EXPECT_THAT(ca_calls_, Not(Contains(HasSubstr("POST")))) << "a duplicate";
}

TEST_F(ChangeInAPass, OfTheRequestsOwnStatusDoesNotEndIt) {
  use_account();
  cache(test::request());
  during_call_to_ca_ = [this] {
    auto told = test::request();
    told.meta.resource_version = "8";
    told.status.observed_generation = 1;
    cache(told);
  };

  reconcile();

  EXPECT_THAT(ca_calls_, Contains(HasSubstr("POST")));
}

// Garbage collection takes the Secret away, and the news of the request comes later.
TEST_F(ChangeInAPass, ThatTookARequestAwayWithItsSecretIssuesNothing) {
  use_account();
  cache(due_request());

  EXPECT_EQ(reconcile().error.code, base::Code::kCancelled);

  EXPECT_THAT(ca_calls_, Contains(HasSubstr("order/certificate")));
  EXPECT_THAT(ca_calls_, Not(Contains(HasSubstr("POST"))));
}

TEST_F(ChangeInAPass, ThatTookTheSecretAloneAwayIssuesAnother) {
  use_account();
  cache(due_request());
  live_requests_ = {{{"metadata", {{"name", "shop"}, {"uid", due_request().meta.uid}}}}};

  reconcile();

  EXPECT_THAT(ca_calls_, Contains(HasSubstr("POST")));
}

}  // namespace
}  // namespace reconcile
