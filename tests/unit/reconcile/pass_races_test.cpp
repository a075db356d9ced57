// What changes in the middle of a pass, while it waits for the CA or the API server: nobody may
// sleep over it, and nothing may be done for what is no longer wanted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/reconcile/request_world.h"

namespace reconcile {
namespace {

using namespace std::chrono_literals;

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

}  // namespace
}  // namespace reconcile
