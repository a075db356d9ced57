#include "api/enums.h"

#include <gtest/gtest.h>

namespace {

TEST(Enums, ReadBackWhatTheyWrite) {
  EXPECT_EQ(api::name_of(api::Action::kSwitchToDigiCert), "SwitchToDigiCert");
  EXPECT_EQ(api::parse_enum<api::Action>("SwitchToDigiCert"), api::Action::kSwitchToDigiCert);
  EXPECT_EQ(api::parse_enum<api::Action>("switchtodigicert"), std::nullopt);
}

TEST(OrderState, IsOpenUntilTheCaHasSpoken) {
  using enum api::OrderState;
  for (const auto state : {kOpen, kSubmitted, kPlaced}) EXPECT_FALSE(api::is_closed(state));
  for (const auto state : {kIssued, kRefused, kRejected, kSuperseded, kAbandoned}) {
    EXPECT_TRUE(api::is_closed(state)) << api::name_of(state);
  }
}

}  // namespace
