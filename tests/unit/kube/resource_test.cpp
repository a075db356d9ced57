#include "kube/resource.h"

#include <gtest/gtest.h>

namespace {

using kube::ObjectKey;

TEST(Resource, WritesItsApiVersion) {
  EXPECT_EQ(kube::kSecrets.api_version(), "v1");
  EXPECT_EQ(kube::kLeases.api_version(), "coordination.k8s.io/v1");
}

TEST(ObjectKey, IsTextAndBack) {
  for (const char* text : {"ns/name", "name"}) {
    const auto key = ObjectKey::parse(text);
    ASSERT_TRUE(key) << text;
    EXPECT_EQ(key->text(), text);
  }
  EXPECT_EQ(ObjectKey::parse("ns/name"), (ObjectKey{"ns", "name"}));
}

TEST(ObjectKey, RefusesOtherText) {
  for (const char* text : {"", "/", "ns/", "/name", "a/b/c"}) {
    EXPECT_FALSE(ObjectKey::parse(text)) << text;
  }
}

TEST(ObjectKey, IsOrderedByNamespaceThenName) {
  EXPECT_LT((ObjectKey{"a", "z"}), (ObjectKey{"b", "a"}));
  EXPECT_LT((ObjectKey{"a", "a"}), (ObjectKey{"a", "b"}));
}

TEST(DnsNames, FollowRfc1123) {
  for (const std::string& name :
       {std::string("a"), std::string("a-b.c0"), std::string("0.1"), std::string(253, 'a')}) {
    EXPECT_TRUE(kube::is_dns_subdomain(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("a..b"), std::string("a."),
        std::string("-a"), std::string("a-"), std::string("A"), std::string("a/b"),
        std::string("a%2fb"), std::string("a_b"), std::string("a\0b", 3), std::string(254, 'a')}) {
    EXPECT_FALSE(kube::is_dns_subdomain(name)) << name;
  }
  EXPECT_TRUE(kube::is_dns_label(std::string(63, 'a')));
  EXPECT_FALSE(kube::is_dns_label(std::string(64, 'a')));
  EXPECT_FALSE(kube::is_dns_label("a.b"));
}

}  // namespace
