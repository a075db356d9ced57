#include "reconcile/own_writes.h"

#include <gtest/gtest.h>

namespace reconcile {
namespace {

const kube::ObjectKey kSecret{"team-a", "shop-tls"};
constexpr const char* kRequest = "team-a/shop";

std::shared_ptr<const SecretMeta> secret(const std::string& version) {
  SecretMeta made{};
  made.meta = {.namespace_ = kSecret.namespace_,
               .name = kSecret.name,
               .uid = "uid-1",
               .resource_version = version};
  return std::make_shared<const SecretMeta>(made);
}

runtime::Change<SecretMeta> came(const std::string& version) {
  return {.key = kSecret.text(), .after = secret(version)};
}

runtime::Change<SecretMeta> went() {
  return {.key = kSecret.text(), .before = secret("7")};
}

TEST(OwnWrites, AreRecognizedOnce) {
  OwnWrites writes;
  writes.wrote(kRequest, kSecret, "7");

  EXPECT_EQ(writes.take_writer(came("7")), kRequest);
  EXPECT_EQ(writes.take_writer(came("7")), "");
}

TEST(OwnWrites, AreRecognizedAfterNewsOfAnEarlierOne) {
  OwnWrites writes;
  writes.wrote(kRequest, kSecret, "7");

  EXPECT_EQ(writes.take_writer(came("6")), "") << "somebody else's";
  EXPECT_EQ(writes.take_writer(came("7")), kRequest);
}

TEST(OwnWrites, AreNotWhatSomebodyElseDoesAfterThem) {
  OwnWrites writes;
  writes.wrote(kRequest, kSecret, "7");

  EXPECT_EQ(writes.take_writer(came("8")), "");
  EXPECT_EQ(writes.take_writer(went()), "") << "it was written, not deleted";
}

TEST(OwnWrites, KnowADeletionByTheUid) {
  OwnWrites writes;
  writes.deleted(kRequest, kSecret, "uid-1");

  EXPECT_EQ(writes.take_writer(came("8")), "");
  EXPECT_EQ(writes.take_writer(went()), kRequest);
  writes.deleted(kRequest, kSecret, "another");
  EXPECT_EQ(writes.take_writer(went()), "");
}

TEST(OwnWrites, WithoutAVersionAreNotKept) {
  OwnWrites writes;
  writes.wrote(kRequest, kSecret, "");

  EXPECT_EQ(writes.take_writer(came("")), "");
}

TEST(OwnWrites, ThatAreNeverHeardOfAreForgotten) {
  OwnWrites writes;
  writes.wrote(kRequest, kSecret, "7");
  for (std::size_t i = 0; i < OwnWrites::kMost; ++i) {
    writes.wrote("team-a/other", {"team-a", "other-" + std::to_string(i)}, "1");
  }

  EXPECT_EQ(writes.take_writer(came("7")), "");
}

}  // namespace
}  // namespace reconcile
