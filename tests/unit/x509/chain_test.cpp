#include "x509/chain.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/x509/test_issuer.h"
#include "x509/pem.h"

namespace x509 {
namespace {

using test::Hierarchy;
using test::issue;
using test::Kind;
using test::new_key;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Hierarchy& world() {
  static const Hierarchy made;
  return made;
}

Certificate leaf_till(int days) {
  return issue({.till_days = days}, world().leaf_key, world().intermediate_key,
               world().intermediate);
}

// The same certificate with one bit of its signature changed.
Certificate tampered(const Certificate& certificate) {
  std::string der = pem_blocks(certificate.to_pem(), {"CERTIFICATE"})->front().der;
  der.back() = static_cast<char>(der.back() ^ 0x01);
  return *Certificate::parse(to_pem("CERTIFICATE", der));
}

std::string error_of(const std::vector<Certificate>& sent) {
  const auto chain = build_chain(sent, world().key_sha256());
  if (chain) return "no error";
  EXPECT_EQ(chain.error().code, base::Code::kCorrupt);
  return chain.error().message;
}

// Calls `check` with the chain of every order of `sent`.
template <class Check>
void for_each_order(std::vector<Certificate> sent, Check check) {
  std::ranges::sort(sent, {}, &Certificate::sha256_fingerprint);
  do {
    const auto chain = build_chain(sent, world().key_sha256());
    ASSERT_TRUE(chain) << chain.error().message;
    check(*chain);
  } while (std::ranges::next_permutation(sent, {}, &Certificate::sha256_fingerprint).found);
}

TEST(Chain, DropsTheRootAndNamesItAsTop) {
  const auto chain =
      build_chain({world().leaf, world().intermediate, world().root}, world().key_sha256());

  ASSERT_TRUE(chain) << chain.error().message;
  EXPECT_EQ(chain->leaf, world().leaf);
  EXPECT_THAT(chain->intermediates, ElementsAre(world().intermediate));
  EXPECT_EQ(chain->top, world().root);
}

TEST(Chain, WithoutARootEndsAtTheLastIntermediate) {
  const auto chain = build_chain({world().leaf, world().intermediate}, world().key_sha256());

  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->intermediates, ElementsAre(world().intermediate));
  EXPECT_EQ(chain->top, world().intermediate);
}

TEST(Chain, OfALeafAloneHasNoTop) {
  const auto chain = build_chain({world().leaf}, world().key_sha256());

  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->intermediates, IsEmpty());
  EXPECT_FALSE(chain->top);
}

TEST(Chain, OfASelfSignedLeafIsThatLeaf) {
  const auto key = new_key();
  const auto leaf = issue({}, key, key, std::nullopt);

  const auto chain = build_chain({leaf}, key.public_key_sha256());

  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->tls_crt(), leaf.to_pem());
}

TEST(Chain, TlsCrtIsLeafThenIntermediatesWithLf) {
  const auto chain =
      build_chain({world().root, world().intermediate, world().leaf}, world().key_sha256());

  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->tls_crt(), world().leaf.to_pem() + world().intermediate.to_pem());
  EXPECT_EQ(chain->tls_crt().find('\r'), std::string::npos);
}

TEST(Chain, DoesNotDependOnTheOrderSent) {
  const auto stranger = new_key();
  const auto unrelated =
      issue({.common_name = "Other Root", .kind = Kind::kCa}, stranger, stranger, std::nullopt);

  for_each_order({world().leaf, world().intermediate, world().root, unrelated},
                 [](const Chain& chain) {
                   EXPECT_THAT(chain.intermediates, ElementsAre(world().intermediate));
                   EXPECT_EQ(chain.top, world().root);
                 });
}

TEST(Chain, TakesEachCertificateOnce) {
  const auto chain = build_chain(
      {world().leaf, world().leaf, world().intermediate, world().intermediate, world().root},
      world().key_sha256());

  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->intermediates.size(), 1U);
}

TEST(Chain, LeavesOutACrossSignedRoot) {
  const auto old_key = new_key();
  const auto old_root = issue({.common_name = "Old Root", .kind = Kind::kCa, .till_days = 5000},
                              old_key, old_key, std::nullopt);
  const auto cross = issue({.common_name = "Test Root", .kind = Kind::kCa, .till_days = 4000},
                           world().root_key, old_key, old_root);

  for_each_order({world().leaf, world().intermediate, world().root, cross, old_root},
                 [](const Chain& chain) {
                   EXPECT_THAT(chain.intermediates, ElementsAre(world().intermediate));
                   EXPECT_EQ(chain.top, world().root);
                 });
}

TEST(Chain, KeepsACrossSignedRootThatIsTheOnlyWayUp) {
  const auto old_key = new_key();
  const auto old_root =
      issue({.common_name = "Old Root", .kind = Kind::kCa}, old_key, old_key, std::nullopt);
  const auto cross =
      issue({.common_name = "Test Root", .kind = Kind::kCa}, world().root_key, old_key, old_root);

  for_each_order({world().leaf, world().intermediate, cross, old_root}, [&](const Chain& chain) {
    EXPECT_THAT(chain.intermediates, ElementsAre(world().intermediate, cross));
    EXPECT_EQ(chain.top, old_root);
  });
}

TEST(Chain, SurvivesCasThatSignEachOther) {
  const auto key_a = new_key();
  const auto key_b = new_key();
  const auto self_a = issue({.common_name = "A", .kind = Kind::kCa}, key_a, key_a, std::nullopt);
  const auto self_b = issue({.common_name = "B", .kind = Kind::kCa}, key_b, key_b, std::nullopt);
  const auto a_by_b = issue({.common_name = "A", .kind = Kind::kCa}, key_a, key_b, self_b);
  const auto b_by_a = issue({.common_name = "B", .kind = Kind::kCa}, key_b, key_a, self_a);
  const auto leaf = issue({}, world().leaf_key, key_a, self_a);

  for_each_order({leaf, a_by_b, b_by_a}, [&](const Chain& chain) { EXPECT_EQ(chain.leaf, leaf); });
}

TEST(Chain, PrefersTheWayToARootOverAShorterOne) {
  const auto absent_key = new_key();
  const auto absent =
      issue({.common_name = "Not Sent", .kind = Kind::kCa}, absent_key, absent_key, std::nullopt);
  const auto cross = issue({.common_name = "Test Issuing CA", .kind = Kind::kCa, .till_days = 2000},
                           world().intermediate_key, absent_key, absent);

  for_each_order({world().leaf, cross, world().intermediate, world().root}, [](const Chain& chain) {
    EXPECT_THAT(chain.intermediates, ElementsAre(world().intermediate));
    EXPECT_EQ(chain.top, world().root);
  });
}

TEST(Chain, TakesTheLeafThatIsValidLongest) {
  // Many, so that no other order of theirs picks the right one by luck.
  std::vector<Certificate> sent{world().intermediate};
  for (int days = 30; days < 50; ++days) sent.push_back(leaf_till(days));
  const auto longest = std::ranges::max_element(sent.begin() + 1, sent.end(), {},
                                                [](const auto& leaf) { return leaf.not_after(); });

  const auto chain = build_chain(sent, world().key_sha256());

  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->leaf, *longest);
}

TEST(Chain, WithoutOurKeySaysWhatWasSent) {
  const auto chain = build_chain({world().leaf, world().root}, new_key().public_key_sha256());

  ASSERT_FALSE(chain);
  EXPECT_EQ(chain.error().code, base::Code::kCorrupt);
  EXPECT_THAT(chain.error().message, HasSubstr("no certificate for our key"));
  EXPECT_THAT(chain.error().message, HasSubstr("CN=shop.acme.test"));
}

TEST(Chain, OfNothingIsAnError) {
  EXPECT_THAT(error_of({}), HasSubstr("sent: nothing"));
}

TEST(Chain, RefusesATamperedLeaf) {
  EXPECT_THAT(error_of({tampered(world().leaf), world().intermediate, world().root}),
              HasSubstr("signature does not verify"));
}

TEST(Chain, RefusesATamperedIntermediate) {
  EXPECT_THAT(error_of({world().leaf, tampered(world().intermediate), world().root}),
              HasSubstr("signature does not verify"));
}

TEST(Chain, RefusesATamperedRoot) {
  EXPECT_THAT(error_of({world().leaf, world().intermediate, tampered(world().root)}),
              HasSubstr("signature does not verify"));
}

TEST(Chain, RefusesAnIssuerThatIsNoCa) {
  const auto middle_key = new_key();
  const auto middle =
      issue({.common_name = "Not A CA"}, middle_key, world().root_key, world().root);
  const auto leaf = issue({}, world().leaf_key, middle_key, middle);

  EXPECT_THAT(error_of({leaf, middle, world().root}), HasSubstr("not a CA"));
}

TEST(Chain, LooksAtDatesOnlyWhenNowIsGiven) {
  const std::vector<Certificate> sent{world().leaf, world().intermediate, world().root};
  const auto after = world().leaf.not_after() + std::chrono::hours(1);
  const auto during = world().leaf.not_after() - std::chrono::hours(1);

  EXPECT_TRUE(build_chain(sent, world().key_sha256()));
  EXPECT_TRUE(build_chain(sent, world().key_sha256(), during));
  EXPECT_FALSE(build_chain(sent, world().key_sha256(), after));
}

TEST(Chain, AnExpiredIntermediateIsAnErrorAtThatInstant) {
  const auto middle = issue({.common_name = "Test Issuing CA", .kind = Kind::kCa, .till_days = 10},
                            world().intermediate_key, world().root_key, world().root);
  const auto later = middle.not_after() + std::chrono::hours(1);

  const auto chain = build_chain({world().leaf, middle, world().root}, world().key_sha256(), later);

  ASSERT_FALSE(chain);
  EXPECT_THAT(chain.error().message, HasSubstr("Test Issuing CA"));
}

}  // namespace
}  // namespace x509
