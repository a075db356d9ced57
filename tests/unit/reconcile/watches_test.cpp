#include "reconcile/watches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/names.h"
#include "support/fake_clock.h"
#include "unit/reconcile/pair.h"

namespace reconcile {
namespace {

using Request = api::DuplicateCertificateRequest;
using testing::ElementsAre;
using testing::IsEmpty;

// The change from test::request() to what `edit` makes of it.
template <class Edit>
runtime::Change<Request> change(const Edit& edit) {
  auto after = test::request();
  after.meta.resource_version = "2";
  edit(after);
  return {.key = "team-a/shop",
          .before = std::make_shared<const Request>(test::request()),
          .after = std::make_shared<const Request>(after)};
}

TEST(NeedsAPass, OurOwnStatusWriteDoesNot) {
  EXPECT_FALSE(needs_a_pass(change([](Request& request) {
    request.status.observed_generation = 1;
    request.status.certificate.emplace();
  })));
}

TEST(NeedsAPass, AnEditOfTheSpecDoes) {
  EXPECT_TRUE(needs_a_pass(change([](Request& request) { request.spec.suspend = true; })));
}

TEST(NeedsAPass, AnEditThatWasTakenBackUnseenDoes) {
  EXPECT_TRUE(needs_a_pass(change([](Request& request) { request.meta.generation += 2; })));
}

TEST(NeedsAPass, AnAnnotationDoes) {
  EXPECT_TRUE(needs_a_pass(change([](Request& request) {
    request.meta.annotations[std::string(api::kRenewRequestedAtAnnotation)] = "now";
  })));
}

TEST(NeedsAPass, ADeletionThatBeginsDoes) {
  EXPECT_TRUE(needs_a_pass(
      change([](Request& request) { request.meta.deletion_time = support::FakeClock::kStart; })));
}

TEST(NeedsAPass, ARequestThatWasMadeAnewWithTheSameSpecDoes) {
  EXPECT_TRUE(needs_a_pass(change([](Request& request) { request.meta.uid = "another"; })));
}

TEST(NeedsAPass, ARequestThatComesOrGoesDoes) {
  auto comes = change([](Request&) {});
  comes.before = nullptr;
  auto goes = change([](Request&) {});
  goes.after = nullptr;

  EXPECT_TRUE(needs_a_pass(comes));
  EXPECT_TRUE(needs_a_pass(goes));
}

TEST(RequestsOf, NamesTheRequestOfTheLabelInTheNamespaceOfTheSecret) {
  EXPECT_THAT(requests_of({.namespace_ = "team-a",
                           .name = "shop-tls",
                           .labels = {{std::string(api::kRequestLabel), "shop"}}}),
              ElementsAre("team-a/shop"));
}

TEST(RequestsOf, NamesNobodyWithoutTheLabel) {
  EXPECT_THAT(requests_of({.namespace_ = "team-a", .name = "shop-tls"}), IsEmpty());
}

}  // namespace
}  // namespace reconcile
