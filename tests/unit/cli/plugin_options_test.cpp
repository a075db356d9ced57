#include "cli/plugin_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cli {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

PluginOptions plugin(std::vector<const char*> words) {
  words.insert(words.begin(), "kubectl-duplicert");
  return parse_plugin(static_cast<int>(words.size()), words.data());
}

TEST(ParsePlugin, TakesFlagsOfKubectlBeforeAndAfterTheCommand) {
  for (const auto& words :
       {std::vector<const char*>{"-n", "a", "--context", "c", "status", "shop"},
        std::vector<const char*>{"status", "shop", "-n", "a", "--context", "c"}}) {
    const PluginOptions options = plugin(words);
    EXPECT_EQ(options.verb, PluginVerb::kStatus) << options.finish.output;
    EXPECT_EQ(options.namespace_, "a");
    EXPECT_EQ(options.context, "c");
    EXPECT_THAT(options.names, ElementsAre("shop"));
  }
}

TEST(ParsePlugin, ReadsEachCommand) {
  EXPECT_EQ(plugin({"status", "-A"}).all_namespaces, true);
  EXPECT_EQ(plugin({"orders", "a", "b", "--direct"}).direct, true);
  EXPECT_EQ(plugin({"explain", "shop", "-o", "yaml"}).output, Output::kYaml);
  const PluginOptions renew = plugin({"renew", "shop", "--wait", "--timeout", "90s"});
  EXPECT_TRUE(renew.wait);
  EXPECT_EQ(renew.timeout, 90s);
  EXPECT_EQ(plugin({"completion", "fish"}).verb, PluginVerb::kCompletion);
  EXPECT_EQ(plugin({"version"}).verb, PluginVerb::kVersion);
}

TEST(ParsePlugin, PlansWithTheClusterUnlessToldNotTo) {
  const PluginOptions with = plugin({"plan", "-f", "d", "-n", "a", "--context", "c", "-o", "json"});
  EXPECT_EQ(with.verb, PluginVerb::kPlan) << with.finish.output;
  EXPECT_TRUE(with.plan.cluster);
  EXPECT_EQ(with.plan.namespace_, "a");
  EXPECT_EQ(with.plan.context, "c");
  EXPECT_EQ(with.plan.output, Output::kJson);
  EXPECT_THAT(with.plan.allowed_ca_hosts, Contains("www.digicert.com"));
  EXPECT_FALSE(plugin({"plan", "-f", "d", "--no-cluster"}).plan.cluster);
}

TEST(ParsePlugin, EndsWith1ForAWrongCommandLineAndTeachesWithHelp) {
  for (const auto& words : {std::vector<const char*>{"explain"}, std::vector<const char*>{"renew"},
                            std::vector<const char*>{"status", "--colour"},
                            std::vector<const char*>{"completion", "tcsh"},
                            std::vector<const char*>{"renew", "a", "--timeout", "soon"}}) {
    const PluginOptions options = plugin(words);
    EXPECT_EQ(options.verb, PluginVerb::kFinish);
    EXPECT_EQ(options.finish.exit_code, 1);
    EXPECT_FALSE(options.finish.output.empty());
  }
  for (const auto& words : {std::vector<const char*>{}, std::vector<const char*>{"--help"},
                            std::vector<const char*>{"explain", "--help"}}) {
    const PluginOptions options = plugin(words);
    EXPECT_EQ(options.finish.exit_code, 0);
    EXPECT_THAT(options.finish.output, HasSubstr("Examples:"));
  }
}

TEST(Suggest, OffersCommandsFlagsAndObjects) {
  using Kind = Suggestions::Kind;
  EXPECT_THAT(suggest({"st"}).words, ElementsAre(StartsWith("status\t")));
  EXPECT_THAT(suggest({""}).words, Contains(StartsWith("explain\t")));
  EXPECT_THAT(suggest({"explain", "--d"}).words, ElementsAre(StartsWith("--direct\t")));
  EXPECT_THAT(suggest({"status", "--d"}).words, IsEmpty());
  EXPECT_THAT(suggest({"status", "-o", ""}).words, ElementsAre("text", "json", "yaml"));
  EXPECT_EQ(suggest({"status", ""}).kind, Kind::kRequests);
  EXPECT_EQ(suggest({"status", "-n", "team-a", ""}).kind, Kind::kRequests);
  EXPECT_EQ(suggest({"-n", "team-a", "status", ""}).namespace_, "team-a");
  EXPECT_EQ(suggest({"status", "-n", ""}).kind, Kind::kNamespaces);
  EXPECT_EQ(suggest({"plan", "-f", ""}).kind, Kind::kFiles);
  EXPECT_THAT(suggest({"-A", "st"}).words, ElementsAre(StartsWith("status\t")));
}

TEST(CompletionScript, ExistsForThreeShells) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_THAT(completion_script(shell), HasSubstr("kubectl-duplicert __complete"));
  }
  EXPECT_EQ(completion_script("tcsh"), "");
}

}  // namespace
}  // namespace cli
