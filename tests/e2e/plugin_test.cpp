// kubectl-duplicert against a live world: a real API server, the operator, the simulated CA.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/exec_kubeconfig.h"
#include "support/renewal_world.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Plugin : public support::RenewalTest {
 protected:
  void begin() {
    start_simulator();
    if (HasFatalFailure()) return;
    create_api_key();
    apply_profile();
    start();
    for (const std::string& home_of : {home(), other()}) {
      apply_request({.namespace_ = home_of, .spec = "  commonName: long.example.com\n"});
    }
    wait_ready();
    wait_ready("shop", other());
  }

  support::CommandResult plugin(const std::vector<std::string>& args,
                                std::string_view user = support::ControlPlane::kOperator) {
    return plugin_with(cluster().kubeconfig(user), args);
  }
  support::CommandResult plugin_with(const std::filesystem::path& kubeconfig,
                                     const std::vector<std::string>& args) {
    const auto binary =
        std::filesystem::path(support::operator_binary()).parent_path() / "kubectl-duplicert";
    support::Command command{
        .argv = {binary.string(), "--kubeconfig", kubeconfig.string(), "-n", home()}};
    command.argv.insert(command.argv.end(), args.begin(), args.end());
    return support::run(command);
  }
  std::vector<std::string> direct(std::vector<std::string> args) {
    const std::string url = ca().base_url();
    for (const std::string& more : {std::string("--direct"), std::string("--allowed-ca-hosts"),
                                    url.substr(8, url.find('/', 8) - 8)}) {
      args.push_back(more);
    }
    return args;
  }
};

TEST_F(Plugin, ShowsHowRequestsStand) {
  begin();

  const auto list = plugin({"status", "-A"});
  const auto one = plugin({"status", "shop"});
  const auto object = plugin({"status", "shop", "-o", "json"});
  const auto missing = plugin({"status", "nothing"});

  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_THAT(list.out, AllOf(HasSubstr(home()), HasSubstr(other())));
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_THAT(one.out, AllOf(HasSubstr("Copies of order 33333"), HasSubstr(other()),
                             HasSubstr("order 33333 can be renewed from here on"),
                             HasSubstr("It is renewed by itself from")));
  EXPECT_THAT(one.out, Not(HasSubstr("\x1b"))) << "colours without a terminal";
  const json parsed = json::parse(object.out, nullptr, false);
  ASSERT_TRUE(parsed.is_object()) << object.out;
  EXPECT_EQ(parsed["request"]["status"]["order"]["id"], 33333);
  // Other tests have requests of the same order, of CAs of their own.
  EXPECT_EQ(std::ranges::count_if(
                parsed["copies"],
                [&](const json& copy) { return copy["metadata"]["namespace"] == other(); }),
            1)
      << object.out;
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("there is no request " + home() + "/nothing"));
}

TEST_F(Plugin, ListsOrdersFromTheStatusAndFromTheCa) {
  begin();
  apply_request({.name = "poor", .spec = "  commonName: none.example.com\n"});
  wait_reason("NoMatchingOrder", "poor");
  const auto posts = ca().count("duplicate_create");

  const auto plain = plugin({"orders", "shop"});
  const auto asked = plugin(direct({"orders", "shop"}));
  const auto none = plugin(direct({"orders", "poor", "-o", "json"}));
  const auto not_ready = plugin({"status", "poor"});

  EXPECT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_THAT(plain.out, HasSubstr("--direct asks the CA now"));
  EXPECT_EQ(asked.exit_code, 0) << asked.err;
  EXPECT_THAT(asked.out, AllOf(HasSubstr("33333"), HasSubstr("it can be duplicated")));
  EXPECT_THAT(none.out, HasSubstr("no order of the account shares a name with it"));
  EXPECT_EQ(not_ready.exit_code, 2);
  EXPECT_THAT(not_ready.out, HasSubstr("NoMatchingOrder"));
  EXPECT_EQ(ca().count("duplicate_create"), posts) << "a question has requested something";
  EXPECT_FALSE(request()["spec"].value("suspend", false));
}

TEST_F(Plugin, ExplainsByTheControllersOwnRules) {
  begin();
  apply_request({.name = "poor", .spec = "  commonName: none.example.com\n"});
  wait_reason("NoMatchingOrder", "poor");

  const auto current = plugin({"explain", "shop"});
  const auto question = plugin({"explain", "poor"});
  const auto answered = plugin(direct({"explain", "poor", "-o", "json"}));

  EXPECT_EQ(current.exit_code, 0) << current.err;
  EXPECT_THAT(current.out,
              AllOf(HasSubstr("certificate_is_current"), HasSubstr("What would change it"),
                    HasSubstr("with a new value of duplicert.io/renew-requested-at")));
  EXPECT_THAT(question.out, AllOf(HasSubstr("orders_are_needed"), HasSubstr("--direct asks it"),
                                  HasSubstr("Ready is False (NoMatchingOrder)")));
  const json parsed = json::parse(answered.out, nullptr, false);
  ASSERT_TRUE(parsed.is_object()) << answered.out << answered.err;
  EXPECT_EQ(parsed["rule"], "no_order_matches");
  EXPECT_EQ(parsed["needsCA"], false);
}

TEST_F(Plugin, AsksForANewCertificateAndWaitsForIt) {
  begin();
  const auto before = leaf("shop-tls").serial_number();

  const auto renewed = plugin({"renew", "shop", "--wait", "--timeout", "60s"});

  EXPECT_EQ(renewed.exit_code, 0) << renewed.err << renewed.out;
  EXPECT_THAT(renewed.out, HasSubstr("holds a duplicate of order 33333"));
  EXPECT_NE(leaf("shop-tls").serial_number(), before);
  EXPECT_EQ(ca().count("order_place"), 0U);
}

TEST_F(Plugin, TellsInOneLineWhatIsNotAllowed) {
  begin();

  const auto refused = plugin({"renew", "shop"}, support::ControlPlane::kStranger);

  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("forbidden"));
  EXPECT_EQ(std::ranges::count(refused.err, '\n'), 1);
}

TEST_F(Plugin, CompletesAndPlans) {
  begin();
  const auto binary =
      std::filesystem::path(support::operator_binary()).parent_path() / "kubectl-duplicert";
  const support::Command command{
      .argv = {binary.string(), "__complete", "status", "-n", home(), "sh"},
      .env = {{"KUBECONFIG", cluster().kubeconfig(support::ControlPlane::kOperator).string()}}};

  const auto completed = support::run(command);
  const std::string url = ca().base_url();
  const auto planned = plugin({"plan", "-f", DUPLICERT_SOURCE_DIR "/examples/shop.yaml",
                               "--allowed-ca-hosts", url.substr(8, url.find('/', 8) - 8)});

  EXPECT_EQ(completed.out, "shop\n:4\n");
  EXPECT_EQ(planned.exit_code, 1) << "its profile is not in this cluster";
  EXPECT_THAT(planned.out, HasSubstr("ProfileNotFound"));
}

TEST_F(Plugin, TakesATokenFromAnExecPlugin) {
  begin();
  const auto kubeconfig =
      support::exec_kubeconfig(cluster(), support::ControlPlane::kOperator, home(), dir());
  const std::string url = ca().base_url();

  const auto shown = plugin_with(kubeconfig, {"status", "shop"});
  const auto asked = plugin_with(kubeconfig, direct({"orders", "shop"}));
  const auto planned =
      plugin_with(kubeconfig, {"plan", "-f", DUPLICERT_SOURCE_DIR "/examples/shop.yaml",
                               "--allowed-ca-hosts", url.substr(8, url.find('/', 8) - 8)});

  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(asked.exit_code, 0) << asked.err;
  EXPECT_THAT(planned.out, HasSubstr("ProfileNotFound")) << planned.err;
}

}  // namespace
