// What a person sees with kubectl alone, against a real API server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/e2e_world.h"

namespace {

using nlohmann::json;
using support::E2eTest;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;

class Kubectl : public E2eTest {
 protected:
  std::string run(std::vector<std::string> args) {
    const auto done = cluster().kubectl(args);
    EXPECT_TRUE(done.ok()) << done.err;
    return done.out;
  }
};

TEST_F(Kubectl, GetTellsTheStoryInOneLine) {
  start_all();
  apply_request({});
  apply_request({.namespace_ = other(),
                 .name = "none",
                 .profile_namespace = home(),
                 .spec = "  commonName: nothing.example.com\n"});
  const json ready = wait_ready();
  wait_reason("NoMatchingOrder", "none", other());
  const json status = ready["status"];

  const std::string table = run({"get", "dcr", "-A"});

  EXPECT_THAT(table, ContainsRegex("NAMESPACE +NAME +READY +REASON +ORDER +EXPIRES +RENEWS +"
                                   "SECRET"));
  EXPECT_THAT(table, ContainsRegex(home() + " +shop +True +Issued +12345 +" +
                                   status["certificate"]["notAfter"].get<std::string>() + " +" +
                                   status["renewalTime"].get<std::string>() + " +shop-tls"));
  EXPECT_THAT(table, ContainsRegex(other() + " +none +False +NoMatchingOrder +none-tls"));
  EXPECT_THAT(run({"get", "duplicert", "-n", home()}),
              AllOf(HasSubstr("duplicatecertificaterequest.duplicert.io/shop"),
                    HasSubstr("automationprofile.duplicert.io/basic")))
      << "the category lists all kinds";
}

TEST_F(Kubectl, DescribeShowsConditionsAndEventsInWords) {
  start_all();
  apply_request({});
  apply_request({.name = "none", .spec = "  commonName: nothing.example.com\n"});
  wait_ready();
  wait_reason("NoMatchingOrder", "none");

  EXPECT_TRUE(support::eventually([&] {
    const std::string text = run({"describe", "dcr", "shop", "-n", home()});
    return text.find("Normal  Issued") != std::string::npos;
  })) << run({"describe", "dcr", "shop", "-n", home()});
  EXPECT_THAT(run({"describe", "dcr", "none", "-n", home()}),
              AllOf(ContainsRegex("Reason: +NoMatchingOrder"), HasSubstr("nothing.example.com"),
                    ContainsRegex("Type: +Reconciling")));
}

TEST_F(Kubectl, ExplainIsAManualOfEveryField) {
  for (const char* kind : {"dcr", "aprofile", "dcro"}) {
    const std::string text = run({"explain", kind, "--recursive"});
    EXPECT_THAT(text, AllOf(HasSubstr("GROUP:      duplicert.io"), HasSubstr("spec\t<"),
                            HasSubstr("status\t<")));
  }
  EXPECT_THAT(run({"explain", "dcr.spec"}), HasSubstr("secretName\t<string> -required-"));
  EXPECT_THAT(run({"explain", "dcr.spec.secretName"}),
              AllOf(HasSubstr("FIELD: secretName <string>"), HasSubstr("It cannot be changed")));
  EXPECT_THAT(run({"explain", "aprofile.spec.renewal.before"}), testing::Not(HasSubstr("<empty>")));
}

TEST_F(Kubectl, WaitEndsWhenTheRequestIsReady) {
  start_all();
  apply_request({});

  const auto waited = cluster().kubectl(
      {"wait", "--for=condition=Ready", "dcr/shop", "-n", home(), "--timeout=60s"});

  EXPECT_TRUE(waited.ok()) << waited.err;
  EXPECT_THAT(waited.out, HasSubstr("shop condition met"));
}

}  // namespace
