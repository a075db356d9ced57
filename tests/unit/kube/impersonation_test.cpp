#include "kube/impersonation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> lines_of(const kube::Impersonation& who) {
  std::vector<std::string> lines;
  for (const http::Header& header : kube::headers_of(who)) {
    lines.push_back(header.name + ": " + header.value);
  }
  return lines;
}

TEST(Impersonation, OfNobodyAsksForNothing) {
  EXPECT_THAT(lines_of({.groups = {"a"}}), IsEmpty());
}

TEST(Impersonation, NamesUserUidAndEachGroup) {
  EXPECT_THAT(lines_of({.user = "jane", .uid = "7", .groups = {"a", "b"}}),
              ElementsAre("Impersonate-User: jane", "Impersonate-Uid: 7", "Impersonate-Group: a",
                          "Impersonate-Group: b"));
}

TEST(Impersonation, EncodesKeysThatNoHeaderMayHave) {
  EXPECT_THAT(lines_of({.user = "jane", .extra = {{"a.b/c%d", {"1", "2"}}}}),
              ElementsAre("Impersonate-User: jane", "Impersonate-Extra-a.b%2Fc%25d: 1",
                          "Impersonate-Extra-a.b%2Fc%25d: 2"));
}

}  // namespace
